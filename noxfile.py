# SPDX-License-Identifier: MIT
"""The checks that run Python programs: `nox -l` lists them, `nox -s lint types` runs two of them.

Most use .venv, as scripts/setup makes it, since building both engines takes longer than most checks. Those that need
an environment of their own get one from nox. This file knows the tools; what they check is in pyproject.toml.
"""

import os
import shutil
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PROGRAMS = ["scripts/amalgamate", "scripts/docs", "scripts/samples"]  # Python without a suffix
C_FILES = [
    *("csrc/*.[ch]", "native/*.[ch]", "tests/c/*.[ch]", "tests/firmware/*.[ch]", "tests/consumers/*.[ch]*"),
    *("tests/extension/*.c", "benchmarks/*.[ch]", "examples/firmware/*.[ch]"),
]
# PyPI's packages that tests and benchmarks compare with. Each has a directory of its own and comes without what it
# depends on: one has the import name of this project, and another one depends on that.
PEERS = {
    "mqtt5-rust": "mqtt5==0.8.0",
    "zmqtt": "zmqtt==0.2.5",
    "paho-mqtt": "paho-mqtt==2.2.0",
    "aiomqtt": "aiomqtt==3.0.0a1",
    "gmqtt": "gmqtt==0.8.0",
    "awscrt": "awscrt==0.38.1",
    "websockets": "websockets==17.4",
}
# And npm's. The date pins what it depends on.
MQTTJS, MQTTJS_DATE = "mqtt@5.16.0", "2026-11-01"

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "layers", "metadata", "tests"]


def tool(session: nox.Session, name: str, *arguments: object, **variables: str) -> None:
    """Runs a program of .venv."""
    session.run("scripts/setup", "test", "dev", external=True)
    session.run(f".venv/bin/{name}", *map(str, arguments), external=True, env=variables)


