"""New trees from old ones: only the folders on the way to a changed file are read and written."""

from __future__ import annotations

from promptgit.gitrepo.objects import FILE_MODE, TREE_MODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.gitrepo.objects import Entry
    from promptgit.gitrepo.repository import GitRepository


def edit_tree(repository: GitRepository, root: str | None, changes: Mapping[str, str | None]) -> str | None:
    """The id of a tree that is `root` with some files changed.

    Args:
        root: a tree's id, or None for an empty one.
        changes: path -> blob id, or None to remove the file. Folders are made, and removed once empty.

    Returns:
        The new tree's id; None if nothing is left in it.
    """
    entries: dict[str, Entry] = dict(repository.reader.tree(root)) if root else {}
    below: dict[str, dict[str, str | None]] = {}
    for path, blob in changes.items():
        name, slash, rest = path.partition("/")
        if slash:
            below.setdefault(name, {})[rest] = blob
        elif blob is None:
            entries.pop(name, None)
        else:
            entries[name] = (FILE_MODE, blob)
    for name, inner in below.items():
        mode, oid = entries.get(name, ("", ""))
        made = edit_tree(repository, oid if mode == TREE_MODE else None, inner)
        if made is None:
            entries.pop(name, None)
        else:
            entries[name] = (TREE_MODE, made)
    return repository.writer.write("tree", _format(entries)) if entries else None


def _format(entries: Mapping[str, Entry]) -> bytes:
    """The content of a tree object. Git sorts a folder as if its name ended in a slash."""
    rows = []
    for name, (mode, oid) in entries.items():
        raw = name.encode("utf-8", "surrogateescape")
        rows.append(
            (
                raw + b"/" if mode == TREE_MODE else raw,
                mode.encode() + b" " + raw + b"\0" + bytes.fromhex(oid),
            )
        )
    return b"".join(row for _, row in sorted(rows))


def diff_trees(
    repository: GitRepository, old: str | None, new: str | None, prefix: str = ""
) -> dict[str, tuple[str | None, str | None]]:
    """The files that differ between two trees: path -> (old blob, new blob). Anything but plain files counts as absent."""
    if old == new:
        return {}
    before = repository.reader.tree(old) if old else {}
    after = repository.reader.tree(new) if new else {}
    found: dict[str, tuple[str | None, str | None]] = {}
    for name in before.keys() | after.keys():
        one, two = before.get(name, ("", "")), after.get(name, ("", ""))
        if one == two:
            continue
        path = f"{prefix}{name}"
        if TREE_MODE in (one[0], two[0]):
            below = [entry[1] if entry[0] == TREE_MODE else None for entry in (one, two)]
            found |= diff_trees(repository, below[0], below[1], f"{path}/")
        blobs = tuple(entry[1] if entry[0] == FILE_MODE else None for entry in (one, two))
        if blobs != (None, None):
            found[path] = (blobs[0], blobs[1])
    return found
