# SPDX-License-Identifier: MIT
"""check_topic_name(), check_topic_filter() and split_shared(); topic_matches() is in test_vectors.py."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import filters, names
from vectors_data import TOPICS

import mqtt5


def error_of(call: object, *arguments: object) -> str:
    try:
        call(*arguments)  # type: ignore[operator]
    except ValueError as error:
        return str(error)
    return ""


def test_checks_of_vectors_refuse_what_packets_refuse() -> None:
    refused = 0
    for line in TOPICS:
        found = [error_of(mqtt5.check_topic_filter, line.pattern), error_of(mqtt5.check_topic_name, line.topic)]
        assert any(found) is (line.verdict == "invalid"), line.where
        if found[0]:
            with pytest.raises(ValueError, match=r"^TopicFilter\.pattern="):
                mqtt5.TopicFilter(line.pattern)
        if found[1]:
            with pytest.raises(ValueError, match=r"^PublishPacket\.topic="):
                mqtt5.PublishPacket(line.topic, b"")
        refused += any(found)
    assert refused > 50


@given(st.one_of(st.text(), filters(), names))
def test_checks_of_any_text_are_those_of_packets(text: str) -> None:
    with_filter, with_name = error_of(mqtt5.check_topic_filter, text), error_of(mqtt5.check_topic_name, text)
    assert with_filter.removeprefix("filter=") == error_of(mqtt5.TopicFilter, text).removeprefix("TopicFilter.pattern=")
    assert with_name.removeprefix("topic=") == error_of(mqtt5.Will, text).removeprefix("Will.topic=")


@pytest.mark.parametrize(
    ("call", "argument", "text"),
    [
        (mqtt5.check_topic_name, "", "topic='': a topic name must not be empty or contain the wildcards"),
        (mqtt5.check_topic_name, "a/+", "topic='a/+': a topic name must not be empty or contain the wildcards"),
        (mqtt5.check_topic_name, "a\ud800", r"topic='a\ud800': a string must be well-formed Unicode [1.5.4]"),
        (mqtt5.check_topic_name, "a" * 65536, "a string or binary value must have at most 65,535 bytes"),
        (mqtt5.check_topic_filter, "", "filter='': a topic filter must not be empty"),
        (mqtt5.check_topic_filter, "a/#/b", "filter='a/#/b': a topic filter must not be empty; + must be"),
        (mqtt5.check_topic_filter, "$share/a", "filter='$share/a': "),
        (mqtt5.check_topic_filter, "\0", r"filter='\x00': "),
        (mqtt5.split_shared, "$share/a+/b", "filter='$share/a+/b': "),
        (mqtt5.split_shared, "$share//b", "filter='$share//b': "),
        (mqtt5.split_shared, "$share/n/", "filter='$share/n/': "),
    ],
)
def test_check_of_wrong_text_names_parameter_and_rule(call: object, argument: str, text: str) -> None:
    assert text in error_of(call, argument)


@pytest.mark.parametrize("call", [mqtt5.check_topic_name, mqtt5.check_topic_filter, mqtt5.split_shared])
@pytest.mark.parametrize("wrong", [None, b"a", 1, ["a"]])
def test_check_takes_strings(call: object, wrong: object) -> None:
    with pytest.raises(TypeError, match=r"^(topic|filter) must be a str, not "):
        call(wrong)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("a/b", (None, "a/b")),
        ("#", (None, "#")),
        ("$share/n/a/+/#", ("n", "a/+/#")),
        ("$share/n//", ("n", "/")),
        ("$share/ü n//a", ("ü n", "/a")),
        ("$share/n/$share/m/a", ("n", "$share/m/a")),
        ("$SHARE/n/a", (None, "$SHARE/n/a")),
        ("$share", (None, "$share")),
        ("$shared/n/a", (None, "$shared/n/a")),
        ("x$share/n/a", (None, "x$share/n/a")),
    ],
)
def test_split_shared_gives_name_and_filter(filter: str, expected: tuple[str | None, str]) -> None:
    assert mqtt5.split_shared(filter) == expected


@given(filters(), names)
def test_split_shared_of_any_filter_matches_the_same(filter: str, topic: str) -> None:
    name, rest = mqtt5.split_shared(filter)
    assert filter == (rest if name is None else f"$share/{name}/{rest}")
    if name is not None:
        assert mqtt5.topic_matches(filter, topic) is mqtt5.topic_matches(f"$share/x/{rest}", topic)


def test_split_shared_of_derived_str_gives_str() -> None:
    class Text(str):
        def split(self, *args: object) -> list[str]:  # type: ignore[override]
            raise AssertionError

    for text in ("$share/n/a", "a"):
        name, rest = mqtt5.split_shared(Text(text))
        assert (type(name), type(rest)) == (str if text != "a" else type(None), str)


def test_parameters_named_as_in_the_specification() -> None:
    functions = (mqtt5.topic_matches, mqtt5.check_topic_name, mqtt5.check_topic_filter, mqtt5.split_shared)
    assert [list(inspect.signature(function).parameters) for function in functions] == [
        ["filter", "topic"],
        ["topic"],
        ["filter"],
        ["filter"],
    ]
