# SPDX-License-Identifier: MIT
"""A small run of benchmarks/amplification.py: no packet takes more than docs/limits.md says; the page has its cases."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mqtt5

tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "benchmarks" / "amplification.py"
PAGE = ROOT / "docs" / "limits.md"

pytestmark = [
    pytest.mark.skipif(not SCRIPT.exists(), reason="benchmarks/ is not here"),
]

SIZE = 24 * 1024
WORST = {"native": 35, "portable": 42}  # bytes for each byte: the page's worst and a little more, for other Pythons
REFUSED = {"native": 3, "portable": 5}


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("amplification", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_no_packet_takes_more_than_page_says(script: Any) -> None:
    for label, build in script.CASES.items():
        data = build(SIZE)
        script.measure(data)  # makes what is made once for all
        held, peak, accepted = script.measure(data)
        assert accepted, label
        assert held <= peak <= WORST[mqtt5.engine], label


def test_limit_refuses_before_objects_are_made(script: Any) -> None:
    refused = 0
    for label, build in script.CASES.items():
        _, peak, accepted = script.measure(build(SIZE), max_list_items=script.LIMIT)
        assert accepted == ("payload" in label or "password" in label), label
        refused += not accepted
        assert peak <= REFUSED[mqtt5.engine], label
    assert refused > 10


def test_large_packet_refused_by_its_header(script: Any) -> None:
    for label, build in script.CASES.items():
        data = build(SIZE)
        _, peak, accepted = script.measure(data, max_packet_size=4096)
        assert not accepted, label
        assert peak * len(data) < 16 * 1024, label


def test_announced_packet_takes_nothing_in_advance(script: Any) -> None:
    assert script.announced(268_435_455) < 4096


def test_page_has_cases_of_script(script: Any) -> None:
    if not PAGE.exists():
        pytest.skip("docs/ is not here")
    rows = re.findall(r"^\| ([A-Z]+(?:: [^|]+)?) \| (\d[^|]*) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [label for label, _ in rows] == [*script.CASES, *script.SMALL]


def test_sample_of_page_changes_limits_of_decoder() -> None:
    if not PAGE.exists():
        pytest.skip("docs/ is not here")
    (sample,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    first, after = sample.split("# ...")
    names: dict[str, Any] = {"mqtt5": mqtt5}
    exec(first, names)
    decoder = names["decoder"]
    decoder.feed(mqtt5.ConnectPacket("c", user_properties=[("a", "b")] * 32).write())
    assert len(list(decoder)) == 1
    exec(f"#{after}", names)
    decoder.feed(mqtt5.SubscribePacket(1, [mqtt5.TopicFilter("a" * 100)] * 1000).write())
    assert len(next(decoder).topic_filters) == 1000
    decoder.feed(mqtt5.SubscribePacket(2, [mqtt5.TopicFilter("a")] * 1001).write())
    with pytest.raises(mqtt5.DecodeError) as caught:
        next(decoder)
    assert (caught.value.reason_code, caught.value.index, caught.value.packet_id) == (0x97, 1000, 2)
