"""JSON Lines, the counterpart of `jsonl`: one version a line, in the order in which they were committed.

What `promptgit import jsonl` reads back is the same prompts, versions, contents, messages, authors and times. A row has no
place for a prompt's own notes, nor for numbers that are not in use: what is left behind is reported.
"""

from __future__ import annotations

import gzip
import json

from promptgit.interop.origins import Origins
from promptgit.problems import WARNING, Problem
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, BinaryIO

    from promptgit.catalog import Catalog
    from promptgit.model import Provenance
    from promptgit.registry.registry import Registry


class Exported(Record):
    """The rows, and what they do not hold.

    Attributes:
        rows: of all versions, oldest first.
        prompts: how many prompts they belong to.
        problems: a warning for each thing that was left behind.
    """

    rows: tuple[dict[str, Any], ...]
    prompts: int
    problems: tuple[Problem, ...]


def export_rows(registry: Registry, names: Sequence[str] = ()) -> Exported:
    """All versions of some prompts (all, if none is named) as rows.

    Raises:
        PromptNotFoundError: there is no prompt of a name.
        InvalidDocumentError: a file breaks the format.
    """
    chosen = sorted(set(names)) or registry.prompts()
    catalog = registry.catalog
    timed: list[tuple[float, dict[str, Any]]] = []
    problems: list[Problem] = []
    origins = Origins(registry, len(chosen))
    for name in chosen:
        catalog.require(name)
        timed += _rows(catalog, name, origins.of(name))
        problems += _losses(catalog, name)
    timed.sort(key=lambda pair: pair[0])
    return Exported(rows=tuple(row for _, row in timed), prompts=len(chosen), problems=tuple(problems))


def write(stream: BinaryIO, rows: Iterable[Mapping[str, Any]], *, gzipped: bool) -> None:
    """Write rows as a file; gzipped without a time, so that the same rows are the same bytes."""
    lines = (_line(row) for row in rows)
    if not gzipped:
        stream.writelines(lines)
        return
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0) as packed:
        packed.writelines(lines)


def _line(row: Mapping[str, Any]) -> bytes:
    """A row as it stands in a file. Lone surrogates, which no UTF-8 carries, stand as escapes."""
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(row).encode() + b"\n"


def _rows(catalog: Catalog, name: str, origins: Mapping[int, Provenance]) -> Iterator[tuple[float, dict[str, Any]]]:
    """The versions of a prompt, ascending, each with the time to sort by: what is not committed yet comes last."""
    latest = 0.0
    for number in catalog.versions(name):
        body = catalog.body(name, number)
        aliases = [alias for alias, target in catalog.aliases(name).items() if target.version == number]
        row: dict[str, Any] = {"name": name, "template": body.template}
        origin = origins.get(number)
        if origin is not None:
            if origin.message.strip() != f"{name}: version {number}":
                row["message"] = origin.message.rstrip("\n")
            row |= {"time": int(origin.created_at.timestamp()), "author": f"{origin.author} <{origin.email}>"}
        parts = {
            "aliases": sorted(aliases),
            "syntax": body.syntax if body.syntax != "double-brace" else None,
            "variables": body.declared,
            "model_config": catalog.model_config(name, number),
            "response_format": body.response_format,
            "tools": body.tools,
            "tags": catalog.tags(name, number),
        }
        row |= {key: value for key, value in parts.items() if value}
        latest = max(latest, row.get("time", float("inf")))
        yield latest, row


def _losses(catalog: Catalog, name: str) -> Iterator[Problem]:
    def lost(message: str, version: int | None = None) -> Problem:
        path = f"prompts:/{name}" + (f"/{version}" if version else "")
        return Problem(code="jsonl-loss", message=message, severity=WARNING, path=path)

    notes, versions = catalog.notes(name), catalog.versions(name)
    if not versions:
        yield lost("it has no versions, so it has no row")
    elif versions != list(range(1, len(versions) + 1)):
        yield lost("numbers are not carried: an import counts from 1 without gaps")
    parts = {
        "description": notes.description,
        "owners": notes.owners,
        "tags": notes.tags,
        "deprecation": notes.deprecated,
        "former names": notes.former_names,
    }
    left = [part for part, value in parts.items() if value]
    if left:
        yield lost(f"a row has no place for its {', '.join(left)}")
    for number, note in sorted(notes.versions.items()):
        if note.keys() & {"deprecated", "description"}:
            yield lost("a row has no place for notes on a version", number)
    for alias, target in sorted(catalog.aliases(name).items()):
        if target.version is None:
            yield lost(f"its alias {alias} splits traffic ({target}), and a row has no place for that")
