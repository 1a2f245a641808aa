"""The import from MLflow: one commit a version, in the order in which they were made, all of them or none."""

from __future__ import annotations

import time

from promptgit import layout
from promptgit.errors import InvalidReferenceError
from promptgit.interop import landing, pointing
from promptgit.interop.mlflow.content import left_out, loss
from promptgit.interop.mlflow.planning import PromptPlan
from promptgit.interop.rules import Rules
from promptgit.record import Record
from promptgit.registry import edits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptgit.catalog import Catalog
    from promptgit.interop.landing import Progress, Step
    from promptgit.interop.mlflow.reading import MlflowPrompt
    from promptgit.interop.pointing import Pointer, Refusal
    from promptgit.problems import Problem
    from promptgit.registry.registry import Registry

_HOW_TO_RENAME = "Bring it in under another name: --rename {name}=NEW"
_LET_IN = "If its history is to be let in as it is: --ignore-policies"


class MlflowImport(Record):
    """What an import did, or would do.

    Attributes:
        versions: how many were added.
        prompts: how many prompts MLflow has, or were asked for.
        skipped: how many versions were there already.
        tombstones: how many numbers no version got, because it was deleted in MLflow or cannot be carried.
        aliases: how many were set.
        problems: errors for what was left out as a whole or differs, warnings for parts.
        commit: the branch's tip afterwards; None after a dry run on an empty branch.
        warnings: what could not be done after the import was safe, as sentences.
    """

    versions: int
    prompts: int
    skipped: int
    tombstones: int
    aliases: int
    problems: tuple[Problem, ...] = ()
    commit: str | None = None
    warnings: tuple[str, ...] = ()


class Choices(Record):
    """How an import from MLflow is to be done.

    Attributes:
        rename: name in MLflow -> name here.
        author: `Name <email>` of versions whose author MLflow does not know; `content.UNKNOWN` if empty.
        update: tags, descriptions and aliases that are here and differ become as they are in MLflow.
        ignore_policies: let in versions that the policies forbid, and report them. Aliases obey them all the same.
    """

    rename: Mapping[str, str] = {}
    author: str = ""
    update: bool = False
    ignore_policies: bool = False


def import_prompts(
    registry: Registry,
    prompts: Sequence[MlflowPrompt],
    choices: Choices | None = None,
    *,
    dry_run: bool = False,
    push: bool = False,
    progress: Progress | None = None,
) -> MlflowImport:
    """Add prompts of MLflow to a registry. Run again, it adds only what is not there yet.

    Args:
        prompts: as `reading.read` gives them.
        push: succeed only once the remote has it too.
        progress: called with commits done and commits in all.

    Raises:
        InvalidDocumentError: `promptgit.yaml` is not valid; nothing was imported.
        ConflictError: the user has edits in the way; nothing was imported.
        GitError: git or the disk refused. Versions are all there or none; a second run sets aliases that are missing.
    """
    engine = registry.engine()
    with engine.landing() as (branch, _, source):
        planner = _Planner(registry, registry.catalog_of(source), choices or Choices())
        for prompt in prompts:
            planner.add(prompt)
        landed = landing.Landed(commit=source.commit)
        if not dry_run:
            note = f"import {planner.versions} versions from MLflow"
            landed = landing.land(engine, branch, source, planner.steps(), note=note, push=push, progress=progress)
    wanted = planner.rules.in_order(planner.aliases())
    if dry_run:
        refused = planner.rules.refused(wanted, planner.steps())
    else:
        refused = pointing.point(registry, wanted, origin="as in MLflow", push=push)
    return MlflowImport(
        versions=planner.versions,
        prompts=len(prompts),
        skipped=sum(plan.skipped for plan in planner.plans),
        tombstones=sum(len(plan.tombstones) for plan in planner.plans),
        aliases=sum(map(len, wanted.values())) - len(refused),
        problems=(*planner.problems, *map(_alias_problem, refused)),
        commit=landed.commit if dry_run else engine.repository.ref_commit(branch),
        warnings=landed.warnings,
    )


