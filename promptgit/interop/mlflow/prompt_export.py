"""The export of one prompt: its versions in order, under the numbers that they have here.

MLflow counts versions itself, those deleted too, and does not tell how far it is. So a version that gets too low a number,
because numbers below its own are free here, is deleted at once and made again. Until it has its number it carries it as a
tag: if the export is killed in between, the next one knows what was left. Nothing else in MLflow is overwritten or deleted.
"""

from __future__ import annotations

from promptgit.errors import PromptGitError
from promptgit.interop.mlflow import content, reading
from promptgit.interop.mlflow.connection import RefusedError
from promptgit.interop.mlflow.content import left_out, loss
from promptgit.interop.pointing import reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.catalog import Catalog
    from promptgit.content import VersionBody
    from promptgit.interop.mlflow.connection import Connection
    from promptgit.interop.mlflow.reading import MlflowPrompt
    from promptgit.model import Provenance
    from promptgit.problems import Problem

_NUMBER = "promptgit.number"
"""The tag of a version on its way: the number that it has here."""


class _Stop(Exception):  # noqa: N818 - it ends one prompt, and has been reported
    """Raised when nothing more can be done for a prompt."""


class PromptExport:
    """Brings one prompt over.

    Args:
        origins: number -> the commit that added the version.

    Attributes:
        versions, skipped, placeholders, aliases: see `MlflowExport`.
        problems: errors for what was left out or differs, warnings for parts.
    """

    def __init__(
        self,
        catalog: Catalog,
        connection: Connection,
        name: str,
        origins: Mapping[int, Provenance],
        *,
        dry_run: bool = False,
    ) -> None:
        self._catalog = catalog
        self._origins = origins
        self._connection = connection
        self._dry_run = dry_run
        self._name = name
        self._notes = self._catalog.notes(name)
        self._there: MlflowPrompt = reading.MlflowPrompt(name=name)
        self._next = 1  # the number that MLflow is supposed to give next
        self._equal: set[int] = set()  # versions that MLflow has, or will have, as they are here
        self.versions = self.skipped = self.placeholders = self.aliases = 0
        self.problems: list[Problem] = []

    def run(self, found: MlflowPrompt | None) -> None:
        """Bring over what is not there yet. What MLflow refuses is reported.

        Args:
            found: the prompt as MLflow has it, if it does.
        """
        try:
            self._create(found)
            here = set(self._catalog.versions(self._name))
            for number in range(1, max([0, *here]) + 1):
                if number <= self._there.top:
                    self._compare(number, number in here)
                elif number in here:
                    self._add(number)
            self._point()
        except _Stop:
            return
        except RefusedError as error:
            said = f"MLflow refuses to go on with it: {error.message}"
            self.problems.append(left_out("prompt", said, self._name))

    # --- the prompt -------------------------------------------------------------------------------------------------

    def _create(self, found: MlflowPrompt | None) -> None:
        tags = self._own(self._notes.tags, None)
        self._lose_notes()
        if found is not None:
            self._there = self._cleared(found)
            self._next = found.top + 1
            if self._notes.description and self._notes.description != found.description:
                self._lose("description", "its description in MLflow is another one, and cannot be changed by a client")
            self._tag(tags, found.tags, None)
            return
        if self._dry_run:
            return
        try:
            self._connection.create(self._name, self._notes.description, {})
        except RefusedError as error:
            self.problems.append(left_out("prompt", f"MLflow refuses it: {error.message}", self._name))
            raise _Stop from None
        self._tag(tags, {}, None)

    def _cleared(self, found: MlflowPrompt) -> MlflowPrompt:
        """A prompt without what a killed export has left: versions that never got the number on their tag."""
        kept = dict(found.versions)
        for number, version in found.versions.items():
            meant = version.tags.get(_NUMBER)
            if meant is not None and not self._dry_run:
                if meant == str(number):
                    self._connection.delete_tag(self._name, number, _NUMBER)
                else:
                    self._connection.delete_version(self._name, number)
            if meant not in (None, str(number)):
                del kept[number]
        cleared: MlflowPrompt = found.replace(versions=kept)
        return cleared

    def _lose_notes(self) -> None:
        notes = self._notes
        parts = {
            "owners": notes.owners,
            "deprecation": notes.deprecated,
            "former names": notes.former_names,
            "notes on versions": any(note.keys() - {"tags", "deleted"} for note in notes.versions.values()),
        }
        for part, value in parts.items():
            if value:
                self._lose("notes", f"MLflow has no place for its {part}")

    def _own(self, tags: Mapping[str, str], number: int | None) -> dict[str, str]:
        """The tags without those that mean something else to MLflow."""
        own = content.own_tags(tags)
        for key in sorted(tags.keys() - own.keys()):
            self._lose("tags", f"its tag {key} is one of MLflow's own", number)
        return own

    def _tag(self, tags: Mapping[str, str], there: Mapping[str, str], number: int | None) -> None:
        for key, value in sorted(tags.items()):
            if key in there:
                if there[key] != value:
                    said = f"its tag {key} is {value!r} here and {there[key]!r} in MLflow; it was left as it is"
                    self._lose("tag", said, number)
            elif not self._dry_run:
                try:
                    self._connection.set_tag(self._name, number, key, value)
                except RefusedError as error:
                    self._lose("tag", f"MLflow refuses its tag {key}: {error.message}", number)

    def _lose(self, code: str, message: str, number: int | None = None) -> None:
        self.problems.append(loss(code, message, self._name, number))

    # --- versions ---------------------------------------------------------------------------------------------------

    def _compare(self, number: int, here: bool) -> None:
        there = self._there.versions.get(number)
        if there is None or not here:
            if here or there is not None:
                side = "in MLflow" if here else "here"
                other = "here" if here else "in MLflow"
                self._lose("deleted", f"it was deleted {side} and is still {other}", number)
            return
        body = self._body(number)
        if body is None:
            return
        parts = self._parts(body, number)
        if _differing(parts, there):
            said = "MLflow has it already, and with other content; it was left as it is"
            hint = "Both sides have gone on. Register one of the two anew, under the next number."
            self.problems.append(left_out("differs", said, self._name, number, hint))
            return
        self.problems += parts.losses
        self._equal.add(number)
        self.skipped += 1
        self._tag(self._own(self._catalog.tags(self._name, number), number), there.tags, number)

    def _add(self, number: int) -> None:
        body = self._body(number)
        if body is None:
            return
        parts = self._parts(body, number)
        if parts.refusal:
            self.problems.append(left_out("version", f"MLflow cannot have it: {parts.refusal}", self._name, number))
            return
        self.problems += parts.losses
        if self._dry_run:
            self.placeholders += number - self._next
            self._next = number + 1
        elif not self._register(number, parts):
            return
        self._equal.add(number)
        self.versions += 1

    def _parts(self, body: VersionBody, number: int) -> content.Parts:
        config = self._catalog.model_config(self._name, number)
        return content.to_mlflow(self._connection, body, config, self._name, number)

    def _body(self, number: int) -> VersionBody | None:
        try:
            return self._catalog.body(self._name, number)
        except PromptGitError as error:
            said = f"it cannot be read: {reason(error)}"
            self.problems.append(left_out("version", said, self._name, number))
            return None

    def _register(self, number: int, parts: content.Parts) -> bool:
        rest: dict[str, Any] = {
            "description": self._message(number),
            "model_config": dict(parts.model_config) if parts.model_config else None,
            "response_format": dict(parts.response_format) if parts.response_format else None,
        }
        tags = self._own(self._catalog.tags(self._name, number), number)
        for given in (tags, {}) if tags else ({},):  # for one bad tag MLflow refuses the version
            try:
                self._reach(number, parts.template, {**rest, "tags": given})
            except RefusedError as error:
                refused = error
                continue
            self._tag(tags, given, number)
            return True
        self.problems.append(left_out("version", f"MLflow refuses it: {refused.message}", self._name, number))
        return False

    def _reach(self, wanted: int, template: Any, rest: Mapping[str, Any]) -> None:
        """Make a version until it gets its number. If MLflow is past it, leave the prompt: the two would drift apart."""
        on_its_way = wanted > self._next
        if on_its_way:
            rest = {**rest, "tags": {**rest["tags"], _NUMBER: str(wanted)}}
        while (got := self._connection.add_version(self._name, template, **rest)) != wanted:
            self._connection.delete_version(self._name, got)
            if got > wanted:
                said = (
                    f"MLflow would call it version {got}: later versions were deleted there, or somebody registers now"
                )
                self.problems.append(left_out("number", f"{said}; the prompt is left as it was", self._name, wanted))
                raise _Stop
            self.placeholders += 1
        if on_its_way:
            self._connection.delete_tag(self._name, wanted, _NUMBER)
        self._next = wanted + 1

    def _message(self, number: int) -> str | None:
        """The commit message, if it says more than which version it adds."""
        origin = self._origins.get(number)
        default = f"{self._name}: version {number}"
        return None if origin is None or origin.message.strip() in ("", default) else origin.message.rstrip("\n")

    # --- aliases ----------------------------------------------------------------------------------------------------

    def _point(self) -> None:
        for alias, target in sorted(self._catalog.aliases(self._name).items()):
            there = self._there.aliases.get(alias)
            if target.version is None:
                hint = "MLflow's aliases lead to one version."
                said = f"its alias {alias} splits traffic ({target}), and is left out"
                self.problems.append(left_out("alias", said, self._name, hint=hint))
            elif target.version not in self._equal:
                said = f"its alias {alias} is left out: MLflow has no version {target} as it is here"
                self.problems.append(left_out("alias", said, self._name))
            elif there is None:
                self._set_alias(alias, target.version)
            elif there != target.version:
                said = f"its alias {alias} is {target} here and {there} in MLflow; it was not moved"
                self.problems.append(left_out("alias", said, self._name))

    def _set_alias(self, alias: str, version: int) -> None:
        try:
            if not self._dry_run:
                self._connection.set_alias(self._name, alias, version)
        except RefusedError as error:
            self.problems.append(left_out("alias", f"MLflow refuses its alias {alias}: {error.message}", self._name))
            return
        self.aliases += 1


def _differing(parts: content.Parts, there: reading.MlflowVersion) -> bool:
    return (
        parts.template != there.template
        or (parts.response_format or None) != (there.response_format or None)
        or (parts.model_config or None) != (there.model_config or None)
    )
