# SPDX-License-Identifier: MIT
"""Finds those of many topic filters that match a topic.

It knows how filters divide into levels. It does not know their other rules, or what subscribes.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from mqtt5._converters import plain_text
from mqtt5.topics import split_shared, topic_matches

TYPE_CHECKING = False  # type checkers go by the name; importing typing would take a fifth of the import
if TYPE_CHECKING:
    from typing import Any, TypeVar

    V = TypeVar("V")
else:
    V = object

ABSENT: Any = object()


class _Node(dict[str, "_Node"]):
    """The values of the filters that end here, and (in itself, which saves memory) the nodes of longer ones."""

    __slots__ = ("plus", "rest", "shares", "value")

    def __init__(self) -> None:
        self.plus: _Node | None = None  # the child for +
        self.rest: _Node | None = None  # the child for #
        self.value: Any = ABSENT
        self.shares: dict[str, Any] | None = None  # by NAME: the values of filters with $share/NAME/


class TopicTree(MutableMapping[str, V]):
    """A dictionary of topic filters that finds the values of those that match a topic.

    `$share/NAME/FILTER` is a key of its own, and matches what FILTER matches (4.8.2). Setting raises ValueError if
    the key is not a valid filter, TypeError if it is not a str. Only one thread at a time may use a tree.

    The time of `match()` depends on the levels of the topic and on the filters that match its beginning, not on the
    number of filters. A filter takes up to 400 bytes for each level of at most 65,536: a server can refuse those
    with too many (`filter.count("/")`). Nothing is left of a filter that was deleted.
    """

    __slots__ = ("_root", "_shared", "_values")

    def __init__(self) -> None:
        self._values: dict[str, V] = {}  # by filter
        self._shared = _Node()  # filters without wildcards that have a $share/NAME/: each has one level
        self._root = _Node()  # filters with wildcards

    def match(self, topic: str) -> Iterator[V]:
        """The values of all filters that match the topic, in no particular order, as they are when this is called.

        Raises ValueError if it is not a valid topic name, TypeError if it is not a str.
        """
        topic_matches("#", topic)
        if type(topic) is not str:
            topic = plain_text(topic)
        found: list[V] = []
        if topic in self._values and not topic.startswith("$share/"):  # a filter without wildcards
            found.append(self._values[topic])
        node, ends = self._root, [self._shared[topic]] if topic in self._shared else []
        levels = topic.split("/")
        level, count = 0, len(levels)
        if topic[0] == "$":  # which wildcards at the beginning do not match (4.7.2)
            node, level = node.get(levels[0], _Node()), 1
        waiting: list[tuple[_Node, int]] = []
        while True:  # each turn visits a node that the levels before it lead to; no node is visited twice
            if (rest := node.rest) is not None:  # "a/#" matches its parent "a" too
                ends.append(rest)
            if level == count:
                ends.append(node)
            else:
                child, plus = node.get(levels[level]), node.plus
                level += 1
                if plus is None:
                    if child is not None:
                        node = child
                        continue
                else:
                    if child is not None:
                        waiting.append((child, level))
                    node = plus
                    continue
            if not waiting:
                break
            node, level = waiting.pop()
        for node in ends:
            if node.value is not ABSENT:
                found.append(node.value)
            if node.shares is not None:
                found += node.shares.values()
        return iter(found)

    def __getitem__(self, filter: str) -> V:
        return self._values[plain_text(filter)]

    def __setitem__(self, filter: str, value: V) -> None:
        self._set(filter, value)
        self._values[plain_text(filter)] = value

    def __delitem__(self, filter: str) -> None:
        del self._values[plain_text(filter)]
        self._set(filter, ABSENT)

    def _set(self, filter: str, value: V) -> None:
        name, text = split_shared(filter)
        wild = "+" in text or "#" in text
        if name is None and not wild:
            return
        node, path = self._root if wild else self._shared, []
        for level in text.split("/") if wild else [text]:
            child = node.plus if level == "+" else node.rest if level == "#" else node.get(level)
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
        for parent, level, child in reversed(path):  # an empty child is removed
            empty = not child and child.plus is child.rest is child.shares is None and child.value is ABSENT
            if level in ("+", "#"):
                setattr(parent, "plus" if level == "+" else "rest", None if empty else child)
            elif not empty:
                parent[level] = child
            else:
                parent.pop(level, None)

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
