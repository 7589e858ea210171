# SPDX-License-Identifier: MIT
"""The manifests that let other ecosystems take the C library: one version, and each as its ecosystem wants it.

What has a tool that runs offline is checked by it: nox -s manifests installs the tools; without them, the tests that
need them are skipped, or fail in CI. The rest is checked by the rules that each test names.
"""

import json
import os
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import mqtt5

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "build" / "manifests" / "bin"

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not (ROOT / "library.json").exists(), reason="the sources are not here"),
]

SOURCES = {f"csrc/{path.name}" for path in (ROOT / "csrc").glob("*.[ch]")}
Tool = Callable[..., str]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.fixture
def tool(missing: Callable[[str], None], tmp_path: Path) -> Tool:
    """Runs a tool, gives what it prints. It must not ask anybody for news, or keep things outside of the directory."""
    if not TOOLS.is_dir():
        missing("the ecosystems' tools are not there: nox -s manifests installs them")
    quiet = {"PLATFORMIO_SETTING_ENABLE_TELEMETRY": "No", "PLATFORMIO_CORE_DIR": str(tmp_path / "pio")}

    def run(name: str, *arguments: object) -> str:
        done = subprocess.run(
            [TOOLS / name, *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | quiet,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("CMakeLists.txt", r"^project\(mqtt5 VERSION (\S+)"),
        ("csrc/mqtt5.h", r'^#define MQTT5_VERSION "(.*)"$'),
        ("library.json", r'^  "version": "(.*)",$'),
        ("idf_component.yml", r'^version: "(.*)"$'),
        ("arduino/library.properties", r"^version=(.*)$"),
    ],
)
def test_version(name: str, pattern: str) -> None:
    assert re.findall(pattern, text(name), re.MULTILINE) == [mqtt5.__version__]


def test_version_in_numbers() -> None:
    numbers = re.findall(r"^#define MQTT5_VERSION_(MAJOR|MINOR|PATCH) (\d+)\b", text("csrc/mqtt5.h"), re.MULTILINE)
    assert [name for name, _ in numbers] == ["MAJOR", "MINOR", "PATCH"]
    assert ".".join(number for _, number in numbers) == mqtt5.__version__
    assert all(int(number) < 100 for _, number in numbers), "MQTT5_VERSION_NUMBER has room for two digits of each"


@pytest.mark.parametrize("page", ["docs/c-guide.md", "docs/stability.md"])
def test_version_to_ask_cmake_for(page: str) -> None:
    asked = re.findall(r"find_package\(mqtt5 (\S+) CONFIG", text(page))
    assert asked == [mqtt5.__version__.rpartition(".")[0]]


def test_cmake_compiles_all_sources() -> None:
    listed = re.search(r"^set\(mqtt5_sources ([^)]*)\)", text("cmake/sources.cmake"), re.MULTILINE)
    assert listed is not None
    assert {f"csrc/{name}" for name in listed[1].split()} == {name for name in SOURCES if name.endswith(".c")}


def test_headers_have_the_prefix() -> None:
    """csrc/ is in the include path of its users; on macOS and Windows, a wire.h there is <Wire.h> too."""
    assert all(re.match(r"csrc/mqtt5[_.]", name) for name in SOURCES if name.endswith(".h"))


# -------------------------------------------------------------- PlatformIO


def test_platformio_manifest() -> None:
    """docs.platformio.org, "library.json": what it names is there."""
    manifest = json.loads(text("library.json"))
    assert manifest["license"] == "MIT"  # its validation asks a server for the list of licenses
    assert (ROOT / manifest["build"]["srcDir"] / manifest["headers"]).is_file()
    assert (ROOT / manifest["build"]["includeDir"]).is_dir()
    # The codec needs a size_t of 32 bits; these have 16.
    assert "*" not in manifest["platforms"]
    assert not {"atmelavr", "atmelmegaavr", "intel_mcs51", "ststm8", "timsp430"} & set(manifest["platforms"])


def test_platformio_packs_it(tool: Tool, tmp_path: Path) -> None:
    manifest = json.loads(text("library.json"))
    del manifest["license"]
    library = tmp_path / "library"
    for name in {*SOURCES, "LICENSE", "README.md", "CHANGELOG.md", "CMakeLists.txt"}:
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_text(text(name), "utf-8")
    (library / "library.json").write_text(json.dumps(manifest), "utf-8")
    tool("pio", "pkg", "pack", library, "--output", tmp_path / "mqtt5.tar.gz")
    with tarfile.open(tmp_path / "mqtt5.tar.gz") as archive:
        names = set(archive.getnames())
    assert names == {*SOURCES, "library.json", "LICENSE", "README.md", "CHANGELOG.md"}