def _alias_problem(refused: Refusal) -> Problem:
    hint = f"It leads to version {refused.version} in MLflow."
    return left_out("alias", f"its alias {refused.alias} is left out: {refused.why}", refused.name, hint=hint)


class _Planner:
    """Plans all prompts, and keeps their names apart."""

    def __init__(self, registry: Registry, catalog: Catalog, choices: Choices) -> None:
        self._catalog = catalog
        self._choices = choices
        self.rules = Rules(registry, catalog)
        self._names: set[str] = set()
        self._folders: dict[str, str] = {}  # case-folded folder of an imported prompt -> the folder
        self.plans: list[PromptPlan] = []
        self.problems: list[Problem] = []

    @property
    def versions(self) -> int:
        """How many versions would be added."""
        return sum(step.version is not None for plan in self.plans for step in plan.steps)

    def add(self, prompt: MlflowPrompt) -> None:
        """Plan one prompt, or report why it cannot be had."""
        name = self._choices.rename.get(prompt.name, prompt.name)
        try:
            layout.check_name(name)
            edits.require_no_twin(self._catalog, name)
            self._require_no_twin_before(name)
        except InvalidReferenceError as error:
            hint = _HOW_TO_RENAME.format(name=prompt.name)
            self.problems.append(left_out("name", f"it is left out: {error.message}", prompt.name, hint=hint))
            return
        plan = PromptPlan(prompt, name, self._catalog, self._choices.author, update=self._choices.update)
        if not self._may(plan):
            return
        for folder in _folders(name):
            self._folders.setdefault(folder.casefold(), folder)
        self._names.add(name)
        self.plans.append(plan)
        self.problems += plan.problems

    def _require_no_twin_before(self, name: str) -> None:
        """Raise if another prompt of this import takes the name, or a folder on its way, in other letters."""
        for folder in _folders(name):
            taken = self._folders.get(folder.casefold(), folder)
            if taken != folder:
                raise InvalidReferenceError(f"{folder} differs from {taken} only by case")
        if name in self._names:
            raise InvalidReferenceError(f"another prompt of this import is called {name}")

    def _may(self, plan: PromptPlan) -> bool:
        """Whether a prompt may come in. What the policies forbid is reported."""
        files = {path: data for step in plan.steps for path, data in step.files.items()}
        created = [layout.version_path(plan.name, step.version) for step in plan.steps if step.version]
        broken = self.rules.broken(files, created)
        for problem in broken:
            if self._choices.ignore_policies:
                self.problems.append(loss("policy", f"it was let in against a policy: {problem.message}", plan.name))
            else:
                said, hint = f"it is left out: {problem.message}", f"{problem.hint} {_LET_IN}".strip()
                self.problems.append(left_out("policy", said, plan.name, hint=hint))
        return not broken or self._choices.ignore_policies

    def steps(self) -> list[Step]:
        """The commits of all prompts in the order of their times; those of one prompt stay in their own."""
        timed: list[tuple[int, Step]] = []
        now = int(time.time())
        for plan in self.plans:
            latest = 0
            for step in plan.steps:
                latest = max(latest, now if step.time is None else step.time)
                timed.append((latest, step))
        return [step for _, step in sorted(timed, key=lambda pair: pair[0])]

    def aliases(self) -> dict[str, dict[str, Pointer]]:
        """Alias -> prompt -> where it is to lead, for all aliases to be set."""
        wanted: dict[str, dict[str, Pointer]] = {}
        for plan in self.plans:
            for alias, pointer in plan.aliases.items():
                wanted.setdefault(alias, {})[plan.name] = pointer
        return wanted


def _folders(name: str) -> list[str]:
    """A name and what is above it: a.b.c is below a.b and a."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
