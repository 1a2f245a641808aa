"""Two branches both added version 4 of a prompt: the second one gets the next number, and what meant it is mended.

    before merging      one commit on the branch: `renumber(registry, onto="origin/main")`
    in a merge, a rebase or a cherry-pick that stopped at the conflict: files and index are put right, nothing is committed

Whose numbers stay is for `registry.sides` to say. A number is moved if both sides gave it to something else since they
parted. A later version of the losing side moves along, so that its newest one is still its newest; the number that it
leaves is noted as deleted, as nobody may use it twice.
"""

from __future__ import annotations

from promptgit import document, layout
from promptgit.aliases.merge import renumber_aliases
from promptgit.content import Notes, parse_notes
from promptgit.errors import PromptNotFoundError
from promptgit.record import Record
from promptgit.registry.sides import find_sides

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptgit.changeset import Changeset
    from promptgit.registry.registry import Registry
    from promptgit.registry.sides import Sides
    from promptgit.source import CommitSource


class Renumbering(Record):
    """A version that got another number.

    Attributes:
        name: the prompt.
        old, new: its number before and after.
        kept: the side that keeps the old number, in words; empty where no side has it.
    """

    name: str
    old: int
    new: int
    kept: str = ""


class Renumbered(Record):
    """What `renumber` did.

    Attributes:
        moved: by prompt and old number.
        kept: the side whose numbers stay, in words.
        reason: why that side.
        commit: the new commit; None if none was made.
        resume: what to run next; empty where nothing is to be finished.
        conflicts: files that are left for somebody to decide, relative to the top of the working tree.
        warnings: what could not be mended, as sentences.
    """

    moved: tuple[Renumbering, ...]
    kept: str
    reason: str
    commit: str | None = None
    resume: str = ""
    conflicts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Move(Record):
    """What is to happen to one prompt: numbers old -> new, and those of them whose old number nobody uses any more."""

    name: str
    numbers: Mapping[int, int]
    left: frozenset[int]


def renumber(
    registry: Registry,
    names: Sequence[str] = (),
    onto: str | None = None,
    dry_run: bool = False,
    message: str | None = None,
) -> Renumbered:
    """Give versions whose numbers collide with another branch's the next numbers that are free on both.

    Args:
        names: the prompts; all, if none is named.
        onto: the branch whose numbers stay. Left out, it is found out.
        dry_run: find out what would be done, and do nothing.
        message: of the commit that is made where no merge is under way.

    Raises:
        PromptNotFoundError: neither side has a prompt of that name.
        ConflictError: it cannot be known whose numbers stay, or edits of the user are in the way.
        GitError: git or the disk refused; nothing was changed.
    """
    sides = find_sides(registry, onto)
    if sides.operation is None:
        return _before_merging(registry, sides, names, dry_run, message)
    from promptgit.registry.unmerged import resolve

    moves = plan(sides, names)
    conflicts = resolve(registry, sides, moves, dry_run=dry_run) if moves else ()
    return Renumbered(
        moved=records(moves, sides),
        kept=sides.keeper_label,
        reason=sides.reason,
        resume=sides.resume,
        conflicts=conflicts,
        warnings=(*sides.later_aliases(moves), *_tag_aliases(registry, moves)),
    )


def _before_merging(
    registry: Registry, sides: Sides, names: Sequence[str], dry_run: bool, message: str | None
) -> Renumbered:
    """One commit on the branch, which takes the numbers that the other branch has out of it."""
    moves: list[Move] = []

    def build(tip: CommitSource) -> Changeset:
        moves[:] = plan(sides.replace(loser=tip), names)
        return changeset(tip, sides.replace(loser=tip), moves, message)

    if not plan(sides, names):
        return Renumbered(moved=(), kept=sides.keeper_label, reason=sides.reason)
    applied = registry.engine().apply(build, dry_run=dry_run)
    return Renumbered(
        moved=records(moves, sides),
        kept=sides.keeper_label,
        reason=sides.reason,
        commit=None if dry_run else applied.commit,
        warnings=(*applied.warnings, *_tag_aliases(registry, moves)),
    )


# --- what collides --------------------------------------------------------------------------------------------------


def plan(sides: Sides, names: Sequence[str] = ()) -> list[Move]:
    """What has to move, by name.

    Raises:
        PromptNotFoundError: neither side has a prompt of that name.
    """
    for name in names:
        if not any(_used(side, name) for side in (sides.keeper, sides.loser)):
            raise PromptNotFoundError(
                f"there is no prompt {name} on either side", hint="promptgit list shows what there is."
            )
    found = (_move(sides, name) for name in sorted(names or sides.touched()))
    return [move for move in found if move is not None]


