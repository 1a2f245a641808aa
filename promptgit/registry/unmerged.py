"""Puts a stopped merge right: the version files of both sides under numbers of their own, aliases and notes merged.

Files and index hold afterwards what a merge without the collision would have left. Only paths of the prompts in question
are touched, and only where they hold what the merge put there: what somebody has already decided by hand stays.
"""

from __future__ import annotations

from promptgit import layout
from promptgit.aliases.merge import MARKER_SIZE, merge_files
from promptgit.engine.lock import writer_lock
from promptgit.engine.worktree import Checkout
from promptgit.errors import DirtyPathError
from promptgit.gitrepo.merging import merge_lines
from promptgit.gitrepo.objects import FILE_MODE
from promptgit.record import Record
from promptgit.registry.renumber import renumbered_files
from promptgit.source import WorkingTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptgit.gitrepo.repository import GitRepository
    from promptgit.registry.registry import Registry
    from promptgit.registry.renumber import Move
    from promptgit.registry.sides import Sides

_DEADLINE_S = 30.0


class Settled(Record):
    """What a path becomes.

    Attributes:
        data: the file in the working tree, with conflict markers if it is not decided; None if there is none.
        stages: what the index gets: the one content (0), or base, ours and theirs (1, 2, 3) of a conflict; empty if nothing.
    """

    data: bytes | None
    stages: Mapping[int, bytes]

    @classmethod
    def on(cls, data: bytes | None) -> Settled:
        """A path that is decided."""
        return cls(data=data, stages={} if data is None else {0: data})


def resolve(registry: Registry, sides: Sides, moves: Sequence[Move], *, dry_run: bool) -> tuple[str, ...]:
    """Resolve what collides in the working tree and in the index; commits nothing.

    Returns:
        The files that are left for somebody to decide, here and elsewhere, relative to the top of the working tree.

    Raises:
        DirtyPathError: a version file holds what neither side put there; nothing was changed.
    """
    repository = registry.repository()
    with writer_lock(repository.common_dir, _DEADLINE_S):
        wanted = {path: found for move in moves for path, found in _settle(sides, move).items()}
        by_hand = _decided_by_hand(registry, sides, wanted)
        for path in by_hand:
            if layout.version_of_file(path.rpartition("/")[2]):
                raise DirtyPathError(
                    f"{path} holds what neither side of the {sides.operation} has",
                    hint="Put it aside, or bring the conflict back (git checkout -m -- FILE), and try again.",
                )
        settled = {path: found for path, found in wanted.items() if path not in by_hand}
        if not dry_run:
            _write(repository, {registry.prefix + path: found for path, found in settled.items()})
    undecided = {registry.prefix + path for path, found in settled.items() if found.stages and 0 not in found.stages}
    others = _unmerged_paths(repository) - {registry.prefix + path for path in settled}
    return tuple(sorted(undecided | others | {registry.prefix + path for path in by_hand}))


# --- what is wanted -------------------------------------------------------------------------------------------------


def _settle(sides: Sides, move: Move) -> dict[str, Settled]:
    """What each file of a prompt becomes."""
    files = renumbered_files(sides, move)
    found: dict[str, Settled] = {}
    for path in (layout.aliases_path(move.name), layout.notes_path(move.name)):
        mended = files.pop(path, sides.loser.read(path))
        three = _three(sides, path)
        three[2 if sides.loser is sides.theirs else 1] = mended
        found[path] = _merged(path, three)
    for path, data in files.items():
        found[path] = Settled.on(sides.keeper.read(path) if data is None else data)
    return found


def _three(sides: Sides, path: str) -> list[bytes | None]:
    return [side.read(path) for side in (sides.base, sides.ours, sides.theirs)]


def _merged(path: str, three: Sequence[bytes | None]) -> Settled:
    if three[1] == three[2]:
        return Settled.on(three[1])
    data, clean = _merge(path, three)
    if clean:
        return Settled.on(data)
    return Settled(data=data, stages={at: side for at, side in enumerate(three, start=1) if side is not None})


def _merge(path: str, three: Sequence[bytes | None]) -> tuple[bytes, bool]:
    base, ours, theirs = (data or b"" for data in three)
    if path.endswith(f"/{layout.ALIASES_FILE}"):
        merged = merge_files(base, ours, theirs)
        return merged.data, merged.clean
    return merge_lines(base, ours, theirs)


# --- what is there --------------------------------------------------------------------------------------------------


def _decided_by_hand(registry: Registry, sides: Sides, wanted: Mapping[str, Settled]) -> list[str]:
    """The paths that hold what neither git nor this module has put there."""
    files = WorkingTree(registry.path)
    staged = _staged(registry, list(wanted))
    return [
        path
        for path, found in wanted.items()
        if not _is_known(registry, sides, path, found, files.read(path), staged.get(path, {}))
    ]


def _is_known(
    registry: Registry, sides: Sides, path: str, wanted: Settled, content: bytes | None, stages: Mapping[int, str]
) -> bool:
    known = [*_three(sides, path), wanted.data]
    if not layout.version_of_file(path.rpartition("/")[2]):
        three = [data or b"" for data in known[:3]]
        known += [_merge(path, three)[0], merge_lines(*three)[0]]
    hashes = {registry.repository().reader.hash("blob", data) for data in known if data is not None}
    if any(stages):
        return content in known or content is None or _has_markers(content)
    return content in known and hashes.issuperset(stages.values())


def _has_markers(content: bytes) -> bool:
    return any(line.startswith(b"<" * MARKER_SIZE) for line in content.splitlines())


def _staged(registry: Registry, paths: Sequence[str]) -> dict[str, dict[int, str]]:
    """Path -> stage -> object id, as the index has it."""
    prefix = registry.prefix
    args = ["ls-files", "--stage", "-z", "--full-name", "--", *(prefix + path for path in paths)]
    found: dict[str, dict[int, str]] = {}
    for row in registry.repository().git(args).out.decode("utf-8", "surrogateescape").split("\0"):
        if row:
            fields, _, path = row.partition("\t")
            _, oid, stage = fields.split(" ")
            found.setdefault(path.removeprefix(prefix), {})[int(stage)] = oid
    return found


def _unmerged_paths(repository: GitRepository) -> set[str]:
    rows = repository.git(["ls-files", "--unmerged", "-z"]).out.decode("utf-8", "surrogateescape").split("\0")
    return {row.partition("\t")[2] for row in rows if row}


# --- writing --------------------------------------------------------------------------------------------------------


def _write(repository: GitRepository, settled: Mapping[str, Settled]) -> None:
    """The files first: whoever is stopped in between has the conflict still in the index, and runs it again."""
    Checkout(repository).put({path: found.data for path, found in settled.items()})
    rows = []
    for path, found in settled.items():
        rows.append(f"0 {repository.null_id} 0\t{path}\0")  # takes all stages out
        for stage, data in found.stages.items():
            rows.append(f"{FILE_MODE} {repository.writer.write('blob', data)} {stage}\t{path}\0")
    repository.git(["update-index", "-z", "--index-info"], stdin="".join(rows).encode("utf-8", "surrogateescape"))
    repository.git(["update-index", "-q", "--refresh"], accept=(0, 1))  # else git refuses to abort the merge
