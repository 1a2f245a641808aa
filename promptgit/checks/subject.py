"""What checks look at: folders, files and prompts of one registry state. Each is read and parsed once, whatever fails."""

from __future__ import annotations

from functools import cached_property

from promptgit import document, layout, schema
from promptgit.aliases.target import Target
from promptgit.config import RegistryConfig, parse_config
from promptgit.content import Notes, VersionBody, parse_notes
from promptgit.errors import InvalidDocumentError, PromptGitError, TemplateError
from promptgit.gitrepo.objects import object_id
from promptgit.problems import ERROR, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from promptgit.catalog import Catalog

    Keys = Sequence[str | int]

VERSION, ALIASES, NOTES, CONFIG = "version", "aliases", "prompt", "promptgit"
"""Kinds of files, as their schemas are called."""
MAX_PROBLEMS = 20
"""How many problems of one kind a check tells of one file: nobody reads more, and each costs a look at the whole file."""


class File:
    """One file of a registry.

    Args:
        fault: why it could not be read.

    Attributes:
        path: relative to the registry's root.
        kind: `version`, `aliases`, `prompt` or `promptgit`.
        name: of its prompt; empty for `promptgit.yaml`.
        version: of a version file, else None.
        data: its bytes.
    """

    def __init__(self, path: str, data: bytes, fault: Problem | None = None) -> None:
        self.path = path
        self.data = data
        self._fault = fault
        place = layout.parse_path(path)
        self.name = place.name if place else ""
        self.version = place.version if place else None
        self.kind = CONFIG
        if place:
            self.kind = VERSION if place.version else ALIASES if place.file == layout.ALIASES_FILE else NOTES

    @cached_property
    def _parsed(self) -> tuple[Mapping[str, Any] | None, tuple[Problem, ...]]:
        if self._fault is not None:
            return None, (self._fault,)
        try:
            return document.parse(self.data, self.path, empty_ok=self.kind in (ALIASES, NOTES)), ()
        except InvalidDocumentError as error:
            return None, error.problems

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The file as a mapping; None if it is no strict YAML."""
        return self._parsed[0]

    @property
    def yaml_problems(self) -> tuple[Problem, ...]:
        """Why it is no strict YAML."""
        return self._parsed[1]

    @property
    def in_conflict(self) -> bool:
        """Whether a merge left its markers in it."""
        return any(problem.code == "yaml-conflict" for problem in self.yaml_problems)

    @cached_property
    def schema_problems(self) -> list[Problem]:
        """Why it does not fit the schema of its kind; empty if it is no YAML."""
        return [] if self.document is None else schema.validate(self.kind, self.document, self.data, self.path)

    @cached_property
    def body(self) -> VersionBody | None:
        """A version's content; None if the file is not valid."""
        if self.kind != VERSION or self.document is None or self.schema_problems:
            return None
        return VersionBody(self.document, self.path)

    @cached_property
    def compiled(self) -> VersionBody | None:
        """A version's content if its template compiles, too."""
        try:
            return self.body if self.body is not None and self.body.formatter else None
        except TemplateError:
            return None

    def problem(
        self,
        code: str,
        message: str,
        keys: Keys | None = None,
        *,
        at_key: bool = False,
        severity: str = ERROR,
        hint: str = "",
    ) -> Problem:
        """A problem of this file.

        Args:
            keys: the way to the value that it is about; None is the file as a whole.
            at_key: it is about the value's key.
        """
        line, column = (0, 0) if keys is None else document.locate(self.data, keys, key=at_key)
        return Problem(
            code=code, message=message, severity=severity, path=self.path, line=line, column=column, hint=hint
        )

    def problem_in_text(
        self, code: str, message: str, keys: Keys, offset: int, *, severity: str = ERROR, hint: str = ""
    ) -> Problem:
        """A problem of one character, at `offset` of the text that `keys` lead to."""
        line, column = document.text_position(self.data, keys, offset)
        return Problem(
            code=code, message=message, severity=severity, path=self.path, line=line, column=column, hint=hint
        )


