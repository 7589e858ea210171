# SPDX-License-Identifier: MIT
"""The test vectors by file, and check_each(), which runs a test on vectors: every one that fails is named.

Those with options are in option_vectors.py. It knows no codec.
"""

from collections.abc import Callable, Iterable
from itertools import groupby

from mqtt5.testing import Vector, topic_vectors, vectors

#: The vectors of each file.
FILES = {file: list(found) for file, found in groupby(vectors(), lambda vector: vector.file)}
ALL = [vector for found in FILES.values() for vector in found]
TOPICS = list(topic_vectors())
if len(FILES) < 18 or not TOPICS:
    raise FileNotFoundError(f"vectors: only {sorted(FILES)}")


def check_each(several: Iterable[Vector], check: Callable[[Vector], None]) -> None:
    """Calls check with each vector, at least one; an AssertionError names all that fail."""
    failures = []
    number = 0
    for number, vector in enumerate(several, 1):  # noqa: B007
        try:
            check(vector)
        except Exception as error:
            text = f"{type(error).__name__}: {error}".partition("\n")[0]
            failures.append(f"{vector.where} ({vector.verdict}, {vector.what}): {text[:500]}")
    if number == 0:
        raise AssertionError("no vectors")
    if failures:
        raise AssertionError("\n".join([f"{len(failures)} of {number} vectors", *failures[:20]]))
