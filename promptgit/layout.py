"""Where things stand in a registry, and what a prompt and an alias may be called.

    promptgit.yaml                    the registry
    prompts/support/refunds/          the prompt support.refunds
      3.yaml                          its version 3
      aliases.yaml                    its aliases
      prompt.yaml                     its description, owners, tags, and notes on its versions

All paths are relative to the registry's root and use `/`.
"""

from __future__ import annotations

from promptgit.errors import InvalidReferenceError, PromptNotFoundError
from promptgit.record import Record

REGISTRY_FILE = "promptgit.yaml"
PROMPTS = "prompts"
ALIASES_FILE = "aliases.yaml"
NOTES_FILE = "prompt.yaml"
LATEST = "latest"
TEMPORARY = ".promptgit-tmp-"
"""How files begin that a write is about to rename into place."""

MAX_NAME = 128
MAX_VERSION = 999_999_999

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WORD = _LETTERS | frozenset("0123456789_")
_NAME = _WORD | frozenset("-.")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved whatever their case and extension
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{device}{digit}" for device in ("com", "lpt") for digit in range(10)]
)


class PromptPath(Record):
    """What a path under `prompts/` stands for: `version` is None for `aliases.yaml` and `prompt.yaml`."""

    name: str
    file: str
    version: int | None = None


def check_name(name: str, *, text: str | None = None, offset: int = 0) -> str:
    """Return `name`, or raise.

    The rule is MLflow's (letters, digits, `_ . -`) and what file systems demand of each part between dots.

    Args:
        text, offset: where `name` stands in what the user wrote, for the caret.

    Raises:
        InvalidReferenceError: the name breaks the rule.
    """

    def refuse(why: str, at: int) -> InvalidReferenceError:
        return InvalidReferenceError(
            f"invalid prompt name: {why}",
            text=name if text is None else text,
            position=offset + at,
            hint="A name has letters, digits, '_' and '-', in parts joined by dots, such as support.refunds.",
        )

    if not name:
        raise refuse("it is empty", 0)
    for at, character in enumerate(name):
        if character not in _NAME:
            raise refuse(f"{character!r} is not allowed", at)
    if len(name) > MAX_NAME:
        raise refuse(f"it has {len(name)} characters, the limit is {MAX_NAME}", MAX_NAME)
    start = 0
    for part in name.split("."):
        if not part:
            raise refuse("a part between dots is empty", min(start, len(name) - 1))
        if part[0] == "-":
            raise refuse("a part may not start with '-'", start)
        if part.lower() in DEVICES:
            raise refuse(f"{part!r} is a device on Windows", start)
        start += len(part) + 1
    return name


def check_alias(alias: str, *, text: str | None = None, offset: int = 0) -> str:
    """Return `alias`, or raise. `latest`, a bare number and `v3` are refused: they would shadow versions.

    Raises:
        InvalidReferenceError: the alias breaks the rule.
    """

    def refuse(why: str, at: int, hint: str) -> InvalidReferenceError:
        shown = alias if text is None else text
        return InvalidReferenceError(f"invalid alias: {why}", text=shown, position=offset + at, hint=hint)

    rule = "An alias has letters, digits, '_', '.' and '-', and starts with a letter, a digit or '_'."
    if not alias:
        raise refuse("it is empty", 0, rule)
    for at, character in enumerate(alias):
        if character not in _NAME:
            raise refuse(f"{character!r} is not allowed", at, rule)
    if alias[0] not in _WORD or alias.endswith((".", ".lock")) or ".." in alias:
        raise refuse("it cannot be the name of a git tag", 0, rule)
    if len(alias) > MAX_NAME:
        raise refuse(f"it has {len(alias)} characters, the limit is {MAX_NAME}", MAX_NAME, rule)
    lowered = alias.lower()
    if lowered == LATEST:
        raise refuse("'latest' is always the highest version", 0, "Pick another name, such as production.")
    if lowered.removeprefix("v").isdigit():
        raise refuse("it reads as a version number", 0, "Pick another name, such as production.")
    return alias


def parse_version(text: str) -> int | None:
    """The version that `text` names, or None: a positive decimal integer without sign or leading zero."""
    if not text.isascii() or not text.isdigit() or text[0] == "0" or int(text[:10]) > MAX_VERSION:
        return None
    return int(text)


def folder(name: str) -> str:
    """The folder of a prompt: `support.refunds` -> `prompts/support/refunds`.

    Raises:
        PromptNotFoundError: the name has a slash, and so is not that of the prompt whose folder it would be.
    """
    if "/" in name:
        meant = name.replace("/", ".")
        raise PromptNotFoundError(f"there is no prompt {name}", hint=f"Dots join the parts of a name: {meant}")
    return f"{PROMPTS}/{name.replace('.', '/')}"


def version_path(name: str, version: int) -> str:
    """The file of a version."""
    return f"{folder(name)}/{version}.yaml"


def aliases_path(name: str) -> str:
    """The file of a prompt's aliases."""
    return f"{folder(name)}/{ALIASES_FILE}"


def notes_path(name: str) -> str:
    """The file of a prompt's description, tags and notes."""
    return f"{folder(name)}/{NOTES_FILE}"


def version_of_file(file: str) -> int | None:
    """The version number of a file name such as `3.yaml`, or None."""
    return parse_version(file[:-5]) if file.endswith(".yaml") else None


def parse_path(path: str) -> PromptPath | None:
    """What a path stands for, or None if it is no file of a prompt."""
    parts = path.split("/")
    if len(parts) < 3 or parts[0] != PROMPTS or "." in "".join(parts[1:-1]):  # a/b is the prompt a.b, and a.b nothing
        return None
    name, file = ".".join(parts[1:-1]), parts[-1]
    try:
        check_name(name)
    except InvalidReferenceError:
        return None
    if file in (ALIASES_FILE, NOTES_FILE):
        return PromptPath(name=name, file=file)
    version = version_of_file(file)
    return PromptPath(name=name, file=file, version=version) if version else None