def _move(sides: Sides, name: str) -> Move | None:
    base, keeper, loser = (_used(side, name) for side in (sides.base, sides.keeper, sides.loser))
    own = [number for number in sorted(loser) if number not in base]
    colliding = [number for number in own if number in keeper and keeper[number] != loser[number]]
    if not colliding:
        return None
    moving = [number for number in own if number in colliding or (number > colliding[0] and number not in keeper)]
    free = max({*base, *keeper, *loser}) + 1
    return Move(
        name=name,
        numbers={number: free + at for at, number in enumerate(moving)},
        left=frozenset(moving) - frozenset(colliding),
    )


def _used(side: CommitSource, name: str) -> dict[int, str]:
    """The numbers that a side has given away, and to what: a file's object id, or nothing if it was deleted."""
    deleted = dict.fromkeys(_notes(side, name).deleted, "")
    files = ((layout.version_of_file(file), file) for file in side.entries(layout.folder(name)))
    found = {number: side.entry(f"{layout.folder(name)}/{file}") for number, file in files if number}
    return deleted | {number: entry[1] for number, entry in found.items() if entry}


def _notes(side: CommitSource, name: str) -> Notes:
    path = layout.notes_path(name)
    data = side.read(path)
    return parse_notes(data, path) if data is not None else Notes()


def records(moves: Sequence[Move], sides: Sides) -> tuple[Renumbering, ...]:
    """The moves one by one."""
    return tuple(
        Renumbering(name=move.name, old=old, new=new, kept="" if old in move.left else sides.keeper_label)
        for move in moves
        for old, new in move.numbers.items()
    )


# --- what it makes of the losing side's files -----------------------------------------------------------------------


def renumbered_files(sides: Sides, move: Move) -> dict[str, bytes | None]:
    """The losing side's files once its versions have their new numbers; None removes one."""
    loser, name = sides.loser, move.name
    files: dict[str, bytes | None] = {}
    for old, new in move.numbers.items():
        data = loser.read(layout.version_path(name, old))
        if data is not None:
            files |= {layout.version_path(name, old): None, layout.version_path(name, new): data}
    for path, mended in ((layout.aliases_path(name), _mended_aliases), (layout.notes_path(name), _mended_notes)):
        data = loser.read(path) or b""
        found = mended(data, sides.base.read(path) or b"", move, path)
        if found != data:
            files[path] = found
    return files


def _mended_aliases(data: bytes, since: bytes, move: Move, _: str) -> bytes:
    return renumber_aliases(data, move.numbers, since)


def _mended_notes(data: bytes, _: bytes, move: Move, path: str) -> bytes:
    """Notes on a version go with it; a number that it leaves behind is never used again."""
    notes = document.parse(data, path, empty_ok=True).get("versions") or {}
    for old, new in move.numbers.items():
        if str(old) in notes:
            data = document.remove(data, ["versions", str(old)], path=path)
            data = document.edit(data, ["versions", str(new)], notes[str(old)], sort=True, path=path)
        if old in move.left:
            note = {"deleted": f"renumbered to {new}"}
            data = document.edit(data, ["versions", str(old)], note, sort=True, path=path)
    return data


def changeset(tip: CommitSource, sides: Sides, moves: Sequence[Move], message: str | None) -> Changeset:
    """The commit that renumbers a branch before it is merged; it names every move in a trailer."""
    from promptgit.changeset import Changeset
    from promptgit.registry.edits import commit_message

    writes: dict[str, bytes | None] = {}
    for move in moves:
        writes |= renumbered_files(sides, move)
    moved = records(moves, sides)
    steps = [f"{step.name} {step.old} -> {step.new}" for step in moved]
    if len(steps) == 1:
        note = f"{moved[0].name}: version {moved[0].old} is now {moved[0].new}"
    else:
        note = f"{len(steps)} versions have new numbers"
    text = commit_message(message, f"{note}\n\n{sides.keeper_label} has another version of the same number.")
    creates = frozenset(path for path in writes if writes[path] is not None and _is_version(path))
    trailers = "\n".join(f"Renumbered: {step}" for step in steps)
    return Changeset(
        message=f"{text}\n\n{trailers}", writes=writes, creates=creates, note=note, base=sides.keeper.commit or ""
    )


def _is_version(path: str) -> bool:
    found = layout.parse_path(path)
    return found is not None and found.version is not None


def _tag_aliases(registry: Registry, moves: Sequence[Move]) -> list[str]:
    """Aliases in tags belong to no branch: whose version they mean is not for us to guess."""
    from promptgit.aliases.tags import TagAliases

    if not isinstance(registry.catalog.backend, TagAliases):
        return []
    return [
        f"{move.name}@{alias} is kept in a tag and points to {number}; if it meant the version that is {move.numbers[number]} "
        f"now: promptgit alias set {move.name} {alias} {move.numbers[number]} -m WHY"
        for move in moves
        for alias, target in sorted(registry.catalog.aliases(move.name).items())
        for number in target.versions
        if number in move.numbers
    ]
