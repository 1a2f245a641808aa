"""The import from MLflow: one commit a version, in the order in which they were made, all of them or none.

Aliases have neither author nor time in MLflow. They come last, as moves of whoever runs the import: one commit for all
prompts that have an alias of the same name.
"""

from __future__ import annotations

import time

from promptgit import layout
from promptgit.aliases.target import Target
from promptgit.changeset import Changeset
from promptgit.checks import policies
from promptgit.errors import InvalidReferenceError, PolicyError, PromptGitError
from promptgit.gitrepo import fast_import
from promptgit.gitrepo.objects import object_id
from promptgit.interop import landing
from promptgit.interop.mlflow.content import left_out, reason
from promptgit.interop.mlflow.planning import PromptPlan
from promptgit.problems import ERROR
from promptgit.record import Record
from promptgit.registry import edits, views

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promptgit.aliases.protocol import AliasBackend
    from promptgit.catalog import Catalog
    from promptgit.changeset import TagMove
    from promptgit.engine.engine import Engine
    from promptgit.interop.importing import Progress
    from promptgit.interop.mlflow.planning import Step
    from promptgit.interop.mlflow.reading import MlflowPrompt
    from promptgit.problems import Problem
    from promptgit.registry.edits import Edit
    from promptgit.registry.registry import Registry
    from promptgit.source import CommitSource

_HOW_TO_RENAME = "Bring it in under another name: --rename {name}=NEW"


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


def import_prompts(
    registry: Registry,
    prompts: Sequence[MlflowPrompt],
    *,
    rename: Mapping[str, str] | None = None,
    author: str = "",
    dry_run: bool = False,
    push: bool = False,
    progress: Progress | None = None,
) -> MlflowImport:
    """Add prompts of MLflow to a registry. Run again, it adds only what is not there yet.

    Args:
        prompts: as `reading.read` gives them.
        rename: name in MLflow -> name here.
        author: `Name <email>` of versions whose author MLflow does not know; `content.UNKNOWN` if empty.
        push: succeed only once the remote has it too.
        progress: called with versions done and versions in all.

    Raises:
        ConflictError: the user has edits in the way; nothing was imported.
        GitError: git or the disk refused; nothing was imported.
    """
    engine = registry.engine()
    with engine.landing() as (branch, tip, source):
        planner = _Planner(registry, source, engine)
        for prompt in prompts:
            planner.add(prompt, (rename or {}).get(prompt.name, prompt.name), author)
        steps = planner.steps()
        landed = landing.Landed(commit=tip)
        if steps and not dry_run:
            committer = fast_import.identity(engine.repository)
            commits = _commits(steps, committer, engine.prefix, progress)
            note = f"import {planner.versions} versions from MLflow"
            landed = landing.land(engine, branch, tip, committer, commits, planner.blobs(steps), note=note, push=push)
    problems, commit = list(planner.problems), landed.commit
    wanted = planner.aliases()
    count = sum(len(targets) for targets in wanted.values())
    if not dry_run and wanted:
        refused, commit = _set_aliases(registry, wanted, push)
        problems += refused
        count -= len(refused)
    return MlflowImport(
        versions=planner.versions,
        prompts=len(prompts),
        skipped=sum(plan.skipped for plan in planner.plans),
        tombstones=sum(len(plan.tombstones) for plan in planner.plans),
        aliases=count,
        problems=tuple(problems),
        commit=commit,
        warnings=landed.warnings,
    )