@nox.session
def lint(session: nox.Session) -> None:
    """Style: ruff, clang-format, codespell with the project's word list; the vectors are what generate.py writes."""
    tool(session, "ruff", "check", ".", *PROGRAMS)
    tool(session, "ruff", "format", "--check", ".", *PROGRAMS)
    files = [path for pattern in C_FILES for path in sorted(ROOT.glob(pattern))]
    assert len(files) > 40, files
    tool(session, "clang-format", "--dry-run", "-Werror", *files)
    tool(session, "codespell")
    tool(session, "python", "tests/vectors/generate.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """mypy and pyright, strict."""
    tool(session, "mypy")
    tool(session, "pyright")


@nox.session
def layers(session: nox.Session) -> None:
    """Which module may import which."""
    tool(session, "lint-imports")


@nox.session
def metadata(session: nox.Session) -> None:
    """The distribution's metadata: 10 of 10 by pyroma."""
    tool(session, "pyroma", "--min", 10, ".")


@nox.session
@nox.parametrize("engine", ["native", "portable"], ids=["native", "portable"])
def tests(session: nox.Session, engine: str) -> None:
    """The suite; arguments go to pytest. What depends on no engine runs with native alone."""
    once = ["-m", "not once"] if engine == "portable" else []
    options = ["-q", "-n", "auto", "--dist", "loadfile", *once, *session.posargs]
    tool(session, "python", "-m", "pytest", *options, MQTT5_ENGINE=engine)


@nox.session
def bundle(session: nox.Session) -> None:
    """A program bundled by PyInstaller; part of the suite."""
    tool(session, "python", "-m", "pytest", "-q", "tests/test_bundle.py", *session.posargs)


@nox.session
@nox.parametrize("engine", ["native", "portable"], ids=["native", "portable"])
def fuzz(session: nox.Session, engine: str) -> None:
    """20 seconds of fuzzing."""
    tool(session, "python", "fuzz/fuzz_read.py", *(session.posargs or ["--seconds", "20"]), MQTT5_ENGINE=engine)


@nox.session
def samples(session: nox.Session) -> None:
    """Compiles and runs the C samples of README.md and docs/; needs gcc, g++ and clang."""
    session.run("scripts/samples", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Pages of the C header and docs/ in build/docs/html; needs doxygen."""
    session.run("scripts/docs")


@nox.session
def peers(session: nox.Session) -> None:
    """Installs the packages of PyPI and npm that tests and benchmarks run beside ours, below .venv/peers."""
    if not (ROOT / ".venv" / "bin" / "pip").exists():
        session.run("scripts/setup", "test", "dev")
    for name, requirement in PEERS.items():
        target = ROOT / ".venv" / "peers" / name
        if not (target / f"{requirement.replace('-', '_').replace('==', '-')}.dist-info").is_dir():
            shutil.rmtree(target, ignore_errors=True)
            session.run(
                ".venv/bin/python", "-m", "pip", "install", "-q", "--no-deps", "--target", str(target), requirement
            )
    target = ROOT / ".venv" / "peers" / "mqtt.js"
    if (target / "requirement").exists() and (target / "requirement").read_text() == MQTTJS + MQTTJS_DATE:
        return
    if not (npm := shutil.which("npm")):
        (session.error if os.environ.get("CI") == "true" else session.warn)("npm is missing (Debian: nodejs npm)")
        return
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    options = ["--silent", "--no-audit", "--no-fund", "--no-save", f"--before={MQTTJS_DATE}", "--prefix", str(target)]
    session.run(npm, "install", *options, MQTTJS, external=True)
    (target / "requirement").write_text(MQTTJS + MQTTJS_DATE)


@nox.session
def manifests(session: nox.Session) -> None:
    """The manifests for PlatformIO, ESP-IDF, Zephyr and Arduino, with these ecosystems' tools in build/manifests."""
    python = ROOT / "build" / "manifests" / "bin" / "python"
    if not python.exists():
        session.run(os.environ.get("PYTHON", "python3"), "-m", "venv", "build/manifests")
    tools = ["platformio==6.2.0", "idf-component-manager==3.1.2", "kconfiglib==14.1.0"]
    session.run(str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *tools)
    tool(session, "python", "-m", "pytest", "-q", "tests/test_manifests.py", *session.posargs, CI="true")


@nox.session(venv_backend="venv")
def wheel(session: nox.Session) -> None:
    """Builds sdist and, from it, the wheel, into build/dist; installs it without a compiler, and looks into both."""
    shutil.rmtree(ROOT / "build" / "dist", ignore_errors=True)
    session.install("build>=1.2")
    session.run("python", "-m", "build", "--outdir", "build/dist", ".", silent=True)
    [source] = (ROOT / "build" / "dist").glob("*.tar.gz")
    [built] = (ROOT / "build" / "dist").glob("*.whl")
    session.install("--only-binary", ":all:", str(built))  # cffi, from the index

    nothing = ROOT / "build" / "no-compiler"
    nothing.mkdir(parents=True, exist_ok=True)
    alone = {"HOME": str(Path.home()), "PATH": str(nothing), "LANG": "C.UTF-8"}
    python = str(Path(session.bin) / "python")

    def run_alone(*arguments: str) -> None:
        session.run(python, *arguments, env=alone, include_outer_env=False)

    run_alone("-c", "import shutil, sys; sys.exit(any(map(shutil.which, ('cc', 'gcc', 'clang'))))")
    run_alone("-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", "--no-index", str(built))
    run_alone("tests/smoke.py")

    session.install("setuptools>=77", "pytest", "hypothesis")
    # In another directory: Python would take the checkout's package, were it in the current one.
    session.chdir("build")
    files = ["wheel_contents.py", "test_embedding.py", "test_lowlevel.py", "test_cli.py"]
    options = ["-q", "-p", "no:cacheprovider", *session.posargs, *(f"../tests/{name}" for name in files)]
    session.run(python, "-m", "pytest", *options, env={"MQTT5_SDIST": str(source), "MQTT5_WHEEL": str(built)})
