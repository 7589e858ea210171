# SPDX-License-Identifier: MIT
"""What is the same whichever engine runs, apart from results: names, signatures, documentation; and what declines."""

import inspect
import os
import subprocess
import sys

import pytest

import mqtt5
from mqtt5 import _engine

SIGNATURES = {
    "read": "(buffer)",
    "Decoder": "(max_packet_size=None)",
    "Decoder.feed": "(self, data, /)",
    "PublishPacket.write": "(self)",
    "topic_matches": "(pattern, topic)",
}


def find(name: str) -> object:
    found: object = mqtt5
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(("name", "signature"), SIGNATURES.items())
def test_signatures(name: str, signature: str) -> None:
    parameters = inspect.signature(find(name)).parameters.values()  # type: ignore[arg-type]
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    shown = str(inspect.Signature(plain))
    assert shown.replace("(self, /)", "(self)") == signature


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "read": "left alone",
        "Decoder": "in pieces of any size",
        "Decoder.feed": "bytes-like object",
        "Decoder.buffered": "wait for more",
        "PublishPacket.write": "shortest encoding",
    }.items(),
)
def test_documentation(name: str, words: str) -> None:
    found = find(name)
    assert words in (inspect.getdoc(found) or "")
    assert not (inspect.getdoc(found) or "").startswith("(")


def test_where_names_are_from() -> None:
    assert (mqtt5.Decoder.__module__, mqtt5.Decoder.__qualname__) == ("mqtt5.stream", "Decoder")
    assert (mqtt5.read.__module__, mqtt5.read.__name__) == ("mqtt5.stream", "read")


TWICE = """
import sys
import mqtt5
first = mqtt5
for name in [name for name in sys.modules if name.startswith("mqtt5")]:
    if not name.startswith(("mqtt5._ffi", "mqtt5._speedups")):
        del sys.modules[name]
del sys.modules["mqtt5._speedups"]
import mqtt5
assert first is not mqtt5
for each in first, mqtt5:
    packet = each.PublishPacket("t", b"p", qos=1, packet_id=1)
    assert each.read(packet.write()) == (packet, len(packet.write()))
    assert type(packet) is each.PublishPacket
    try:
        each.PublishPacket("t", b"p", qos=1)
    except ValueError as error:
        print(error)
print(sys.modules[first.read.__module__] is not None, mqtt5._engine.name)
"""


@pytest.mark.skipif(_engine.name != "speedups", reason="of that engine")
def test_it_serves_one_set_of_classes() -> None:
    """Imported again, as a reload of everything or a second interpreter does: the other engine serves that."""
    environment = {name: value for name, value in os.environ.items() if name != "MQTT5_ENGINE"}
    done = subprocess.run([sys.executable, "-c", TWICE], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second, names = done.stdout.splitlines()
    assert first == second
    assert names == "True cffi"


def test_the_import_needs_no_typing() -> None:
    """Which takes 3 ms to import; -S, since what site runs may need it."""
    code = f"import sys; sys.path[:] = {sys.path!r}; import mqtt5; print('typing' in sys.modules, mqtt5.QoS(1))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False 1\n", "")
