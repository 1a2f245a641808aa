"""Builds a review: what a range of commits, or the working tree, does to each prompt and to what its aliases serve."""

from __future__ import annotations

from promptgit import layout
from promptgit.errors import PromptGitError
from promptgit.gitrepo import history
from promptgit.review import headlines
from promptgit.review.compare import FieldChange, compare, flat
from promptgit.review.model import (
    ADDED,
    CHANGED,
    DELETED,
    MOVED,
    NEW,
    REMOVED,
    RENAMED,
    RETUNED,
    AliasReview,
    PromptReview,
    Review,
    Step,
    VersionReview,
)
from promptgit.review.samples import samples, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from promptgit.aliases.target import Target
    from promptgit.checks.change import Change
    from promptgit.checks.subject import PromptState
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.model import PromptVersion
    from promptgit.problems import Problem

    Origins = Mapping[str, history.Commit]


class Range:
    """What is reviewed.

    Args:
        change: the states before and after.
        base, head: their commits; head is empty for what is not committed.
        labels: what the user called them.
        tip: the last commit in the range, for messages and authors.
        prefix: the registry's folder in its repository.
    """

    def __init__(
        self,
        change: Change,
        repository: GitRepository,
        base: str,
        head: str,
        labels: tuple[str, str],
        tip: str,
        prefix: str,
    ) -> None:
        self.change = change
        self.repository = repository
        self.base = base
        self.head = head
        self.labels = labels
        self.tip = tip
        self.prefix = prefix


def build(reviewed: Range, problems: Iterable[Problem] = ()) -> Review:
    """The review of a range.

    Args:
        problems: what the checks found.
    """
    change = reviewed.change
    builder = _Builder(reviewed)
    prompts = [found for name in _touched(reviewed) if (found := builder.prompt(name)) is not None]
    prompts.sort(key=lambda prompt: (not prompt.is_breaking, not prompt.aliases, prompt.name))
    others = sorted(path for path in change.changed() if layout.parse_path(path) is None)
    return Review(
        base=reviewed.base,
        head=reviewed.head,
        base_label=reviewed.labels[0],
        head_label=reviewed.labels[1],
        title=headlines.title(prompts, others),
        prompts=tuple(prompts),
        problems=tuple(problems),
        other_files=tuple(others),
    )


def _touched(reviewed: Range) -> list[str]:
    """The prompts whose files or aliases change."""
    names = {place.name for place in map(layout.parse_path, reviewed.change.changed()) if place}
    if reviewed.change.after.config.aliases == "tags":
        from promptgit.aliases.tags import parse_move
        from promptgit.gitrepo import tags

        found = (parse_move(tag.name, tag.message) for tag in tags.find(reviewed.repository, "", since=reviewed.base))
        names |= {move[0] for move in found if move}
    return sorted(names)


