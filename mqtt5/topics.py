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


def check_topic_name(topic: str) -> None:
    """Raises ValueError if a message cannot have this topic (4.7), TypeError if it is not a str.

    An empty topic is refused. In a PUBLISH with a topic alias, it stands for the alias's topic (3.3.2.3.4).
    """
    topic_matches("#", topic)


def check_topic_filter(filter: str) -> None:
    """Raises ValueError if this is not a topic filter to subscribe to (4.7, 4.8.2), TypeError if it is not a str."""
    topic_matches(filter, "t")


def split_shared(filter: str) -> tuple[str | None, str]:
    """Returns ("NAME", "FILTER") for the shared subscription $share/NAME/FILTER (4.8.2), (None, filter) for others.

    Raises like `check_topic_filter()`.
    """
    check_topic_filter(filter)
    text = str.__str__(filter)
    if not text.startswith("$share/"):
        return None, text
    _, name, rest = text.split("/", 2)
    return name, rest
