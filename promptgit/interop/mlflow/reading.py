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
        return [_prompt(connection, model) for model in connection.prompts()]
    found = []
    for name in sorted(set(names)):
        prompt = find(connection, name)
        if prompt is None:
            raise PromptNotFoundError(
                f"there is no prompt {name} in MLflow at {connection.label}",
                hint="Its page, or mlflow.genai.search_prompts(), shows the names.",
            )
        found.append(prompt)
    return found


def find(connection: Connection, name: str) -> MlflowPrompt | None:
    """One prompt, or None if there is none of that name.

    Raises:
        InvalidReferenceError: no prompt of MLflow can be called so.
    """
    if not name or not _LETTERS.issuperset(name):  # it goes into a filter
        raise InvalidReferenceError(f"no prompt of MLflow is called {name!r}")
    for model in connection.prompts(name):
        if model.name == name:  # some databases compare without case
            return _prompt(connection, model)
    return None


def _prompt(connection: Connection, model: Any) -> MlflowPrompt:
    versions, unreadable = _versions(connection, model.name)
    return MlflowPrompt(
        name=model.name,
        description=model.description or "",
        created=model.creation_timestamp or 0,
        tags={key: value or "" for key, value in model.tags.items() if key != IS_PROMPT},
        aliases={alias: int(version) for alias, version in model.aliases.items()},
        versions=versions,
        unreadable=unreadable,
    )


def _versions(connection: Connection, name: str) -> tuple[dict[int, MlflowVersion], dict[int, str]]:
    """The versions, ascending. One that MLflow cannot read makes it give none, so then each is asked for by its number."""
    try:
        found = {version.version: _version(version) for version in connection.versions(name)}
        unreadable: dict[int, str] = {}
    except (RefusedError, ValueError):
        found, unreadable = _one_by_one(connection, name)
    # a version that was registered while the pages were turned may push another over the edge of one
    for number in range(1, max([0, *found, *unreadable])):
        if number not in found and number not in unreadable:
            late = _ask(connection, name, number)
            found |= {number: late} if late else {}
    return dict(sorted(found.items())), unreadable


def _one_by_one(connection: Connection, name: str) -> tuple[dict[int, MlflowVersion], dict[int, str]]:
    found: dict[int, MlflowVersion] = {}
    unreadable: dict[int, str] = {}
    for number in connection.numbers(name):
        version = None
        try:
            version = _ask(connection, name, number)
        except ValueError as error:
            unreadable[number] = f"MLflow has it and cannot read it: {error}"
        if version is not None:
            found[number] = version
        else:
            unreadable.setdefault(number, "MLflow has it and cannot read it")
    return found, unreadable


def _ask(connection: Connection, name: str, number: int) -> MlflowVersion | None:
    try:
        version = connection.version(name, number)
    except RefusedError:
        return None
    return None if version is None else _version(version)


def _version(version: Any) -> MlflowVersion:
    """The value of a version.

    Raises:
        ValueError: what it keeps as JSON is none.
    """
    tags = {key: value or "" for key, value in version.tags.items()}
    return MlflowVersion(
        template=version.template,
        description=version.commit_message or "",
        created=version.creation_timestamp or 0,
        user=version.user_id or tags.get("mlflow.user", ""),
        tags=tags,
        response_format=version.response_format,
        model_config=version.model_config,
    )
