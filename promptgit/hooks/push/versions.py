"""Immutability: a number means one text, on every branch and in every commit.

Judged for each commit against each of its parents, so that nothing hides in a merge or is put back by the next commit.

A version may go where a tombstone says so, where its prompt was renamed, and where it got another number
(`promptgit renumber`) before anybody was served it from the default branch. In a merge it may give way to the other
side's of the same number, on the same condition.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.gitrepo.objects import FILE_MODE
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.checks.subject import State
    from promptgit.gitrepo.objects import Entry
    from promptgit.hooks.push.commits import Commit
    from promptgit.hooks.push.content import States
    from promptgit.hooks.push.past import Past
    from promptgit.hooks.push.trees import Difference


class Versions:
    """Judges the versions of one push.

    Args:
        states: the registry at any commit.
        past: what the default branch had once.
    """

    def __init__(self, states: States, past: Past) -> None:
        self._states = states
        self._past = past
        self._served = states.at(states.served) if states.served else None
        self._left: dict[str, str] = {}
        self._gone: dict[str, dict[str, str]] = {}

    def problems(self, commit: Commit, differences: Sequence[Difference]) -> Iterator[Problem]:
        """What a commit does to versions that it must not.

        Args:
            differences: to each of its parents, in their order; to nothing if it has none.
        """
        after = self._states.at(commit.oid)
        for at, difference in enumerate(differences):
            others = [*differences[:at], *differences[at + 1 :]]
            before = commit.parents[at] if commit.parents else None
            for path, (old, new) in sorted(difference.files.items()):
                if old is None or old[0] != FILE_MODE:
                    continue
                if new is not None and not self._gives_way(path, old[1], others):
                    yield from _changed(path, new)
                elif new is None and not self._renumbered(path, old[1], difference):
                    yield from self._removed(after, path, old[1], difference)
            yield from self._tombstones(after, before, difference)
        for path in sorted(set.intersection(*(set(difference.files) for difference in differences))):
            yield from self._added(commit, path, differences)

    def lost(self, before: str, after: str, difference: Difference) -> Iterator[Problem]:
        """What a protected branch had and has no more, from end to end: here nothing gives way and no number is left."""
        state = self._states.at(after)
        for path, (old, new) in sorted(difference.files.items()):
            if old is not None and old[0] == FILE_MODE:
                yield from _changed(path, new) if new else self._removed(state, path, old[1], difference)
        yield from self._tombstones(state, before, difference)

    def _gives_way(self, path: str, blob: str, others: Sequence[Difference]) -> bool:
        """Whether a merge takes the version of this number from another parent, and nobody is served this one."""
        return any(path not in other.files for other in others) and not self._is_served(path, blob)

    def _removed(self, after: State, path: str, blob: str, difference: Difference) -> Iterator[Problem]:
        place = layout.parse_path(path)
        if place is None or place.version is None or place.version in after.prompt(place.name).notes.deleted:
            return
        if not self._heir(after, place.name, place.version, blob, difference):
            hint = f"Take it back, or delete it with a tombstone: promptgit delete {place.name}/{place.version}"
            message = "a committed version was removed without a tombstone"
            yield Problem(code="version-deleted", message=message, path=path, hint=hint)

    def _heir(self, after: State, name: str, version: int, blob: str, difference: Difference) -> bool:
        """Whether a prompt was renamed, and took the version along."""
        if after.prompt(name).exists:
            return False
        for heir in self._heirs(after, name, difference):
            if after.blob(layout.version_path(heir, version)) == blob or version in after.prompt(heir).notes.deleted:
                return True
        return False

    def _heirs(self, after: State, name: str, difference: Difference) -> Iterator[str]:
        """The prompts that say now, and did not before, that they were called so."""
        for path, (_, new) in difference.files.items():
            place = layout.parse_path(path) if new is not None and path.endswith(f"/{layout.NOTES_FILE}") else None
            if place is not None and name in after.prompt(place.name).notes.former_names:
                yield place.name

    def _renumbered(self, path: str, blob: str, difference: Difference) -> bool:
        """Whether a version, which the default branch does not have, has a higher number now."""
        place = layout.parse_path(path)
        if place is None or place.version is None or self._is_served(path, blob):
            return False
        for other, (_, new) in difference.files.items():
            there = layout.parse_path(other) if new == (FILE_MODE, blob) else None
            if there is not None and there.name == place.name and (there.version or 0) > place.version:
                self._left[path] = blob
                return True
        return False

    def _is_served(self, path: str, blob: str | None) -> bool:
        """Whether the default branch has this very text as this version."""
        return blob is not None and self._served is not None and self._served.blob(path) == blob

    def _tombstones(self, after: State, before: str | None, difference: Difference) -> Iterator[Problem]:
        """Tombstones that are gone. One may go where the default branch has the version: then it was another branch's."""
        for path, (old, _) in sorted(difference.files.items()):
            place = layout.parse_path(path) if old is not None and path.endswith(f"/{layout.NOTES_FILE}") else None
            if place is None:
                continue
            kept = set(after.prompt(place.name).notes.deleted)
            if not after.prompt(place.name).exists:
                for heir in self._heirs(after, place.name, difference):
                    kept |= set(after.prompt(heir).notes.deleted)
            for version in sorted(set(self._states.at(before).prompt(place.name).notes.deleted) - kept):
                version_path = layout.version_path(place.name, version)
                if not self._is_served(version_path, after.blob(version_path)):
                    message = f"the tombstone of version {version} was removed"
                    hint = "A number is never used twice: put it back."
                    yield Problem(code="version-reused", message=message, path=path, hint=hint)

    # --- numbers that mean something already ------------------------------------------------------------------------

    def _added(self, commit: Commit, path: str, differences: Sequence[Difference]) -> Iterator[Problem]:
        """A version that no parent has: its number must never have meant another text."""
        place = layout.parse_path(path)
        new = differences[0].files[path][1]
        if place is None or place.version is None or new is None or any(d.files[path][0] for d in differences):
            return
        meant = {self._once(place.name).get(path), self._left.get(path)} - {None, new[1]}
        if meant and not self._is_served(path, new[1]):
            message = f"version {place.version} of {place.name} was another text before"
            hint = f"A number is never used twice: register it with promptgit new {place.name}, or under another name."
            yield Problem(code="version-reused", message=message, path=path, hint=hint)

    def _once(self, name: str) -> dict[str, str]:
        """The versions that the default branch had of a prompt that it has no more: path -> blob."""
        served = self._served
        if served is None or served.prompt(name).exists:
            return {}
        if name not in self._gone:
            self._gone[name] = self._past.removed(name)
        return self._gone[name]


def _changed(path: str, new: Entry) -> Iterator[Problem]:
    place = layout.parse_path(path)
    if place is not None and place.version is not None:
        what = "was changed" if new[0] == FILE_MODE else "is no file any more"
        hint = f"Take it back, and give the new text a number of its own: promptgit new {place.name}"
        yield Problem(code="version-changed", message=f"a committed version {what}", path=path, hint=hint)
