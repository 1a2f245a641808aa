"""What happened to some paths, and when: `git log` read once, in one process."""

from __future__ import annotations

from promptgit.gitrepo import maintenance
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptgit.gitrepo.repository import GitRepository

# What people write has a dot before it: so only a commit begins with NUL and 1, whatever their texts begin with.
_FORMAT = "%x01%H%x00.%an%x00.%ae%x00%at%x00%ct%x00.%B%x00"


class FileChange(Record):
    """What a commit did to a file: blob ids before and after, None where there was no plain file."""

    path: str
    old: str | None
    new: str | None


class Commit(Record):
    """A commit with the files that it changed.

    Attributes:
        author, email: who wrote the change.
        time: when it was written, in seconds since the epoch.
        committed: when it was committed here, in seconds since the epoch.
        message: the whole message, without the final newline.
        files: sorted by path.
    """

    commit: str
    author: str
    email: str
    time: int
    committed: int
    message: str
    files: tuple[FileChange, ...]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def log(
    repository: GitRepository,
    tip: str | None,
    paths: Sequence[str],
    *,
    limit: int | None = None,
    since: str | None = None,
    graph: bool = True,
    full: bool = False,
) -> Iterator[Commit]:
    """The commits that changed files under some paths, newest first. A merge counts if it decided something itself.

    Args:
        tip: where to start; None gives nothing.
        paths: repository paths; a folder means all below it.
        limit: how many commits at the most.
        since: a commit whose own history is left out.
        graph: write the commit graph that makes it quick, if that lags.
        full: also those on a side branch that came to nothing once it was merged, because it took back what it did.
    """
    if tip is None:
        return
    if graph:
        maintenance.update_graph(repository)
    most = [f"--max-count={limit}"] if limit else []
    tips = [tip, f"^{since}"] if since else [tip]
    yield from _read(repository, ["-c", *(["--full-history"] if full else []), *most], tips, paths)


def branch_log(repository: GitRepository, tip: str | None, paths: Sequence[str]) -> Iterator[Commit]:
    """What a branch itself went through, newest first: a merge counts as all that it brought, commits on its side do not.

    Unlike `log` it writes nothing to make the next one faster.

    Args:
        tip: where to start; None gives nothing.
        paths: repository paths; a folder means all below it.
    """
    if tip is not None:
        yield from _read(repository, ["--first-parent", "-m"], [tip], paths)


def _read(
    repository: GitRepository, options: Sequence[str], tips: Sequence[str], paths: Sequence[str]
) -> Iterator[Commit]:
    args = ["log", "-z", "--raw", "--no-abbrev", "--no-renames", "--root", f"--format={_FORMAT}", *options]
    done = repository.git([*args, "--end-of-options", *tips, "--", *paths], deadline=300.0)
    for row in f"\0{done.out.decode('utf-8', 'replace')}".split("\0\x01")[1:]:
        yield _parse(row)


def _parse(row: str) -> Commit:
    commit, author, email, time, committed, message, rest = row.split("\0", 6)
    fields = rest.lstrip("\n\0").rstrip("\0").split("\0")
    files = []
    for at in range(0, len(fields) - 1, 2):
        files.append(_file(fields[at].lstrip("\n"), fields[at + 1]))
    return Commit(
        commit=commit,
        author=author[1:],
        email=email[1:],
        time=int(time),
        committed=int(committed),
        message=message[1:].rstrip("\n"),
        files=tuple(sorted(files, key=lambda file: file.path)),
    )


def _file(row: str, path: str) -> FileChange:
    """`:100644 100644 OLD NEW M`, or for a merge of two `::100644 100644 100644 ONE TWO NEW MM`."""
    parents = len(row) - len(row.lstrip(":"))
    words = row.lstrip(":").split(" ")
    modes, oids = words[: parents + 1], words[parents + 1 : 2 * parents + 2]
    old, new = (oid if mode == "100644" else None for mode, oid in ((modes[0], oids[0]), (modes[-1], oids[-1])))
    return FileChange(path=path, old=old, new=new)
