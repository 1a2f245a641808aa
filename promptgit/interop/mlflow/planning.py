"""What an import would change in one prompt: the commits to make, the aliases to set, and what cannot be carried."""

from __future__ import annotations

from promptgit import document, layout
from promptgit.errors import InvalidReferenceError, PromptGitError
from promptgit.interop.landing import Step
from promptgit.interop.mlflow import content
from promptgit.interop.mlflow.content import UNKNOWN, left_out, loss
from promptgit.interop.pointing import Pointer, reason, twin
from promptgit.registry import edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.catalog import Catalog
    from promptgit.interop.mlflow.content import Carried
    from promptgit.interop.mlflow.reading import MlflowPrompt, MlflowVersion
    from promptgit.problems import Problem

DELETED = "deleted in MLflow"
_NOT_CARRIED = "not carried from MLflow: "


class PromptPlan:
    """Plans one prompt on the state that the import lands on.

    Args:
        prompt: as MLflow has it.
        name: what it is called here; a valid name.
        author: `Name <email>` of versions that MLflow knows no author of.
        update: whether tags, descriptions and aliases that differ are to become as they are in MLflow.

    Attributes:
        steps: the commits, oldest first.
        aliases: those that are to be set.
        skipped: how many versions are there already.
        tombstones: numbers that no version will get.
        problems: what was left behind or differs.
    """

    def __init__(
        self, prompt: MlflowPrompt, name: str, catalog: Catalog, author: str = "", *, update: bool = False
    ) -> None:
        self._prompt = prompt
        self._catalog = catalog
        self._author = author or UNKNOWN
        self._update = update
        self.name = name
        self.steps: list[Step] = []
        self.aliases: dict[str, Pointer] = {}
        self.skipped = 0
        self.tombstones: list[int] = []
        self.problems: list[Problem] = []
        self._carried: set[int] = set()  # versions that are here, or will be, as MLflow has them
        self._before = catalog.files.read(layout.notes_path(name)) or b""
        self._notes = self._before
        self._plan()

    def _plan(self) -> None:
        self.problems += content.foreign_tags(self._prompt.tags, self.name)
        self._describe()
        there, deleted = set(self._catalog.versions(self.name)), self._catalog.notes(self.name).deleted
        for number in range(1, self._prompt.top + 1):
            if number in there:
                self._compare(number)
            elif number in deleted:
                self._stay_deleted(number, deleted[number])
            elif number in self._prompt.versions:
                self._add(number, self._prompt.versions[number])
            else:
                self._bury(number, self._prompt.unreadable.get(number, ""))
        self._end()
        self._point()

    # --- versions ---------------------------------------------------------------------------------------------------

    def _add(self, number: int, version: MlflowVersion) -> None:
        carried = self._to_file(number, version)
        if carried is None:
            return
        self.problems += carried.losses
        self._carried.add(number)
        self._step(number, version, self._message(number, version), carried.data)

    def _message(self, number: int, version: MlflowVersion) -> str:
        """The commit message: MLflow's without blanks around it, else what is done."""
        default = f"{self.name}: version {number}"
        try:
            message = edits.commit_message(version.description, default)
        except PromptGitError as error:
            self.problems.append(loss("message", f"its commit message is left out: {error.message}", self.name, number))
            return default
        if version.description.strip() != version.description:
            self.problems.append(loss("message", "blanks around its commit message are left out", self.name, number))
        return message

    def _to_file(self, number: int, version: MlflowVersion) -> Carried | None:
        try:
            return content.to_file(version, self.name, number)
        except PromptGitError as error:
            self._bury(number, reason(error))
            return None

    def _step(self, number: int, version: MlflowVersion, message: str, data: bytes) -> None:
        files = {layout.version_path(self.name, number): data}
        if self._notes != self._before:
            files[layout.notes_path(self.name)] = self._before = self._notes
        self.steps.append(
            Step(
                name=self.name,
                version=number,
                time=_seconds(version.created),
                author=content.author(version.user, self._author),
                message=message,
                files=files,
            )
        )

    def _compare(self, number: int) -> None:
        version = self._prompt.versions.get(number)
        if version is None:
            said = "it was deleted in MLflow and is still here"
            hint = f"If it may go here too: promptgit delete {self.name} {number}"
            self.problems.append(loss("deleted", said, self.name, number, hint))
            return
        try:
            carried = content.to_file(version, self.name, number)
            body, config = self._catalog.body(self.name, number), self._catalog.model_config(self.name, number)
            parts = content.differing(carried.content, body, config)
        except PromptGitError as error:
            parts, carried = [reason(error)], None
        if parts:
            said = f"it is there already and differs from MLflow's in {', '.join(parts)}; it was left as it is"
            hint = "Both sides have gone on. Register one of the two anew, under the next number."
            self.problems.append(left_out("differs", said, self.name, number, hint))
            return
        self.problems += carried.losses if carried else ()
        self._carried.add(number)
        self.skipped += 1
        tags = self._catalog.tags(self.name, number)
        self._tag(content.own_tags(version.tags), tags, ["versions", str(number), "tags"], number)

    def _bury(self, number: int, why: str) -> None:
        """Note a number that no version will get."""
        said = f"{_NOT_CARRIED}{why}" if why else DELETED
        if why:
            self.problems.append(left_out("version", f"it cannot be carried: {why}", self.name, number))
        self.tombstones.append(number)
        self._notes = document.edit(self._notes, ["versions", str(number)], {"deleted": said}, sort=True)

    def _stay_deleted(self, number: int, why: str) -> None:
        if number in self._prompt.versions or number in self._prompt.unreadable:
            said = why if why.startswith(_NOT_CARRIED) else f"it was deleted here: {why or 'no reason given'}"
            self.problems.append(loss("deleted", said, self.name, number))

    # --- notes ------------------------------------------------------------------------------------------------------

    def _describe(self) -> None:
        notes = self._catalog.notes(self.name)
        wanted = self._prompt.description
        if wanted and (not notes.description or (self._update and wanted != notes.description)):
            self._note(["description"], wanted, None)
        elif wanted and wanted != notes.description:
            self.problems.append(loss("description", "its description here is another one, and stays", self.name))
        self._tag(content.own_tags(self._prompt.tags), notes.tags, ["tags"], None)

    def _tag(self, tags: Mapping[str, str], there: Mapping[str, str], keys: list[str], number: int | None) -> None:
        for key, value in sorted(tags.items()):
            if key not in there or (self._update and there[key] != value):
                self._note([*keys, key], value, number)
            elif there[key] != value:
                said = f"its tag {key} is {there[key]!r} here and {value!r} in MLflow; it was left as it is"
                self.problems.append(loss("tag", said, self.name, number))

    def _note(self, keys: list[str], value: str, number: int | None) -> None:
        try:
            self._notes = document.edit(self._notes, keys, value, sort=len(keys) > 1)
        except PromptGitError as error:
            what = " ".join(keys[-2:])
            self.problems.append(loss("notes", f"its {what} is left out: {reason(error)}", self.name, number))

    def _end(self) -> None:
        """What is left to note when all versions are there: in a commit of its own."""
        new = not self._prompt.top and not self._catalog.versions(self.name) and not self._before
        if self._notes == self._before and not new:
            return
        empty = document.dump({"description": ""})
        created = _seconds(self._prompt.created) if new else None
        what = "created" if new else "notes as they are in MLflow"
        self.steps.append(
            Step(
                name=self.name,
                version=None,
                time=created,
                author=self._author if new else "",
                message=f"{self.name}: {what}",
                files={layout.notes_path(self.name): self._notes or empty},
            )
        )

    # --- aliases ----------------------------------------------------------------------------------------------------

    def _point(self) -> None:
        there = self._catalog.aliases(self.name)
        for alias, version in sorted(self._prompt.aliases.items()):
            now = there.get(alias)
            why, hint = self._refusal(alias, version)
            if why:
                self.problems.append(left_out("alias", f"its alias {alias} is left out: {why}", self.name, hint=hint))
            elif now is None or (self._update and now.version != version):
                self.aliases[alias] = Pointer(version=version, before=now)
            elif now.version != version:
                said = f"its alias {alias} is {now} here and {version} in MLflow; it was not moved"
                hint = (
                    f"If MLflow's counts: promptgit alias set {self.name} {alias} {version} -m WHY, or --update for all"
                )
                self.problems.append(left_out("alias", said, self.name, hint=hint))
        for alias in sorted(there.keys() - self._prompt.aliases.keys()):
            said = f"its alias {alias} is {there[alias]} here, and MLflow has no such alias; it stays"
            hint = f"If it was deleted there and may go here too: promptgit alias rm {self.name} {alias}"
            self.problems.append(loss("alias", said, self.name, hint=hint))

    def _refusal(self, alias: str, version: int) -> tuple[str, str]:
        """Why an alias cannot be carried, and what to do; empty if it can."""
        try:
            layout.check_alias(alias)
        except InvalidReferenceError as error:
            rename = f"Give version {version} another one: promptgit alias set {self.name} ALIAS {version} -m WHY"
            return error.message, rename
        other = twin(alias, {*self._catalog.aliases(self.name), *self.aliases})
        if other is not None:
            return f"it differs from {other} only by case", ""
        if version not in self._carried:
            return f"version {version} is not here as MLflow has it", ""
        return "", ""


def _seconds(milliseconds: int) -> int | None:
    """A time of MLflow as Git has it; None if MLflow knows none."""
    return milliseconds // 1000 if milliseconds > 0 else None
