"""What every edit is held against."""

from __future__ import annotations

from promptgit import document, layout, schema
from promptgit.errors import InvalidDocumentError, InvalidReferenceError, PromptGitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.changeset import Changeset

    Edit = Callable[[Catalog, AliasBackend], Changeset]
    """Builds a changeset from the state at the branch's tip."""


def commit_message(given: str | None, default: str) -> str:
    """The commit message: what the user wrote, else what was done.

    Raises:
        PromptGitError: git cannot carry it.
    """
    text = (given or "").strip() or default
    if "\0" in text:
        raise PromptGitError("a commit message cannot hold a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PromptGitError("a commit message must be valid Unicode: it holds a lone surrogate") from None
    return text


def require_no_twin(catalog: Catalog, name: str, besides: str | None = None) -> None:
    """Raise if a name differs from another only by case: on macOS and Windows `FAQ` and `faq` would be one folder.

    Raises:
        InvalidReferenceError: it does.
    """
    folder = layout.PROMPTS
    for part in name.split("."):
        entries = catalog.files.entries(folder)
        if part not in entries:
            twins = [other for other, is_folder in entries.items() if is_folder and other.casefold() == part.casefold()]
            taken = ".".join([*folder.split("/")[1:], twins[0]]) if twins else None
            if taken and taken != besides:
                raise InvalidReferenceError(
                    f"{name} differs from {taken} only by case",
                    text=name,
                    position=None,
                    hint=f"Did you mean {taken}?",
                )
            return
        folder = f"{folder}/{part}"


def require_valid_notes(data: bytes, path: str) -> None:
    """Raise if the bytes of a `prompt.yaml` break the format.

    Raises:
        InvalidDocumentError: they do. Without a place: what is being written has no lines yet.
    """
    problems = schema.validate("prompt", document.parse(data, path, empty_ok=True), data, path)
    if problems:
        raise InvalidDocumentError([problem.replace(path="", line=0, column=0) for problem in problems])


def kept(catalog: Catalog, name: str, notes: bytes) -> bytes | None:
    """What becomes of a `prompt.yaml`. An empty one goes, unless it is all that there is of the prompt."""
    return notes if notes.strip() or not catalog.versions(name) else None
