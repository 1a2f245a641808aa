"""Aligned tables: on a terminal with rich, fitted to its width; in a pipe as plain text, with nothing cut."""

from __future__ import annotations

from collections.abc import Sequence

from promptgit.cli import output
from promptgit.sanitise import sanitise_line

_STYLES = {
    "prompt": "bold",
    "what": "bold",
    "alias": "green",
    "aliases": "green",
    "commit": "yellow",
    "when": "dim",
    "who": "cyan",
    "tags": "dim",
}
_GIVE_WAY = (
    ("message", "description", "tags", "changes"),
    ("aliases", "what", "move"),
    ("who", "when", "prompt"),
)
"""Columns that are cut on a narrow terminal, those of the first group before those of the next."""
_LEAST = 8
_GAP = 2
_WIDEST = 60
"""How far a cell moves what is beside it in the other lines of a pipe; a longer one moves only its own line."""

Row = Sequence[str]


def table(columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Print rows under their column names. A row with one cell is a heading.

    Args:
        rows: cells are sanitised here; a newline in one is shown as an escape.
    """
    safe = [[sanitise_line(cell) for cell in row] for row in rows]
    if output.on_terminal():
        _on_terminal(columns, safe)
    else:
        _plain(columns, safe)


def _plain(columns: Sequence[str], rows: Sequence[Row]) -> None:
    lines = [list(columns), *(row for row in rows if len(row) == len(columns))]
    widths = [min(_WIDEST, max(len(line[at]) for line in lines)) for at in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        output.say_styled((" " * _GAP).join(cells).rstrip())


def _on_terminal(columns: Sequence[str], rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns, rows = _without_empty(columns, rows)
    natural = _natural(columns, rows)
    shown = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    widths = fit(columns, natural, output.width())
    for column, width in zip(columns, widths, strict=True):
        shown.add_column(column, no_wrap=True, overflow="ellipsis", width=width)
    for row in rows:
        styles = ["bold dim"] if len(row) == 1 else [_STYLES.get(column, "") for column in columns]
        shown.add_row(*(Text(cell, style) for cell, style in zip(row, styles, strict=True)))
    whole = sum(widths) + _GAP * len(widths)
    console = Console(highlight=False, color_system="auto" if output.in_colour() else None, width=whole)
    console.print(shown)


def _without_empty(columns: Sequence[str], rows: Sequence[Row]) -> tuple[Sequence[str], Sequence[Row]]:
    """Leave out columns in which nothing stands: most registries have no tags, and a screen is narrow."""
    whole = [row for row in rows if len(row) == len(columns)]
    kept = [at for at in range(len(columns)) if at == 0 or any(row[at] for row in whole)]
    return [columns[at] for at in kept], [row if len(row) == 1 else [row[at] for at in kept] for row in rows]


def _natural(columns: Sequence[str], rows: Sequence[Row]) -> list[int]:
    from rich.cells import cell_len

    lines = [columns, *rows]
    return [max(cell_len(line[at]) for line in lines if at < len(line)) for at in range(len(columns))]


def fit(columns: Sequence[str], natural: Sequence[int], width: int) -> list[int]:
    """The widths of columns, so that a line is not wider than a terminal wherever that can be done.

    Args:
        natural: what each column would take, in cells.
        width: of the terminal, in cells.
    """
    widths = list(natural)
    over = sum(widths) + _GAP * (len(widths) - 1) - width
    for group in _GIVE_WAY:
        while over > 0:
            at = max(
                (at for at, column in enumerate(columns) if column in group),
                key=widths.__getitem__,
                default=None,
            )
            if at is None or widths[at] <= _LEAST:
                break
            widths[at] -= 1
            over -= 1
    return widths
