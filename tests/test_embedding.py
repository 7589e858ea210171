# SPDX-License-Identifier: MIT
"""The C library as the package brings it along: found, compiled into a program, and into tests/extension.

Run against whatever package is imported: nox -s wheel does so with a wheel that is installed.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import mqtt5

pytestmark = pytest.mark.once

EXTENSION = Path(__file__).parent / "extension"
INCLUDE = Path(mqtt5.get_include())
PROGRAM = """
#include "mqtt5.h"
#include <stdio.h>
int main(void)
{
    puts(mqtt5_strerror(MQTT5_ERR_BAD_UTF8));
    return 0;
}
"""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def command_line(*arguments):
    return run(sys.executable, "-m", "mqtt5", *arguments)


def test_header_has_package_version():
    assert (INCLUDE / "mqtt5.h").is_file()
    assert INCLUDE.is_absolute()
    prefix = Path(mqtt5.__file__).resolve().parent
    assert INCLUDE.resolve() in (prefix / "csrc", prefix.parent / "csrc")


def test_sources_complete():
    """Each file that is included by another one is there; what is compiled is what CMake compiles."""
    sources = [Path(name) for name in mqtt5.get_sources()]
    assert sources
    assert {path.parent for path in sources} == {INCLUDE}
    for path in [*sources, *INCLUDE.glob("*.h")]:
        for name in re.findall(r'^#include "(.*)"', path.read_text("utf-8"), re.MULTILINE):
            assert (INCLUDE / name).is_file(), (path, name)
    checkout = Path(__file__).parent.parent / "csrc"
    assert {path.name: path.read_bytes() for path in INCLUDE.glob("*.[ch]")} == {
        path.name: path.read_bytes() for path in checkout.glob("*.[ch]")
    }


def test_installation_without_sources_reports_it(monkeypatch, tmp_path):
    monkeypatch.setattr("mqtt5._sources.__file__", str(tmp_path / "mqtt5" / "_sources.py"))
    with pytest.raises(FileNotFoundError, match="lacks the C library"):
        mqtt5.get_include()


def test_command_line():
    assert shlex.split(command_line("--cflags")) == [f"-I{INCLUDE}"]
    assert shlex.split(command_line("--sources")) == mqtt5.get_sources()
    assert shlex.split(command_line("--sources", "--cflags")) == [f"-I{INCLUDE}", *mqtt5.get_sources()]
    refused = subprocess.run(
        [sys.executable, "-m", "mqtt5", "--cflags", "decode", "c000"], capture_output=True, text=True
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--cflags and --sources do not go with decode" in refused.stderr


@pytest.mark.skipif(os.name != "posix", reason="a shell's command")
def test_program_built_with_documented_command(tmp_path, missing):
    if shutil.which("cc") is None:
        missing("there is no C compiler")
    (tmp_path / "main.c").write_text(PROGRAM)
    python = shlex.quote(sys.executable)
    run("sh", "-c", f"cc $({python} -m mqtt5 --cflags) main.c $({python} -m mqtt5 --sources) -o main", cwd=tmp_path)
    assert run(tmp_path / "main") == "a string must be well-formed UTF-8 without U+0000 [1.5.4]\n"


@pytest.fixture(scope="module")
def topic_count(tmp_path_factory, missing):
    """The example extension, built in a separate directory."""
    if importlib.util.find_spec("setuptools") is None:
        missing("setuptools is not installed")
    directory = tmp_path_factory.mktemp("extension") / "source"
    shutil.copytree(EXTENSION, directory)
    build = ["build_ext", f"--build-lib={directory.parent}", f"--build-temp={directory.parent}"]
    run(sys.executable, "setup.py", "-q", *build, cwd=directory)
    path = directory.parent / ("topic_count" + sysconfig.get_config_var("EXT_SUFFIX"))
    spec = importlib.util.spec_from_file_location("topic_count", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_extension_module_contains_codec(topic_count):
    packets = [
        mqtt5.PublishPacket("a/é", b"1", user_properties=[("k", "v")]),
        mqtt5.PingReqPacket(),
        mqtt5.PublishPacket("b", b"22", qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=1),
        mqtt5.PublishPacket("a/é", b""),
    ]
    data = b"".join(packet.write() for packet in packets)
    assert topic_count.count(data) == topic_count.count(memoryview(data)) == {"a/é": 2, "b": 1}
    assert topic_count.count(b"") == {}
    with pytest.raises(ValueError, match="well-formed UTF-8"):
        topic_count.count(data + bytes.fromhex("30 05 00 02 c3 28 00"))
    with pytest.raises(ValueError, match="incomplete"):
        topic_count.count(data[:-1])
    with pytest.raises(TypeError):
        topic_count.count("text")
