# SPDX-License-Identifier: MIT
"""Finds those of many topic filters that match a topic.

It knows how filters divide into levels. It does not know their other rules, or what subscribes.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from mqtt5._converters import is_a
from mqtt5.topics import split_shared, topic_matches

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from typing import Any, TypeVar

    V = TypeVar("V")
else:
    V = object

ABSENT: Any = object()


def _plain(key: str) -> str:
    """Exactly a str: a class derived from it may compare as it likes. Anything else is the same, and not in a tree."""
    return str.__str__(key) if is_a(key, str) else key


class _Node(dict[str, "_Node"]):
    """The values of the filters that end here, and (in itself, which saves memory) the nodes of longer ones."""

    __slots__ = ("plus", "rest", "shares", "value")

    def __init__(self) -> None:
        self.plus: _Node | None = None  # the child for +
        self.rest: _Node | None = None  # the child for #
        self.value: Any = ABSENT
        self.shares: dict[str, Any] | None = None  # by NAME: the values of filters with $share/NAME/

    def child(self, level: str) -> _Node | None:
        return self.plus if level == "+" else self.rest if level == "#" else self.get(level)

    def link(self, level: str, child: _Node) -> None:
        """Makes it the child for this level; removes it if it is empty."""
        empty = not child and child.plus is child.rest is child.shares is None and child.value is ABSENT
        if level in ("+", "#"):
            setattr(self, "plus" if level == "+" else "rest", None if empty else child)
        elif not empty:
            self[level] = child
        else:
            self.pop(level, None)


class TopicTree(MutableMapping[str, V]):
    """A dictionary of topic filters that finds the values of those that match a topic.

    `$share/NAME/FILTER` is a key of its own, and matches what FILTER matches (4.8.2). Setting raises ValueError if
    the key is not a valid filter, TypeError if it is not a str. Only one thread at a time may use a tree.

    The time of `match()` depends on the levels of the topic and on the filters that match its beginning, not on the
    number of filters. A filter takes up to 400 bytes for each level of at most 65,536: a server can refuse those
    with too many (`filter.count("/")`). Nothing is left of a filter that was deleted.
    """

    __slots__ = ("_exact", "_root", "_values")

    def __init__(self) -> None:
        self._values: dict[str, V] = {}  # by filter
        self._exact = _Node()  # filters without wildcards: one lookup finds all that match a topic
        self._root = _Node()  # the others

    def match(self, topic: str) -> Iterator[V]:
        """The values of all filters that match the topic, in no particular order, as they are when this is called.

        Raises ValueError if it is not a valid topic name, TypeError if it is not a str.
        """
        topic_matches("#", topic)
        topic = _plain(topic)
        exact, node = self._exact.get(topic), self._root
        ends = [] if exact is None else [exact]
        if node or node.plus is not None or node.rest is not None:
            levels = topic.split("/")
            level, count = 0, len(levels)
            if topic[0] == "$":  # which wildcards at the beginning do not match (4.7.2)
                node, level = node.get(levels[0], _Node()), 1
            waiting: list[tuple[_Node, int]] = []
            while True:  # each turn visits a node that the levels before it lead to; no node is visited twice
                if node.rest is not None:  # "a/#" matches its parent "a" too
                    ends.append(node.rest)
                if level == count:
                    ends.append(node)
                else:
                    child = node.get(levels[level])
                    level += 1
                    if node.plus is not None:
                        if child is not None:
                            waiting.append((child, level))
                        child = node.plus
                    if child is not None:
                        node = child
                        continue
                if not waiting:
                    break
                node, level = waiting.pop()
        found: list[V] = []
        for node in ends:
            if node.value is not ABSENT:
                found.append(node.value)
            if node.shares is not None:
                found += node.shares.values()
        return iter(found)

    def __getitem__(self, filter: str) -> V:
        return self._values[_plain(filter)]

    def __setitem__(self, filter: str, value: V) -> None:
        self._set(filter, value)
        self._values[_plain(filter)] = value

    def __delitem__(self, filter: str) -> None:
        del self._values[_plain(filter)]
        self._set(filter, ABSENT)

    def _set(self, filter: str, value: V) -> None:
        name, text = split_shared(filter)
        wild = "+" in text or "#" in text
        node, path = self._root if wild else self._exact, []
        for level in text.split("/") if wild else [text]:
            child = node.child(level)
            path.append((node, level, _Node() if child is None else child))
            node = path[-1][2]
        if name is None:
            node.value = value
        elif value is not ABSENT:
            node.shares = node.shares or {}
            node.shares[name] = value
        elif node.shares is not None:
            del node.shares[name]
            node.shares = node.shares or None
        for parent, level, child in reversed(path):
            parent.link(level, child)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def popitem(self) -> tuple[str, V]:
        for filter in reversed(self._values):  # in linear time, unlike the inherited one
            return filter, self.pop(filter)
        raise KeyError("the tree is empty")

    def __reduce__(self) -> tuple[Any, ...]:  # for copy and pickle: a new tree gets the same filters
        return type(self), (), None, None, iter(self._values.items())
