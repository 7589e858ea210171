# SPDX-License-Identifier: MIT
"""TopicTree with filters and topics of many levels, with many filters, and after many were deleted."""

import gc
import random
import tracemalloc

import pytest
from engines import cpython
from test_topic_tree import expected, tree_of

from mqtt5 import TopicTree, topic_matches

DEEP = "/" * 65535


@pytest.mark.parametrize(
    ("filter", "topic"),
    [
        (DEEP, DEEP),
        ("+" + DEEP[2:], DEEP[1:-1]),
        (DEEP[1:] + "#", DEEP),
        (DEEP[1:] + "#", DEEP[2:]),
        ("/".join("+" * 32768), DEEP[:32767]),
        ("$share/n/" + DEEP[:65000] + "+", DEEP[:65000] + "a"),
    ],
    ids=["exact", "begin", "rest", "parent", "all", "shared"],
)
def test_match_of_deepest_filter_and_topic(filter: str, topic: str) -> None:
    """Up to 65,536 levels, without recursion: neither when matching nor when the tree goes."""
    tree = tree_of(filter, "#")
    assert topic_matches(filter, topic)
    assert sorted(tree.match(topic)) == sorted([filter, "#"])
    assert list(tree.match("a")) == ["#"]
    del tree[filter]
    assert list(tree.match(topic)) == ["#"]


def test_match_of_deep_topic_ends_where_filters_end() -> None:
    assert list(tree_of(*("/" * n + "+" for n in range(300))).match(DEEP)) == []


def test_match_with_many_wildcards_visits_each_node_once() -> None:
    every = ["/".join("a+"[number >> bit & 1] for bit in range(12)) for number in range(4096)]
    tree = tree_of(*every)
    assert len(list(tree.match("/".join("a" * 12)))) == 4096
    assert len(list(tree.match("/".join("a" * 11 + "b")))) == 2048
    assert list(tree.match("/".join("a" * 13))) == []
    # Were each of 1,000 levels tried in two ways, this would not end.
    alone = tree_of("/".join("+" * 1000) + "/a", "/".join("a" * 1000) + "/+/a")
    assert list(alone.match("/".join("a" * 1000) + "/b")) == []


def many(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        levels = ["+" if chance.random() < 0.2 else f"l{chance.randrange(12)}" for _ in range(chance.randrange(1, 9))]
        share = f"$share/n{chance.randrange(3)}/" if chance.random() < 0.1 else ""
        found[share + "/".join(levels + ["#"] * (chance.random() < 0.1))] = None
    return list(found)


@pytest.mark.slow
def test_hundred_thousand_filters_match_as_each_alone() -> None:
    every = many(100_000, 1)
    tree = tree_of(*every)
    assert len(tree) == 100_000
    for topic in ("l1", "l1/l2", "l3/l4/l5/l6", "l1/l2/l3/l4/l5/l6/l7/l8/l9", "$l1/l2", "x"):
        assert sorted(tree.match(topic)) == expected(every, topic)


@cpython
def test_deleted_filters_leave_no_memory() -> None:
    every = many(2000, 2)
    tree: TopicTree[int] = TopicTree()
    gc.collect()
    tracemalloc.start()
    try:
        sizes = []
        for _ in range(4):
            for each in every:
                tree[each] = 1
            for each in every:
                del tree[each]
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[-1] - sizes[0] < 5000