class State:
    """A registry at one state.

    Args:
        catalog: reads it.
        algorithm: of the repository's object ids, `sha1` or `sha256`.
    """

    def __init__(self, catalog: Catalog, algorithm: str = "sha1") -> None:
        self.catalog = catalog
        self._algorithm = algorithm
        self._files: dict[str, File | None] = {}
        self._prompts: dict[str, PromptState] = {}

    def file(self, path: str) -> File | None:
        """A file, or None if there is none. One that cannot be read is there, and has a problem that says why."""
        if path not in self._files:
            try:
                data = self.catalog.files.read(path)
                self._files[path] = None if data is None else File(path, data)
            except PromptGitError as error:
                fault = Problem(code="yaml-unreadable", message=error.message, path=path, hint=error.hint or "")
                self._files[path] = File(path, b"", fault)
            except OSError as error:
                message = f"it cannot be read: {error.strerror or error}"
                self._files[path] = File(path, b"", Problem(code="yaml-unreadable", message=message, path=path))
        return self._files[path]

    def prompt(self, name: str) -> PromptState:
        """A prompt, which need not exist."""
        if name not in self._prompts:
            self._prompts[name] = PromptState(self, name)
        return self._prompts[name]

    def forget(self, name: str) -> None:
        """Let go of what was read of a prompt that has been checked."""
        prompt = self._prompts.pop(name, None)
        if prompt is not None:
            for path in [path for path in self._files if path.startswith(f"{prompt.folder}/")]:
                del self._files[path]

    @cached_property
    def config(self) -> RegistryConfig:
        """What `promptgit.yaml` says; the defaults if it is missing or broken."""
        found = self.file(layout.REGISTRY_FILE)
        try:
            return parse_config(found.data) if found else RegistryConfig()
        except PromptGitError:
            return RegistryConfig()

    def blob(self, path: str) -> str | None:
        """The object id of a file's content, or None if there is no such file."""
        known = self.catalog.files.blob(path)
        found = self.file(path) if known is None else None
        return object_id("blob", found.data, self._algorithm) if found else known


class PromptState:
    """A prompt at one state. What cannot be read counts as empty; the checks of its files tell why.

    Attributes:
        name: the prompt.
        folder: its folder.
    """

    def __init__(self, state: State, name: str) -> None:
        self.state = state
        self.name = name
        self.folder = layout.folder(name)

    @cached_property
    def versions(self) -> list[int]:
        """The versions that exist, ascending."""
        return self.state.catalog.versions(self.name)

    @cached_property
    def aliases(self) -> Mapping[str, Target]:
        """Its aliases."""
        try:
            return self.state.catalog.aliases(self.name)
        except PromptGitError:
            return {}

    @cached_property
    def notes(self) -> Notes:
        """What `prompt.yaml` says."""
        found = self.state.file(layout.notes_path(self.name))
        try:
            return parse_notes(found.data, found.path) if found else Notes()
        except InvalidDocumentError:
            return Notes()

    @property
    def exists(self) -> bool:
        """Whether it has versions."""
        return bool(self.versions)

    def version(self, number: int) -> File | None:
        """The file of a version."""
        return self.state.file(layout.version_path(self.name, number))

    def body(self, number: int) -> VersionBody | None:
        """A version's content if it is valid and its template compiles."""
        found = self.version(number)
        return found.compiled if found else None

    def problem(self, code: str, message: str, file: str, keys: Keys, **more: Any) -> Problem:
        """A problem about an entry of `aliases.yaml` or `prompt.yaml`, or about a file that is not there."""
        path = f"{self.folder}/{file}"
        found = self.state.file(path)
        if found is not None:
            return found.problem(code, message, keys, **more)
        more.pop("at_key", None)
        return Problem(code=code, message=message, path=path, **more)


class Folder:
    """A folder under `prompts/` (or that one itself).

    Attributes:
        path: relative to the registry's root.
        entries: its plain files and folders, and whether each is a folder.
        others: what else is in it -> what it is, such as "a symbolic link".
    """

    def __init__(self, path: str, entries: Mapping[str, bool], others: Mapping[str, str]) -> None:
        self.path = path
        self.entries = entries
        self.others = others

    @property
    def name(self) -> str:
        """The prompt's name that the folder stands for; empty for `prompts/` itself."""
        return self.path.removeprefix(layout.PROMPTS).strip("/").replace("/", ".")


class Subject:
    """A prompt that is checked, and what it was before the change.

    Attributes:
        prompt: as it is.
        before: as it was; None if there is nothing to compare with.
        onto: as it is on the branch that the change will be merged into, where that has moved on; else None.
        base: what that branch is called; empty if there is no telling.
    """

    def __init__(
        self,
        prompt: PromptState,
        before: PromptState | None = None,
        onto: PromptState | None = None,
        heir: Callable[[str], PromptState | None] = lambda _: None,
        base: str = "",
    ) -> None:
        self.base = base
        self.prompt = prompt
        self.before = before
        self.onto = onto
        self._heir = heir

    @property
    def heir(self) -> PromptState | None:
        """The prompt that this one was renamed to."""
        return self._heir(self.prompt.name)

    @property
    def name(self) -> str:
        """The prompt's name."""
        return self.prompt.name

    def is_new(self, version: int) -> bool:
        """Whether the change adds this version; without a state before, every version counts as added."""
        return self.before is None or version not in self.before.versions
