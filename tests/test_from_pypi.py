# SPDX-License-Identifier: MIT
"""docs/from-pypi-mqtt5.md: every difference from PyPI's mqtt5 0.8.0, shown by running both packages.

The same expression is evaluated by each, in a process of its own, and the results are compared with what is written
here. Each case belongs to a section of the page, and each section has a case. nox -s peers installs the other package.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from engines import environment
from vectors_data import ALL

import mqtt5

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "from-pypi-mqtt5.md"
PEER = ROOT / ".venv" / "peers" / "mqtt5-rust"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the sources are not here")

#: Evaluates each line of its input, and prints the repr of the result or which exception was raised.
WORKER = """
import copy, dataclasses, inspect, json, pickle, sys
from unittest import mock
from mqtt5 import *
import mqtt5

AT_LEAST_ONCE = QoS.AT_LEAST_ONCE
x = bytes.fromhex

class Derived(PublishPacket):
    pass

class Text(str):
    pass

def patched(patch):
    with patch as stand_in:
        return type(stand_in).__name__

for line in sys.stdin:
    try:
        answer = repr(eval(json.loads(line)))
    except BaseException as error:
        answer = f"raises {type(error).__name__}"
    print(json.dumps(answer), flush=True)
"""

Ask = Callable[[list[str]], list[str]]


def evaluate(expressions: list[str], command: list[str], variables: dict[str, str] | None) -> list[str]:
    done = subprocess.run(
        [*command, "-c", WORKER],
        input="".join(json.dumps(expression) + "\n" for expression in expressions),
        env=variables,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(expressions)
    return found


def ours(expressions: list[str]) -> list[str]:
    return evaluate(expressions, [sys.executable], environment(mqtt5.engine))


@pytest.fixture(scope="module")
def theirs(missing: Callable[[str], None]) -> Ask:
    if not PEER.is_dir():
        missing("PyPI's mqtt5 is not there: nox -s peers installs it")
    # Without site, which would find this package too.
    return lambda expressions: evaluate(expressions, [sys.executable, "-S"], {"PYTHONPATH": str(PEER)})


#: Section, expression, what PyPI's package makes of it, what this one does. A value stands for its repr.
Case = tuple[str, str, object, object]

NATIVE = mqtt5.engine == "native"

CASES: list[Case] = [
    ("Tuples", "PublishPacket('t', b'', user_properties=[('a', 'b')]).user_properties", [("a", "b")], (("a", "b"),)),
    ("Tuples", "read(x('300400017400'))[0].subscription_ids == []", True, False),
    ("Tuples", "type(SubscribePacket(1, [TopicFilter('a')]).topic_filters)", list, tuple),
    ("Tuples", "PublishPacket('t', b'', user_properties=[]).user_properties.append(('a', 'b'))", None, AttributeError),
    ("Arguments", "UnsubscribePacket(1, ('a', 'b')).patterns", TypeError, ("a", "b")),
    ("Arguments", "PublishPacket('t', b'', user_properties=[['a', 'b']]).user_properties", TypeError, (("a", "b"),)),
    ("Arguments", "PublishPacket('t', bytearray(b'x')).payload", TypeError, b"x"),
    ("Arguments", "int(PubAckPacket(1, reason_code=0x10).reason_code)", TypeError, 0x10),
    ("Arguments", "SubAckPacket(1, [1]).reason_codes[0] is SubAckReasonCode(1)", False, True),
    ("Arguments", "SubscribePacket(1, ['a']).packet_id", 1, TypeError),
    ("Arguments", "type(PublishPacket(Text('t'), b'').topic).__name__", "'Text'", "'str'"),
    ("Arguments", "ConnectPacket('c', user_properties=[('a',)])", ValueError, TypeError),
    ("Enums", "isinstance(AT_LEAST_ONCE, int)", False, True),
    ("Enums", "bool(QoS.AT_MOST_ONCE)", True, False),
    ("Enums", "AT_LEAST_ONCE == 1", True, True),
    ("Enums", "PubAckReasonCode.SUCCESS == PubRelReasonCode.SUCCESS", False, True),
    ("Enums", "hash(AT_LEAST_ONCE) == hash(1)", TypeError, True),
    ("Enums", "len(QoS)", TypeError, 3),
    ("Enums", "QoS['AT_LEAST_ONCE'] is AT_LEAST_ONCE", TypeError, True),
    ("Enums", "AT_LEAST_ONCE < 2", TypeError, True),
    ("Enums", "QoS('x')", TypeError, ValueError),
    ("Enums", "repr(AT_LEAST_ONCE)", "'<QoS.AT_LEAST_ONCE: 1>'", "'QoS.AT_LEAST_ONCE'"),
    ("Enums", "str(AT_LEAST_ONCE)", "'1'", "'1'"),
    ("Enums", "ConnAckReasonCode.QOS_NOT_SUPPORTED.name", AttributeError, "'QUALITY_NOT_SUPPORTED'"),
    ("Exceptions", "read(b'')", IndexError, mqtt5.IncompleteError),
    ("Exceptions", "read(x('c100'))", ValueError, mqtt5.DecodeError),
    ("Exceptions", "read(x('30050002c32800'))", "raises PanicException", mqtt5.DecodeError),
    ("Exceptions", "ConnectPacket('c', keep_alive=65536)", OverflowError, ValueError),
    ("Exceptions", "PublishPacket('t', b'', packet_id=-1)", OverflowError, ValueError),
    ("Exceptions", "PublishPacket('\\ud800', b'')", UnicodeEncodeError, ValueError),
    ("Exceptions", "PublishPacket('t', bytes(2**28)).write()", "raises PanicException", ValueError),
    ("Exceptions", "type(PublishPacket('t', bytes(2**28))).__name__", "'PublishPacket'", ValueError),
    ("Texts of packets", "repr(PublishPacket('t', b''))[:41]", "\"PublishPacket(topic='t', payload=b'', qos\"",
     "\"PublishPacket(topic='t', payload=b'')\""),
    ("Texts of packets", "eval(repr(PubAckPacket(1, user_properties=[('a', 'b')]))).packet_id",
     SyntaxError, 1),
    ("Texts of packets", "'secret' in repr(ConnectPacket('c', password=b'secret'))", True, False),
    ("Immutable packets", "hash(PublishPacket('t', b'')) == hash(PublishPacket('t', b''))", TypeError, True),
    ("Immutable packets", "len({PingReqPacket(), PingReqPacket()})", TypeError, 1),
    ("Immutable packets", "setattr(PublishPacket('t', b''), 'topic', 'u')", AttributeError,
     "raises FrozenInstanceError"),
    ("Immutable types", "patched(mock.patch.object(PublishPacket, 'write'))", "'MagicMock'",
     TypeError if NATIVE else "'MagicMock'"),
    ("Immutable types", "setattr(PingReqPacket, 'note', 1)", None, TypeError if NATIVE else None),
    ("Immutable types", "patched(mock.patch('mqtt5.PublishPacket'))", "'MagicMock'", "'MagicMock'"),
    ("read()", "read(memoryview(x('c0ff00ff'))[::2])[1]", IndexError, 2),
    ("read()", "read(memoryview(x('c000')).cast('b'))[1]", BufferError, 2),
    ("read()", "read(bytearray(x('c000d000')))[1]", 2, 2),
    ("Names", "isinstance(PingReqPacket(), Packet)", True, True),
    ("Names", "issubclass(PingReqPacket, mqtt5.BasePacket)", AttributeError, True),
    ("Names", "PublishPacket.__module__", "'mqtt5'", "'mqtt5.packets'"),
    ("Names", "mqtt5.Subscription is TopicFilter", AttributeError, True),
    ("Names", "SubscribePacket(1, subscriptions=[TopicFilter('a')]).subscriptions[0].pattern", TypeError, "'a'"),
    ("Names", "mqtt5.__version__ > ''", AttributeError, True),
    ("Subclasses", "Derived('t', b'') == PublishPacket('t', b'')", True, False),
    ("Subclasses", "repr(Derived('t', b'')).partition('(')[0]", "'PublishPacket'", "'Derived'"),
    ("Subclasses", "type('Q', (QoS,), {})", TypeError, (TypeError, AttributeError)),
    ("Copies", "copy.copy(PubAckPacket(1)) == PubAckPacket(1)", TypeError, True),
    ("Copies", "pickle.loads(pickle.dumps(PubAckPacket(1))) == PubAckPacket(1)", TypeError, True),
    ("Copies", "pickle.loads(pickle.dumps(AT_LEAST_ONCE)) is AT_LEAST_ONCE", TypeError, True),
    ("Copies", "PublishPacket('t', b'').replace(topic='u').topic", AttributeError, "'u'"),
    ("Copies", "dataclasses.replace(PublishPacket('t', b''), topic='u').topic", TypeError, "'u'"),
    ("Copies", "PublishPacket.__match_args__", AttributeError, ("topic", "payload")),
    ("Copies", "inspect.signature(PublishPacket).parameters['qos'].default is QoS.AT_MOST_ONCE", False, True),
    ("AUTH", "read(x('f000'))[1]", ValueError, 2),
    ("AUTH", "AuthPacket().write().hex()", "'f0020000'", "'f0020000'"),
    ("AUTH", "len(AuthPacket(reason_code=AuthReasonCode.CONTINUE_AUTHENTICATION).user_properties)", 0, ValueError),
    ("Written bytes", "ConnectPacket('c', user_properties=[('a', 'b')], max_packet_size=9).write().hex()",
     "'101a00044d515454050000000c270000000926000161000162000163'",
     "'101a00044d515454050000000c270000000926000161000162000163'"),
    ("Strict rules", "PubAckPacket(0).packet_id", 0, ValueError),
    ("Strict rules", "len(PublishPacket('a\\0', b'').topic)", 2, ValueError),
    ("Strict rules", "PublishPacket('t', b'', duplicate=True).duplicate", True, ValueError),
    ("Strict rules", "PublishPacket('t', b'', payload_format_indicator=2).payload_format_indicator", 2, ValueError),
    ("Strict rules", "Will('').topic", "''", ValueError),
    ("Strict rules", "TopicFilter('').pattern", "''", ValueError),
    ("Strict rules", "TopicFilter('$share//a').pattern", "'$share//a'", ValueError),
    ("Strict rules", "TopicFilter('$share/g/a', no_local=True).no_local", True, ValueError),
    ("Strict rules", "len(SubAckPacket(1, []).reason_codes)", 0, ValueError),
    ("Strict rules", "ConnectPacket('c', authentication_data=b'x').authentication_data", b"x", ValueError),
]  # fmt: skip


def wanted(result: object) -> set[str]:
    """How the worker shows an expected result."""
    if isinstance(result, type) and issubclass(result, BaseException):
        return {f"raises {result.__name__}"}
    if isinstance(result, tuple) and result and all(isinstance(each, type) for each in result):
        return set().union(*(wanted(each) for each in result))
    return {result if isinstance(result, str) else repr(result)}


def sections() -> dict[str, str]:
    """Each section of the page, by its heading."""
    parts = re.split(r"^## (.*)\n", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_sections_of_page_each_have_a_case() -> None:
    assert set(sections()) == {case[0] for case in CASES}


def test_table_of_page_names_each_section() -> None:
    head = PAGE.read_text("utf-8").partition("\n## ")[0]
    links = re.findall(r"\[(.*?)\]\(#(.*?)\)", head)
    assert [name for name, _ in links] == list(sections())
    for name, anchor in links:
        assert anchor == re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")


def test_cases_of_page_hold_for_this_package() -> None:
    found = ours([case[1] for case in CASES])
    wrong = [(case[1], answer) for case, answer in zip(CASES, found, strict=True) if answer not in wanted(case[3])]
    assert wrong == []


@pytest.mark.once
def test_cases_of_page_hold_on_pypi(theirs: Ask) -> None:
    found = theirs([case[1] for case in CASES])
    wrong = [(case[1], answer) for case, answer in zip(CASES, found, strict=True) if answer not in wanted(case[2])]
    assert wrong == []


@pytest.fixture(scope="module")
def answers(theirs: Ask) -> list[str]:
    """The result of PyPI's package for each vector, written again."""
    return theirs([f"read(x('{vector.data.hex()}'))[0].write().hex()" for vector in ALL])


@pytest.mark.once
def test_strict_rules_not_checked_by_pypi(answers: list[str]) -> None:
    """The bad vectors that it reads, by the section that refuses them here."""
    passed = defaultdict(list)
    for vector, answer in zip(ALL, answers, strict=True):
        if not vector.valid and not answer.startswith("raises"):
            with pytest.raises(mqtt5.DecodeError) as caught:
                mqtt5.read(vector.data)
            section = re.search(r"\[([\d.]+)[\],]", str(caught.value))
            assert section is not None, str(caught.value)
            passed[section[1]].append(vector)
    listed = re.findall(r"^\| ([\d.]+) \|", sections()["Strict rules"], re.MULTILINE)
    assert sorted(passed) == sorted(listed)


@pytest.mark.once
def test_written_bytes_equal_those_of_pypi(answers: list[str]) -> None:
    """For every valid vector that it reads: all but one."""
    refused = []
    for vector, answer in zip(ALL, answers, strict=True):
        if vector.valid and answer.startswith("raises"):
            refused.append(vector.data.hex())
        elif vector.valid:
            assert answer == repr(mqtt5.read(vector.data)[0].write().hex()), vector
    assert refused == ["f000"]
