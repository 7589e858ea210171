# SPDX-License-Identifier: MIT
"""Reads tests/vectors/options-*.tsv: packets that are judged by options, in the format of their README.md.

It knows the files and no codec.
"""

from dataclasses import dataclass, field

from vectors_data import VECTORS, _packet

COLUMNS = "# columns: verdict code bytes options result what"


@dataclass(frozen=True)
class OptionVector:
    """One line. `options` and `result` have the words of their columns; a word without a value has an empty one."""

    where: str
    verdict: str
    code: int
    data: bytes = field(repr=False)
    options: dict[str, str]
    result: dict[str, str]
    what: str

    @property
    def valid(self) -> bool:
        return self.verdict != "bad"

    @property
    def lenient(self) -> bool:
        return "lenient" in self.options

    @property
    def size(self) -> int | None:
        """The size of the refused packet, None if where it ends is unknown."""
        return int(self.result["size"]) or None


def _words(column: str) -> dict[str, str]:
    pairs = (word.partition("=") for word in column.split(" ") if word != "-")
    return {name: value for name, _, value in pairs}


def _load() -> dict[str, list[OptionVector]]:
    files: dict[str, list[OptionVector]] = {}
    for path in sorted(VECTORS.glob("options-*.tsv")):
        lines = path.read_text("ascii").split("\n")
        if lines[1] != COLUMNS:
            raise ValueError(f"{path.name}: other columns than {COLUMNS}")
        files[path.name] = [
            OptionVector(
                f"{path.name}:{number}", verdict, int(code, 16), _packet(tokens), _words(options), _words(result), what
            )
            for number, line in enumerate(lines, 1)
            if line and not line.startswith("#")
            for verdict, code, tokens, options, result, what in [line.split("\t")]
        ]
    if len(files) < 7:
        raise FileNotFoundError(f"options-*.tsv in {VECTORS}")
    return files


#: The vectors of each file; those of options-fit.tsv are about writing.
OPTION_FILES = _load()
FIT = OPTION_FILES.pop("options-fit.tsv")
LENIENT = {vector.data: vector for vector in OPTION_FILES["options-lenient.tsv"] if set(vector.options) == {"lenient"}}
