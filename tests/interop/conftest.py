# SPDX-License-Identifier: MIT
"""Fixtures of the interoperability tests: one mosquitto and one example broker for all, and names that no two share."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from peers import Link, mosquitto, start_broker, stop

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a mosquitto with its defaults."""
    with mosquitto(tmp_path_factory.mktemp("mosquitto")) as port:
        yield port


@pytest.fixture(scope="session")
def ours() -> Iterator[int]:
    """The port of our example broker."""
    process, port = start_broker()
    try:
        yield port
        assert process.poll() is None, "the broker has died"
    finally:
        stop(process)


@pytest.fixture
def witness(ours: int) -> Iterator[Link]:
    """A connection of our own to the example broker."""
    with Link(ours) as link:
        link.connect()
        yield link


@pytest.fixture
def name() -> str:
    """For topics and client identifiers: the broker lives longer than a test."""
    return f"test{next(_numbers)}"


@pytest.fixture
def link(broker: int) -> Iterator[Callable[..., Link]]:
    """Makes connections to the broker that are closed after the test, with a CONNECT unless told otherwise."""
    links: list[Link] = []

    def make(*args: str, connect: bool = True, **fields: object) -> Link:
        links.append(Link(broker))
        if connect:
            links[-1].connect(*args, **fields)
        return links[-1]

    yield make
    for each in links:
        each.close()
