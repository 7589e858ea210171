# SPDX-License-Identifier: MIT
"""The Python samples of README.md and docs/guide.md run, and print what the pages say.

As in scripts/samples: a ```python block that begins with an import begins a program, the blocks after it on the page
continue it. A ```text block is what the program prints after the one before. test_lowlevel.py has its own page.
"""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide.md"
Block = tuple[str, str, int]  # language, text, and the number of lines before it


def programs(page: Path) -> list[list[Block]]:
    """The blocks of each program on the page."""
    found: list[list[Block]] = []
    text, last = page.read_text("utf-8"), ""
    for block in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        language, code = block.groups()
        if language == "python" and code.startswith(("import ", "from ")):
            found.append([])
        if language == "python" or (language == "text" and last == "python"):
            found[-1].append((language, code, text.count("\n", 0, block.start(2))))
        last = language
    return found


PROGRAMS = {
    f"{page.stem}-{number}": (page, blocks)
    for page in (ROOT / "README.md", GUIDE)
    if page.exists()
    for number, blocks in enumerate(programs(page), 1)
}


@pytest.mark.skipif(not GUIDE.exists(), reason="docs/ is not here")
def test_pages_have_samples() -> None:
    assert PROGRAMS.keys() == {"README-1", "guide-1", "guide-2"}
    blocks = [block for _, program in PROGRAMS.values() for block in program]
    assert sum(language == "text" for language, _, _ in blocks) > 8


@pytest.mark.parametrize("name", PROGRAMS)
def test_sample_prints_what_page_says(name: str) -> None:
    page, blocks = PROGRAMS[name]
    names: dict[str, object] = {"__name__": name}
    printed = io.StringIO()
    for language, code, line in blocks:
        if language == "python":
            with redirect_stdout(printed):
                exec(compile("\n" * line + code, page, "exec"), names)
        else:
            assert printed.getvalue() == code
            printed = io.StringIO()
    assert printed.getvalue() == "", "the page does not show this"


@pytest.mark.skipif(not GUIDE.exists(), reason="docs/ is not here")
def test_guide_counts_lines_of_example() -> None:
    count = len((ROOT / "examples" / "handlers.py").read_text("utf-8").splitlines())
    assert f"in {count} lines" in GUIDE.read_text("utf-8")