class _Builder:
    def __init__(self, reviewed: Range) -> None:
        self._change = reviewed.change
        self._origins = _origins(reviewed)
        self._rules: Mapping[str, Any] = self._change.after.config.policies.get("aliases", {})
        if self._change.before is not None:
            self._rules = self._change.before.config.policies.get("aliases", self._rules)

    def prompt(self, name: str) -> PromptReview | None:
        after = self._change.after.prompt(name)
        before = self._former(after)
        if not after.exists and self._moved_away(name):
            return None
        former = before.name if before is not None and before.name != name else ""
        kind = RENAMED if former else NEW if before is None else CHANGED if after.exists else DELETED
        found = PromptReview(
            name=name,
            kind=kind,
            former=former,
            description=after.notes.description,
            owners=after.notes.owners or (before.notes.owners if before else ()),
            aliases=tuple(self._aliases(before, after)),
            versions=tuple(self._versions(before, after)),
            removed=_removed(before, after),
            notes=tuple(_notes(before, after)),
        )
        is_empty = kind == CHANGED and not (found.aliases or found.versions or found.removed or found.notes)
        return None if is_empty and not self._rewritten(after) else found

    def _rewritten(self, prompt: PromptState) -> bool:
        """Whether a version changed that should not have: the checks tell, and the prompt is shown."""
        return any(path.startswith(f"{prompt.folder}/") for path in self._change.changed())

    def _former(self, after: PromptState) -> PromptState | None:
        """What the prompt was before the change, under another name perhaps; None if it is new."""
        before = self._change.before
        if before is None:
            return None
        for name in (after.name, *reversed(after.notes.former_names)):
            if before.prompt(name).exists and (name == after.name or not self._change.after.prompt(name).exists):
                return before.prompt(name)
        return before.prompt(after.name) if before.prompt(after.name).notes.deleted else None

    def _moved_away(self, name: str) -> bool:
        paths = map(layout.parse_path, self._change.changed())
        names = {path.name for path in paths if path is not None and path.name != name}
        return any(name in self._change.after.prompt(other).notes.former_names for other in names)

    # --- versions ---------------------------------------------------------------------------------------------------

    def _versions(self, before: PromptState | None, after: PromptState) -> Iterator[VersionReview]:
        known = set(before.versions) if before else set()
        for number in after.versions:
            if number in known:
                continue
            previous = max((other for other in after.versions if other < number), default=None)
            step = make_step(_load(after, previous), _load(after, number))
            origin = self._origins.get(layout.version_path(after.name, number))
            yield VersionReview(
                name=after.name,
                version=number,
                step=step,
                headline=headlines.version(after.name, number, step),
                message=origin.message if origin else "",
                author=f"{origin.author} <{origin.email}>" if origin else "",
                aliases=tuple(alias for alias, target in sorted(after.aliases.items()) if number in target.versions),
            )

    # --- aliases ----------------------------------------------------------------------------------------------------

    def _aliases(self, before: PromptState | None, after: PromptState) -> list[AliasReview]:
        was = before.aliases if before else {}
        found = [
            self._alias(before, after, alias, was.get(alias), after.aliases.get(alias))
            for alias in sorted(was.keys() | after.aliases.keys())
            if was.get(alias) != after.aliases.get(alias)
        ]
        if before is not None:
            retuned = _retuned(before, after)
            found += [
                self._tuning(before, after, alias, target, numbers)
                for alias, target in sorted(after.aliases.items())
                if was.get(alias) == target and (numbers := [number for number in target.versions if number in retuned])
            ]
        return sorted(found, key=lambda alias: not alias.breaking)

    def _alias(
        self, before: PromptState | None, after: PromptState, alias: str, old: Target | None, new: Target | None
    ) -> AliasReview:
        kind = ADDED if old is None else REMOVED if new is None else MOVED
        served = _load(before, _main(old)) if before and old else None
        fresh = [number for number in new.versions if old is None or number not in old.versions] if new else []
        steps = [make_step(served, _load(after, number)) for number in fresh] if new else [make_step(served, None)]
        is_there = old is None or set(old.versions) <= set(after.versions)
        breaking = kind == REMOVED or any(step.comparison and step.comparison.is_breaking for step in steps)
        return AliasReview(
            name=after.name,
            alias=alias,
            kind=kind,
            old=old,
            new=new,
            shares=_shares(old, new),
            steps=tuple(steps),
            breaking=breaking,
            headline=headlines.alias(after.name, alias, old, new, steps),
            rollback=headlines.rollback(after.name, alias, old) if is_there else "",
            **self._guards(alias),
        )

    def _tuning(
        self, before: PromptState, after: PromptState, alias: str, target: Target, numbers: list[int]
    ) -> AliasReview:
        """An alias that stays where it is, while versions that it serves get another model_config."""
        steps = [
            make_step(_load(before, number), _load(after, number)).replace(sizes=(None, None), samples=(None, None))
            for number in numbers
        ]
        return AliasReview(
            name=after.name,
            alias=alias,
            kind=RETUNED,
            old=target,
            new=target,
            shares=_shares(target, target),
            steps=tuple(steps),
            breaking=False,
            headline=headlines.retuned(after.name, alias, steps),
            rollback="",
            **self._guards(alias),
        )

    def _guards(self, alias: str) -> dict[str, Any]:
        """Who may move an alias."""
        rule = self._rules.get(alias, {})
        return {"protected": bool(rule.get("protected")), "promoters": tuple(rule.get("promoters") or ())}


