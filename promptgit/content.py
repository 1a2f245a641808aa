"""What the files of a prompt hold, once read. Containers in here are shared: nothing hands them out without a copy."""

from __future__ import annotations

from promptgit.errors import InvalidDocumentError
from promptgit.layout import parse_version
from promptgit.problems import Problem
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.templates import Formatter

    Messages = list[dict[str, Any]]

DEFAULT_SYNTAX = "double-brace"


class VersionBody:
    """What a version file holds. Immutable by convention: nothing outside this module gets hold of its containers."""

    __slots__ = (
        "_formatter",
        "declared",
        "model_config",
        "path",
        "response_format",
        "syntax",
        "tags",
        "template",
        "tools",
    )

    def __init__(self, document: Mapping[str, Any], path: str = "") -> None:
        self.template: str | Messages = document["template"]
        self.syntax: str = document.get("syntax", DEFAULT_SYNTAX)
        self.declared: Mapping[str, Mapping[str, Any]] = document.get("variables") or {}
        self.model_config: Mapping[str, Any] | None = document.get("model_config")
        self.response_format: Mapping[str, Any] | None = document.get("response_format")
        self.tools: list[Any] | None = document.get("tools")
        self.tags: Mapping[str, str] = document.get("tags") or {}
        self.path = path
        self._formatter: Formatter | None = None

    @property
    def formatter(self) -> Formatter:
        """The compiled template.

        Raises:
            TemplateError: it does not compile.
        """
        if self._formatter is None:
            from promptgit.templates import Formatter

            self._formatter = Formatter(self.template, self.syntax, self.declared)
        return self._formatter


_SHAPES: dict[str, tuple[type, ...]] = {
    "template": (str, list),
    "syntax": (str,),
    "variables": (dict,),
    "model_config": (dict,),
    "response_format": (dict,),
    "tools": (list,),
    "tags": (dict,),
}


def parse_version_file(data: bytes, path: str) -> VersionBody:
    """Read a version file.

    The shape is checked here; whoever writes a version has it validated in full. Only if the shape is wrong is the schema
    loaded (75 ms) to say what and where.

    Raises:
        InvalidDocumentError: the file breaks the format.
    """
    from promptgit import document

    found = document.parse(data, path)
    fits = "template" in found and all(isinstance(value, _SHAPES.get(key, ())) for key, value in found.items())
    if not fits or not all(isinstance(tag, str) for tag in (found.get("tags") or {}).values()):
        raise invalid("version", found, data, path)
    return VersionBody(found, path)


class Notes(Record):
    """What `prompt.yaml` holds.

    Attributes:
        description: of the prompt.
        owners: who answers for it.
        tags: of the prompt.
        deprecated: why it should no longer be used; empty if it may.
        former_names: what it was called before, oldest first.
        versions: notes on versions: `tags` set later (None takes one away), `model_config` set later (None: it has none),
            `deprecated`, `deleted`, `description`.
    """

    description: str = ""
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}
    deprecated: str = ""
    former_names: tuple[str, ...] = ()
    versions: Mapping[int, Mapping[str, Any]] = {}

    @property
    def deleted(self) -> dict[int, str]:
        """Deleted versions, with the reason."""
        return {version: note["deleted"] for version, note in self.versions.items() if "deleted" in note}


_NOTE_SHAPES: dict[str, tuple[type, ...]] = {
    "description": (str,),
    "tags": (dict,),
    "model_config": (dict, type(None)),
    "deprecated": (str,),
    "deleted": (str,),
}


def parse_notes(data: bytes, path: str) -> Notes:
    """Read `prompt.yaml`.

    Raises:
        InvalidDocumentError: the file breaks the format.
    """
    from promptgit import document

    found = document.parse(data, path, empty_ok=True)
    shapes = {
        "description": str,
        "owners": list,
        "tags": dict,
        "deprecated": str,
        "former_names": list,
        "versions": dict,
    }
    versions = found.get("versions") or {}
    fits = all(isinstance(value, shapes.get(key, ())) for key, value in found.items())
    if not fits or not all(parse_version(key) and _is_note(note) for key, note in versions.items()):
        raise invalid("prompt", found, data, path)
    return Notes(
        description=found.get("description", ""),
        owners=tuple(found.get("owners", ())),
        tags=found.get("tags", {}),
        deprecated=found.get("deprecated", ""),
        former_names=tuple(found.get("former_names", ())),
        versions={int(key): note for key, note in versions.items()},
    )


def _is_note(note: object) -> bool:
    return isinstance(note, dict) and all(isinstance(note[key], _NOTE_SHAPES.get(key, ())) for key in note)


def invalid(kind: str, found: Mapping[str, Any], data: bytes, path: str) -> InvalidDocumentError:
    """The error for a document whose shape is wrong, as the schema words it."""
    from promptgit import schema

    problems = schema.validate(kind, found, data, path)
    return InvalidDocumentError(problems or [Problem(code="schema", message="the file breaks the format", path=path)])