class _Planner:
    """Plans all prompts, and keeps their names apart."""

    def __init__(self, registry: Registry, source: CommitSource, engine: Engine) -> None:
        self._registry = registry
        self._source = source
        self._engine = engine
        self._catalog = registry.catalog_of(source)
        self._folders: dict[str, str] = {}  # case-folded folder of an imported prompt -> the folder
        self._rules = views.read_config(self._catalog.files, registry.path).policies
        self.plans: list[PromptPlan] = []
        self.problems: list[Problem] = []

    @property
    def versions(self) -> int:
        """How many versions would be added."""
        return sum(step.version is not None for plan in self.plans for step in plan.steps)

    def add(self, prompt: MlflowPrompt, name: str, author: str) -> None:
        """Plan one prompt, or report why it cannot be had under this name."""
        try:
            layout.check_name(name)
            edits.require_no_twin(self._catalog, name)
            self._require_no_twin_before(name)
        except InvalidReferenceError as error:
            hint = _HOW_TO_RENAME.format(name=prompt.name)
            self.problems.append(left_out("name", f"it is left out: {error.message}", prompt.name, hint=hint))
            return
        plan = PromptPlan(prompt, name, self._catalog, author)
        broken = self._broken(plan)
        if broken:
            hint = "Change the policies of promptgit.yaml for the time of the import."
            self.problems += [left_out("policy", f"it is left out: {why}", name, hint=hint) for why in broken]
            return
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            folder = ".".join(parts[:end])
            self._folders.setdefault(folder.casefold(), folder)
        self.plans.append(plan)
        self.problems += plan.problems

    def _require_no_twin_before(self, name: str) -> None:
        """Raise if another prompt of this import takes the name, or a folder on its way, in other letters."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            folder = ".".join(parts[:end])
            taken = self._folders.get(folder.casefold(), folder)
            if taken != folder:
                raise InvalidReferenceError(f"{folder} differs from {taken} only by case")
        if any(plan.name == name for plan in self.plans):
            raise InvalidReferenceError(f"another prompt of this import is called {name}")

    def _broken(self, plan: PromptPlan) -> list[str]:
        """The policies that a prompt breaks."""
        if not self._rules or not plan.steps:
            return []
        writes: dict[str, bytes | None] = {path: data for step in plan.steps for path, data in step.files.items()}
        versions = {layout.version_path(plan.name, step.version) for step in plan.steps if step.version}
        changeset = Changeset(message=f"{plan.name}: from MLflow", writes=writes, creates=frozenset(versions))
        facts = views.facts(self._registry.opened, policies.DIRECT, self._source.commit)
        found = policies.broken(self._rules, changeset, self._catalog, self._catalog.backend, facts)
        return list(dict.fromkeys(problem.message for problem in found if problem.severity == ERROR))

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

    def aliases(self) -> dict[str, dict[str, int]]:
        """Alias -> prompt -> version, for all aliases to be made."""
        wanted: dict[str, dict[str, int]] = {}
        for plan in self.plans:
            for alias, version in plan.aliases.items():
                wanted.setdefault(alias, {})[plan.name] = version
        return dict(sorted(wanted.items()))

    def blobs(self, steps: Sequence[Step]) -> dict[str, tuple[str | None, str | None]]:
        """Path in the repository -> blobs before and after, for all files that the import writes."""
        algorithm = self._engine.repository.algorithm
        after = {path: data for step in steps for path, data in step.files.items()}
        found: dict[str, tuple[str | None, str | None]] = {}
        for path, data in after.items():
            entry = self._source.entry(path)
            found[self._engine.prefix + path] = (entry[1] if entry else None, object_id("blob", data, algorithm))
        return found


def _commits(
    steps: Sequence[Step], committer: str, prefix: str, progress: Progress | None
) -> Iterator[fast_import.NewCommit]:
    """The commits. Committer times never go back, so that a date finds the last one before it."""
    latest = 0
    for done, step in enumerate(steps, 1):
        when = int(time.time()) if step.time is None else step.time
        latest = max(latest, when)
        yield fast_import.NewCommit(
            author=step.author or committer,
            time=when,
            committed=latest,
            message=step.message,
            files={prefix + path: data for path, data in step.files.items()},
        )
        if progress is not None:
            progress(done, len(steps))


def _set_aliases(
    registry: Registry, wanted: Mapping[str, Mapping[str, int]], push: bool
) -> tuple[list[Problem], str | None]:
    """Make aliases; returns a problem for each that was refused, and the tip afterwards."""
    refused: list[Problem] = []
    commit = None
    for alias, targets in wanted.items():
        try:
            commit = registry.apply(_pointing(alias, targets), push=push).commit
            continue
        except PolicyError:
            pass
        for name, version in targets.items():
            try:
                commit = registry.apply(_pointing(alias, {name: version}), push=push).commit
            except PromptGitError as error:
                hint = f"It leads to version {version} in MLflow."
                said = f"its alias {alias} is left out: {_refusal(error)}"
                refused.append(left_out("alias", said, name, hint=hint))
    return refused, commit or registry.repository().ref_commit(registry.opened.base)


def _refusal(error: PromptGitError) -> str:
    if isinstance(error, PolicyError):
        return "; ".join(problem.message for problem in error.problems)
    return reason(error)


def _pointing(alias: str, targets: Mapping[str, int]) -> Edit:
    """One commit that makes an alias in several prompts; where it exists by now, it stays as it is."""

    def build(catalog: Catalog, backend: AliasBackend) -> Changeset:
        new = {name: version for name, version in targets.items() if alias not in backend.read(name)}
        notes = [f"{name}: {alias} new -> {version}" for name, version in new.items()]
        title = notes[0] if len(notes) == 1 else f"{alias} of {len(notes)} prompts, as in MLflow"
        message = "\n".join([title, "", *notes]) if len(notes) > 1 else title
        writes: dict[str, bytes | None] = {}
        tags: list[TagMove] = []
        for (name, version), note in zip(new.items(), notes, strict=True):
            catalog.body(name, version)
            edit = backend.edit(name, alias, Target.single(version), note)
            writes |= edit.writes
            tags += edit.tags
        return Changeset(message=message, writes=writes, tags=tuple(tags), note=title)

    return build
