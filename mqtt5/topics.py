# SPDX-License-Identifier: MIT
"""Topic names and filters. It documents what the engine does; the rules are the C library's."""

from mqtt5._engine import face


@face
def topic_matches(pattern: str, topic: str) -> bool:
    """Does a message with this topic match a subscription with this topic filter (4.7)?

    Of a shared subscription's filter, $share/NAME/FILTER, only FILTER counts (4.8.2). A filter that begins
    with a wildcard does not match topics that begin with $ (4.7.2). Raises TypeError if one is not a str,
    ValueError if one is not a valid filter or name.
    """
    raise NotImplementedError
