"""What a registry of MLflow holds, as values."""

from __future__ import annotations

from promptgit.errors import InvalidReferenceError, PromptNotFoundError
from promptgit.interop.mlflow.connection import IS_PROMPT, RefusedError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.interop.mlflow.connection import Connection

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


class MlflowVersion(Record):
    """A version as MLflow has it.

    Attributes:
        template: a text, or a list of messages.
        description: its commit message; empty if it has none.
        created: when it was made, in milliseconds since the epoch.
        user: who made it, as MLflow knows them; mostly it does not, then this is empty.
        tags: without those that MLflow keeps the content in.
        response_format, model_config: as they were given; None if they were not.
    """

    template: str | list[dict[str, Any]]
    description: str = ""
    created: int = 0
    user: str = ""
    tags: Mapping[str, str] = {}
    response_format: Any = None
    model_config: Any = None


class MlflowPrompt(Record):
    """A prompt as MLflow has it.

    Attributes:
        created: as for a version.
        aliases: alias -> version.
        versions: number -> version; those that were deleted are not there.
        unreadable: numbers of versions that MLflow has and cannot read, with the reason.
    """

    name: str
    description: str = ""
    created: int = 0
    tags: Mapping[str, str] = {}
    aliases: Mapping[str, int] = {}
    versions: Mapping[int, MlflowVersion] = {}
    unreadable: Mapping[int, str] = {}

    @property
    def top(self) -> int:
        """The highest number that is in use; 0 if there is none."""
        return max([0, *self.versions, *self.unreadable])


def read(connection: Connection, names: Sequence[str] = ()) -> list[MlflowPrompt]:
    """All prompts, or those that are named, sorted by name.

    Raises:
        PromptNotFoundError: there is no prompt of a name.
        HostError: MLflow does not answer.
    """
    if not names:
        models = list(connection.prompts())
        found = _Versions(connection)
        return [_prompt(model, found.of(model.name)) for model in models]
    prompts = []
    for name in sorted(set(names)):
        prompt = find(connection, name)
        if prompt is None:
            raise PromptNotFoundError(
                f"there is no prompt {name} in MLflow at {connection.label}",
                hint="Its page, or mlflow.genai.search_prompts(), shows the names.",
            )
        prompts.append(prompt)
    return prompts


def find(connection: Connection, name: str) -> MlflowPrompt | None:
    """One prompt, or None if there is none of that name.

    Raises:
        InvalidReferenceError: no prompt of MLflow can be called so.
    """
    if not name or not _LETTERS.issuperset(name):  # it goes into a filter
        raise InvalidReferenceError(f"no prompt of MLflow is called {name!r}")
    for model in connection.prompts(name):
        if model.name == name:  # some databases compare without case
            return _prompt(model, _Versions(connection, name).of(name))
    return None


class _Versions:
    """The versions of all prompts, or of one, read in pages."""

    def __init__(self, connection: Connection, name: str | None = None) -> None:
        self._connection = connection
        self._found: dict[str, dict[int, Any]] = {}
        self._add(name)

    def of(self, name: str) -> dict[int, Any]:
        """Number -> version of one prompt, ascending.

        What is deleted while the pages are turned pushes another version over the edge of one. It must not pass for
        deleted, too: where a number is missing, the prompt is read once more.
        """
        found = self._found.get(name, {})
        if found and len(found) < max(found) and _LETTERS.issuperset(name):
            self._add(name)
        return dict(sorted(found.items()))

    def _add(self, name: str | None) -> None:
        for prompt, number, version in self._connection.versions(name):
            kept = version if isinstance(version, RefusedError) else _version(version)
            self._found.setdefault(prompt, {})[number] = kept


def _prompt(model: Any, found: Mapping[int, Any]) -> MlflowPrompt:
    unreadable = {number: error for number, error in found.items() if isinstance(error, RefusedError)}
    return MlflowPrompt(
        name=model.name,
        description=model.description or "",
        created=model.creation_timestamp or 0,
        tags={key: value or "" for key, value in model.tags.items() if key != IS_PROMPT},
        aliases={alias: int(version) for alias, version in model.aliases.items()},
        versions={number: version for number, version in found.items() if number not in unreadable},
        unreadable={number: f"MLflow has it and cannot read it: {error}" for number, error in unreadable.items()},
    )


def _version(version: Any) -> MlflowVersion | RefusedError:
    tags = {key: value or "" for key, value in version.tags.items()}
    try:
        config = version.model_config
    except ValueError as error:  # it is kept as JSON, and is none
        return RefusedError(str(error))
    return MlflowVersion(
        template=version.template,
        description=version.commit_message or "",
        created=version.creation_timestamp or 0,
        user=version.user_id or tags.get("mlflow.user", ""),
        tags=tags,
        response_format=version.response_format,
        model_config=config,
    )
