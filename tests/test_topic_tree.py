# SPDX-License-Identifier: MIT
"""TopicTree: a dictionary of filters, and match() as topic_matches() of each."""

import copy
import pickle
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vectors_data import TOPICS

from mqtt5 import TopicTree, topic_matches
from mqtt5.testing.strategies import topic_filters, topic_names

#: Few levels, so that filters and topics often meet; with a share name they are still filters.
LEVELS = st.sampled_from(["a", "b", "", "$a", "+"])


@st.composite
def near_filters(draw: st.DrawFn) -> str:
    levels = draw(st.lists(LEVELS, min_size=1, max_size=5)) + draw(st.sampled_from([[], ["#"]]))
    share = draw(st.sampled_from(["", "", "$share/n/", "$share/m/"]))
    return share + ("/".join(levels) or "/")


near_topics = st.lists(st.sampled_from(["a", "b", "", "$a", "$share", "n"]), min_size=1, max_size=5).map(
    lambda levels: "/".join(levels) or "/"
)


def tree_of(*filters: str) -> "TopicTree[str]":
    tree: TopicTree[str] = TopicTree()
    for each in filters:
        tree[each] = each
    return tree


def expected(filters: Iterable[str], topic: str) -> list[str]:
    return sorted(each for each in filters if topic_matches(each, topic))


def test_match_of_vectors_is_their_verdict() -> None:
    lines = [line for line in TOPICS if line.verdict != "invalid"]
    assert len(lines) > 100
    every = list({line.filter: line for line in lines})
    tree = tree_of(*every)
    for line in lines:
        found = list(tree_of(line.filter).match(line.topic))
        assert found == ([line.filter] if line.verdict == "match" else []), line.where
        assert sorted(tree.match(line.topic)) == expected(every, line.topic), line.where


@example(set(), [("a/#", True), ("a/#", False)], ["a"])
@example({"+"}, [("$share/n/a", True)], ["$share/n/a", "a"])
@given(
    st.sets(st.one_of(near_filters(), topic_filters()), max_size=30),
    st.lists(st.tuples(near_filters(), st.booleans()), max_size=30),
    st.lists(st.one_of(near_topics, topic_names()), min_size=1, max_size=10),
)
def test_match_agrees_with_topic_matches(first: set[str], changes: list[tuple[str, bool]], topics: list[str]) -> None:
    """After any history of setting and deleting."""
    tree, model = tree_of(*first), {each: each for each in first}
    for each, is_set in changes:
        if is_set:
            tree[each] = model[each] = each
        elif each in model:
            del tree[each], model[each]
    for topic in topics:
        assert sorted(tree.match(topic)) == expected(list(model), topic)
    assert tree == model
    assert list(tree) == list(model)
    assert len(tree) == len(model)
    for each in list(model):
        assert each in tree
        assert tree.pop(each) == each
        assert each not in tree
    for topic in topics:
        assert list(tree.match(topic)) == []
    assert len(tree) == 0
    assert not tree._root
    assert not tree._shared
    assert tree._root.plus is tree._root.rest is None


def test_set_again_replaces_value() -> None:
    for filter in ("a/b", "a/+", "#", "$share/n/a/b", "$share/n/+/b"):
        tree: TopicTree[int] = TopicTree()
        tree[filter] = 1
        tree[filter] = 2
        assert (len(tree), tree[filter], list(tree.match("a/b"))) == (1, 2, [2])


def test_share_names_are_keys_of_their_own() -> None:
    tree = tree_of("a/+", "$share/n/a/+", "$share/m/a/+")
    assert sorted(tree.match("a/b")) == ["$share/m/a/+", "$share/n/a/+", "a/+"]
    del tree["$share/n/a/+"]
    assert sorted(tree.match("a/b")) == ["$share/m/a/+", "a/+"]
    del tree["a/+"]
    assert list(tree.match("a/b")) == ["$share/m/a/+"]
    assert "a/+" not in tree