def make_step(old: PromptVersion | None, new: PromptVersion | None) -> Step:
    """One version against another, with their sizes and samples."""
    return Step(
        old=old,
        new=new,
        comparison=compare(old, new) if old and new else None,
        sizes=(size(old) if old else None, size(new) if new else None),
        samples=samples(old, new),
    )


def _load(prompt: PromptState | None, number: int | None) -> PromptVersion | None:
    """A version that can be read and compiled, or None: the checks say what is wrong with it."""
    if prompt is None or number is None or prompt.body(number) is None:
        return None
    try:
        return prompt.state.catalog.version(prompt.name, number)
    except PromptGitError:
        return None


def _main(target: Target) -> int:
    """The version with the most traffic; of two with the same, the newer."""
    return max(target.weights, key=lambda pair: (pair[1], pair[0]))[0]


def _retuned(before: PromptState, after: PromptState) -> set[int]:
    """The versions that get another model_config."""
    return {
        number
        for number in set(before.versions) & set(after.versions)
        if before.notes.versions.get(number, {}).get("model_config", ...)
        != after.notes.versions.get(number, {}).get("model_config", ...)
    }


def _shares(old: Target | None, new: Target | None) -> tuple[tuple[int, float, float], ...]:
    before, after = _percent(old), _percent(new)
    return tuple((number, before.get(number, 0.0), after.get(number, 0.0)) for number in sorted({*before, *after}))


def _percent(target: Target | None) -> dict[int, float]:
    total = sum(weight for _, weight in target.weights) if target else 0
    return {number: 100 * weight / total for number, weight in target.weights} if target and total else {}


def _removed(before: PromptState | None, after: PromptState) -> dict[int, str | None]:
    gone = sorted(set(before.versions if before else ()) - set(after.versions))
    return {number: after.notes.deleted.get(number) for number in gone}


def _notes(before: PromptState | None, after: PromptState) -> Iterator[FieldChange]:
    """What changes in `prompt.yaml`; of a new prompt nothing, as all of it is new. Tombstones stand in `removed`."""
    if before is None:
        return
    old, new = _noted(before), _noted(after)
    for number in sorted(_retuned(before, after)):
        old |= _settings(before, number)
        new |= _settings(after, number)
    for key in [*old, *(key for key in new if key not in old)]:
        if old.get(key) != new.get(key):
            yield FieldChange(key=key, old=old.get(key), new=new.get(key))


def _noted(prompt: PromptState) -> dict[str, Any]:
    notes = prompt.notes
    found: dict[str, Any] = {}
    if notes.description:
        found["description"] = notes.description
    if notes.owners:
        found["owners"] = list(notes.owners)
    if notes.deprecated:
        found["deprecated"] = notes.deprecated
    found |= flat("tags", dict(notes.tags))
    for number, note in sorted(notes.versions.items()):
        kept = {key: value for key, value in note.items() if key not in ("deleted", "model_config")}
        found |= flat(f"version {number}", kept) if kept else {}
    return found


def _settings(prompt: PromptState, number: int) -> dict[str, Any]:
    """The model_config that a version has, wherever it stands."""
    version = _load(prompt, number)
    return flat(f"version {number}.model_config", version.model_config or {}) if version else {}


def _origins(reviewed: Range) -> dict[str, history.Commit]:
    """The commit of the range that added each file."""
    found: dict[str, history.Commit] = {}
    prefix = reviewed.prefix
    paths = [f"{prefix}{layout.PROMPTS}"]
    for commit in history.log(reviewed.repository, reviewed.tip or None, paths, since=reviewed.base or None):
        for file in commit.files:
            if file.old is None and file.new is not None:
                found.setdefault(file.path.removeprefix(prefix), commit)
    return found
