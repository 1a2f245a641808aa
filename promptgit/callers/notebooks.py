"""Notebooks: the Python in their code cells, and where each of its lines stands in the file.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json

from promptgit.callers.files import Unreadable, syntax_problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

_MAGICS = ("%", "!", "?")
_TIMED = ("%%time", "%%timeit", "%%capture")
"""Cell magics under which the cell is still Python."""


class Notebook:
    """The code cells of a notebook as one text.

    Args:
        data: the file.
        path: for problems.

    Raises:
        Unreadable: it is no notebook.

    Attributes:
        text: the Python of all cells. Lines that are no Python are `pass`.
    """

    def __init__(self, data: bytes, path: str) -> None:
        self._lines = list(_code_lines(_cells(data, path)))
        self.text = "".join(f"{_as_python(line)}\n" for line in self._lines)
        self._file = data.decode("utf-8").splitlines()
        self._places = _find(self._lines, self._file)

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Where a place of `text` stands in the file; all are 1-based, and (1, 1) where that cannot be told."""
        if not 0 < line <= len(self._lines):
            return 1, 1
        row, start = self._places[line - 1]
        if not row:
            return 1, 1
        return row, start + len(json.dumps(self._lines[line - 1][: column - 1], ensure_ascii=False)) - 2


def _cells(data: bytes, path: str) -> Sequence[Any]:
    try:
        document = json.loads(data)
        cells = document["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable(syntax_problem(path, "it is not a notebook", 1, 1)) from None
    if not isinstance(cells, list):
        raise Unreadable(syntax_problem(path, "it is not a notebook", 1, 1))
    return cells


def _code_lines(cells: Sequence[Any]) -> Iterator[str]:
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source or "")
        if not text.startswith("%%") or text.startswith(_TIMED):
            yield from text.split("\n")


def _as_python(line: str) -> str:
    bare = line.lstrip()
    return f"{line[: len(line) - len(bare)]}pass" if bare.startswith(_MAGICS) else line


def _find(lines: Sequence[str], file: Sequence[str]) -> list[tuple[int, int]]:
    """For each line of code the line of the file that holds it as a JSON text, and the column where that begins."""
    found: list[tuple[int, int]] = []
    row = 0
    for line in lines:
        forms = {json.dumps(line, ensure_ascii=plain)[1:-1] for plain in (True, False)}
        for at in range(row, len(file)):
            bare = file[at].strip().rstrip(",").strip('"').removesuffix("\\n")
            if line and bare in forms:
                found.append((at + 1, file[at].index(bare) + 1))
                row = at + 1
                break
        else:
            found.append((0, 0))
    return found