# ----------------------------------------------------------------- ESP-IDF


def test_compote_finds_nothing_wrong(tool: Tool) -> None:
    assert tool("compote", "manifest", "lint", ROOT / "idf_component.yml") == ""


def test_compote_packs_it(tool: Tool, tmp_path: Path) -> None:
    tool("compote", "component", "pack", "--name", "mqtt5", "--project-dir", ROOT, "--dest-dir", tmp_path)
    with tarfile.open(tmp_path / f"mqtt5_{mqtt5.__version__}.tgz") as archive:
        names = {member.name.removeprefix("./") for member in archive.getmembers() if member.isfile()}
    others = {"CMakeLists.txt", "cmake/sources.cmake", "idf_component.yml", "LICENSE", "README.md", "CHANGELOG.md"}
    assert names == SOURCES | others


# ------------------------------------------------------------------ Zephyr


def test_zephyr_module(tool: Tool) -> None:
    """METADATA_SCHEMA and process_module() in scripts/zephyr_module.py of Zephyr, as far as they concern these keys."""
    code = "import json, sys, ruamel.yaml as y; json.dump(y.YAML(typ='safe').load(open(sys.argv[1])), sys.stdout)"
    module = json.loads(tool("python", "-c", code, ROOT / "zephyr/module.yml"))
    assert module == {"name": "mqtt5", "build": {"cmake": "zephyr", "kconfig": "zephyr/Kconfig"}}
    assert (ROOT / module["build"]["cmake"] / "CMakeLists.txt").is_file()
    assert (ROOT / module["build"]["kconfig"]).is_file()


def test_zephyr_options(tool: Tool) -> None:
    """Read by kconfiglib, as in Zephyr. Each option has the prefix, is off by default, and is what CMake asks for."""
    code = """if True:
        import json, kconfiglib, sys
        config = kconfiglib.Kconfig(sys.argv[1], warn_to_stderr=False)
        symbols = {s.name: [kconfiglib.TYPE_TO_STR[s.type], s.str_value] for s in config.unique_defined_syms}
        json.dump([config.warnings, symbols], sys.stdout)"""
    warnings, symbols = json.loads(tool("python", "-c", code, ROOT / "zephyr/Kconfig"))
    assert warnings == []
    assert symbols["MQTT5"] == ["bool", "n"]
    assert all(name.startswith("MQTT5") for name in symbols)
    assert {f"CONFIG_{name}" for name in symbols} == set(re.findall(r"CONFIG_\w+", text("zephyr/CMakeLists.txt")))


# ----------------------------------------------------------------- Arduino


def test_arduino_properties() -> None:
    """The Arduino library specification, rev. 2.2, "library.properties file format", and arduino-lint's LP rules."""
    lines = text("arduino/library.properties").splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    assert len(properties) == len(lines)
    required = "name version author maintainer sentence paragraph category url architectures"
    assert properties.keys() == {*required.split(), "includes"}
    assert all(value == value.strip() != "" for value in properties.values())
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}", properties["name"])
    assert not properties["name"].lower().startswith("arduino")
    assert properties["category"] == "Communication"
    assert re.match(r"https?://", properties["url"])
    assert properties["sentence"] not in properties["paragraph"]
    architectures = properties["architectures"].split(",")
    assert all(re.fullmatch(r"\w+", name) for name in architectures)
    assert not {"avr", "megaavr", "*"} & set(architectures), "size_t must have 32 bits"


def test_arduino_library(tmp_path: Path) -> None:
    """The same specification, "Layout of folders and files": src is compiled, folders in examples are sketches."""
    subprocess.run([ROOT / "scripts/arduino", tmp_path], check=True, capture_output=True)
    with zipfile.ZipFile(tmp_path / f"mqtt5-{mqtt5.__version__}.zip") as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    sketches = {name for name in names if name.startswith("mqtt5/examples/")}
    assert names - sketches == {
        *("mqtt5/library.properties", "mqtt5/LICENSE", "mqtt5/src/mqtt5.c", "mqtt5/src/mqtt5.h"),
    }
    assert sketches
    for name in sketches:
        folder, file = name.split("/")[-2:]
        assert file == f"{folder}.ino"
