"""Prompts as a table, for `list` and `search`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from promptgit.cli import output
from promptgit.errors import InvalidDocumentError
from promptgit.registry.search import Prompt

_COLUMNS = ("prompt", "latest", "aliases", "description", "tags")


def show_prompts(
    prompts: Iterable[Prompt], *, as_json: bool, grouped: bool = False, damaged: Sequence[InvalidDocumentError] = ()
) -> None:
    """Print prompts. One whose files are damaged is named on stderr and does not hide the others.

    Args:
        grouped: on a terminal, put those of one folder under a heading.
        damaged: what is known already of prompts that are not among these.

    Raises:
        ProblemsFound: at least one was damaged.
    """
    found, unread = _read(prompts, Prompt.to_dict if as_json else _row)
    errors = [*damaged, *unread]
    if as_json:
        output.say_json(found)
    else:
        from promptgit.cli.tables import table

        table(_COLUMNS, _under_headings(found) if grouped and output.on_terminal() else found)
    for error in errors:
        output.show_error(error)
    if errors:
        raise output.ProblemsFound


def _read(prompts: Iterable[Prompt], read: Callable[[Prompt], Any]) -> tuple[list[Any], list[InvalidDocumentError]]:
    found, unread = [], []
    for prompt in prompts:
        try:
            found.append(read(prompt))
        except InvalidDocumentError as error:
            unread.append(error)
    return found, unread


def _row(prompt: Prompt) -> tuple[str, ...]:
    return (
        prompt.name,
        str(prompt.version),
        ", ".join(f"{alias} {target}" for alias, target in prompt.aliases.items()),
        ("deprecated: " if prompt.deprecated else "") + prompt.description,
        ", ".join(f"{key}={value}" for key, value in prompt.tags.items()),
    )


def _under_headings(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Prompts without a folder first, then folder by folder, each name without its folder."""
    shown: list[tuple[str, ...]] = []
    before = ""
    for row in sorted(rows, key=lambda row: row[0].rpartition(".")[::2]):
        folder, _, leaf = row[0].rpartition(".")
        if folder != before:
            shown.append((f"{folder}.",))
            before = folder
        shown.append((f"  {leaf}" if folder else leaf, *row[1:]))
    return shown
