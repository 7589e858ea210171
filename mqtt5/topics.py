# SPDX-License-Identifier: MIT
"""Topic names and filters. It documents the engine's function; the rules are in the C library."""

from mqtt5._engine import face


@face
def topic_matches(filter: str, topic: str) -> bool:
    """Returns whether a subscription with this topic filter matches a message with this topic (4.7).

    In a shared subscription's filter, $share/NAME/FILTER, only FILTER counts (4.8.2). A filter that begins with a
    wildcard does not match topics that begin with $ (4.7.2). Raises TypeError if an argument is not a str,
    ValueError if it is not a valid filter or name.
    """
    raise NotImplementedError
