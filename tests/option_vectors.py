# SPDX-License-Identifier: MIT
"""The test vectors that are judged by options, by file.

It knows no codec.
"""

from itertools import groupby

from mqtt5.testing import option_vectors

#: The vectors of each file; those of options-fit.tsv are about writing.
OPTION_FILES = {file: list(found) for file, found in groupby(option_vectors(), lambda vector: vector.file)}
if len(OPTION_FILES) < 7:
    raise FileNotFoundError(f"vectors with options: only {sorted(OPTION_FILES)}")
FIT = OPTION_FILES.pop("options-fit.tsv")
LENIENT = {vector.data: vector for vector in OPTION_FILES["options-lenient.tsv"] if set(vector.options) == {"lenient"}}