def test_any_value_is_kept() -> None:
    tree: TopicTree[object] = TopicTree()
    for filter, value in {"a": None, "+": 0, "#": [], "$share/n/a": False}.items():
        tree[filter] = value
    assert sorted(map(repr, tree.match("a"))) == ["0", "False", "None", "[]"]


class Folded(str):
    """A str that compares without regard to case, and has levels of its own."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str.lower(self) == str.lower(other)

    def __hash__(self) -> int:
        return hash(str.lower(self))

    def split(self, *_: object) -> list[str]:  # type: ignore[override]
        return ["x"]


def test_derived_string_is_its_text() -> None:
    tree = tree_of("a/b", "a/+")
    for wrong in ("A/B", "A/+"):
        with pytest.raises(KeyError):
            del tree[Folded(wrong)]
        assert Folded(wrong) not in tree
    assert sorted(tree.match(Folded("a/b"))) == ["a/+", "a/b"]
    assert list(tree.match(Folded("A/b"))) == []
    assert tree[Folded("a/+")] == tree.pop(Folded("a/+")) == "a/+"
    assert list(tree.match("a/b")) == ["a/b"]


def test_missing_filter_is_key_error() -> None:
    tree = tree_of("a/b/+", "$share/n/c")
    for missing in ("a", "a/b", "a/b/+/c", "a/+/+", "c", "$share/m/c", "a/#/b", ""):
        with pytest.raises(KeyError):
            del tree[missing]
        with pytest.raises(KeyError):
            tree[missing]
        assert missing not in tree
        assert tree.get(missing) is None
    assert sorted(tree) == ["$share/n/c", "a/b/+"]
    assert list(tree.match("a/b/x")) == ["a/b/+"]


@pytest.mark.parametrize("filter", ["", "a/#/b", "a+", "$share/n", "a\0", "\ud800", "a" * 65536])
def test_invalid_filter_refused(filter: str) -> None:
    tree: TopicTree[int] = TopicTree()
    with pytest.raises(ValueError, match=r"^filter="):
        tree[filter] = 1
    assert len(tree) == 0
    assert filter not in tree


@pytest.mark.parametrize("topic", ["", "a/+", "#", "a\0", "\ud800", "a" * 65536])
def test_invalid_topic_refused(topic: str) -> None:
    for tree in (tree_of(), tree_of("a"), tree_of("#")):
        with pytest.raises(ValueError, match=r"^topic="):
            tree.match(topic)


def test_wrong_types_refused() -> None:
    tree = tree_of("a")
    with pytest.raises(TypeError, match="filter must be a str"):
        tree[b"a"] = "x"  # type: ignore[index]
    with pytest.raises(TypeError, match="topic must be a str"):
        tree.match(b"a")  # type: ignore[arg-type]


def test_tree_may_change_while_values_are_taken() -> None:
    tree = tree_of("a", "+", "#")
    found = []
    for value in tree.match("a"):
        found.append(value)
        del tree[value]
    assert sorted(found) == ["#", "+", "a"]
    assert len(tree) == 0


def test_mapping_methods_work() -> None:
    tree = tree_of("a", "b/+")
    assert tree == {"a": "a", "b/+": "b/+"}
    assert tree.setdefault("c", "d") == "d"
    tree.update({"e/#": "f"})
    assert tree.popitem() == ("e/#", "f")
    assert dict(tree.items()) == {"a": "a", "b/+": "b/+", "c": "d"}
    tree.clear()
    assert (list(tree), list(tree.match("a"))) == ([], [])
    with pytest.raises(KeyError):
        tree.popitem()


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda tree: pickle.loads(pickle.dumps(tree))])
def test_copy_is_independent(again: object) -> None:
    tree = tree_of("a", "b/+", "$share/n/b/#", "/".join("c" * 5000) + "/+")
    other = again(tree)  # type: ignore[operator]
    assert other == tree
    del other["a"]
    other["b/+"] = "x"
    assert list(tree.match("a")) == ["a"]
    assert sorted(tree.match("b/c")) == ["$share/n/b/#", "b/+"]
    assert sorted(other.match("b/c")) == ["$share/n/b/#", "x"]
