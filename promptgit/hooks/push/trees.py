"""What differs between two trees of a registry, and what may not be in one.

The trees are compared by their ids, so it costs what has changed and not what there is. Modes stay visible, unlike in
`gitrepo.trees.diff_trees`: a symbolic link in a version's place is what is looked for.
"""

from __future__ import annotations

import unicodedata

from promptgit import layout
from promptgit.checks import file_mode, file_name, name
from promptgit.checks.subject import Folder
from promptgit.errors import GitError
from promptgit.gitrepo.objects import FILE_MODE, TREE_MODE
from promptgit.problems import ERROR, Problem
from promptgit.source import KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promptgit.gitrepo.objects import Entry, VerifiedReader

    Entries = Mapping[str, Entry]

_MODES = frozenset([FILE_MODE, TREE_MODE, *KINDS])
_FORBIDDEN = frozenset('\\:*?"<>|')
MOST_FILES = 300_000
"""How many files of a registry a commit may change: ten times what a large one has."""
_LONGEST_NAME = 255
_LONGEST_PATH = 1024
_NO_ENTRIES: Entries = {}


class Difference:
    """What differs between two states of a registry.

    Attributes:
        files: path -> (old, new) mode and object id of what is no folder; None where there is nothing.
        problems: what is wrong with what is new.
    """

    def __init__(self) -> None:
        self.files: dict[str, tuple[Entry | None, Entry | None]] = {}
        self.problems: list[Problem] = []

    def names(self) -> set[str]:
        """The prompts that differ."""
        return {place.name for place in map(layout.parse_path, self.files) if place is not None}


def compare(
    reader: VerifiedReader, old: str | None, new: str | None, prefix: str = "", most: int = MOST_FILES
) -> Difference:
    """What differs between two root trees, as far as the registry goes.

    Args:
        prefix: the registry's folder, `` or `path/to/it/`.
        most: how many files may differ.

    Raises:
        CorruptObjectError: an object is missing or damaged.
        GitError: more files differ.
    """
    found = Difference()
    depth = len([part for part in prefix.split("/") if part])
    one, two = _way(reader, old, prefix), _way(reader, new, prefix)
    if one != two:
        for tree in two:
            if not _is_sound(len(reader.read(tree, "tree")), reader.tree(tree), tree):
                found.problems.append(_malformed(layout.PROMPTS, tree))
        before, after = (reader.tree(way[-1]) if len(way) > depth else _NO_ENTRIES for way in (one, two))
        _Comparison(reader, found, most).top(before, after)
    return found


def _way(reader: VerifiedReader, tree: str | None, prefix: str) -> list[str]:
    """The trees from the root to the registry's folder, as far as they are there."""
    found = [tree] if tree else []
    for part in prefix.split("/"):
        mode, oid = reader.tree(found[-1]).get(part, ("", "")) if part and found else ("", "")
        if part and mode != TREE_MODE:
            break
        found += [oid] if part else []
    return found


class _Comparison:
    def __init__(self, reader: VerifiedReader, found: Difference, most: int) -> None:
        self._reader = reader
        self._found = found
        self._most = most

    def top(self, before: Entries, after: Entries) -> None:
        """The registry's own folder: only `promptgit.yaml` and `prompts/` in it are the registry's."""
        ours = (layout.REGISTRY_FILE, layout.PROMPTS)
        for entry in after:
            meant = next((own for own in ours if own != entry and _folded(own) == _folded(entry)), None)
            if meant and entry not in before:
                self._report("name-twin", f"{entry} differs from {meant} only by case", entry, _TWINS)
        for own in ours:
            one, two = before.get(own), after.get(own)
            if two is not None and two != one and two[0] != (TREE_MODE if own == layout.PROMPTS else FILE_MODE):
                self._report("file-mode", f"it is {_kind(two[0])}", own, "Make it what it was.")
            self._entry(own, one, two)

    def _entry(self, path: str, one: Entry | None, two: Entry | None) -> None:
        if one == two:
            return
        trees = [entry[1] if entry is not None and entry[0] == TREE_MODE else None for entry in (one, two)]
        leaves = tuple(None if entry is None or entry[0] == TREE_MODE else entry for entry in (one, two))
        if leaves != (None, None):
            if len(self._found.files) >= self._most:  # a few trees that hold each other stand for billions of files
                raise GitError(f"a commit changes more than {self._most} files")
            self._found.files[path] = (leaves[0], leaves[1])
        if trees != [None, None] and len(path) <= _LONGEST_PATH:
            self._folder(path, trees[0], trees[1])

    def _folder(self, path: str, old: str | None, new: str | None) -> None:
        before = self._reader.tree(old) if old else _NO_ENTRIES
        after = self._reader.tree(new) if new else _NO_ENTRIES
        changed = sorted({entry for entry, _ in before.items() ^ after.items()})
        if new:
            odd = any(mode not in _MODES for mode, _ in after.values())
            if odd or not _is_sound(len(self._reader.read(new, "tree")), after, new):
                self._found.problems.append(_malformed(path, new))
            self._judge(path, before, after, changed)
        for entry in changed:
            self._entry(f"{path}/{entry}", before.get(entry), after.get(entry))

    # --- what may not be in a tree ----------------------------------------------------------------------------------

    def _judge(self, path: str, before: Entries, after: Entries, changed: Sequence[str]) -> None:
        modes = {entry: after[entry][0] for entry in changed if entry in after}
        fresh = {entry: mode for entry, mode in modes.items() if before.get(entry, ("", ""))[0] != mode}
        plain = {entry: mode == TREE_MODE for entry, mode in fresh.items() if mode in (TREE_MODE, FILE_MODE)}
        others = {entry: _kind(mode) for entry, mode in fresh.items() if entry not in plain}
        folder = Folder(path, plain, others)
        for check in (name, file_mode, file_name):
            self._found.problems += [problem for problem in check.check_folder(folder) if problem.severity == ERROR]
        for entry in fresh:
            self._found.problems += _odd(path, entry)
        added = [entry for entry in fresh if entry not in before]
        if added:
            self._found.problems += _twins(path, after, added)

    def _report(self, code: str, message: str, path: str, hint: str) -> None:
        self._found.problems.append(Problem(code=code, message=message, path=path, hint=hint))


_TWINS = "On macOS and Windows they are one: rename one of them."


def _kind(mode: str) -> str:
    known = {TREE_MODE: "a folder", FILE_MODE: "a file", **KINDS}
    return known.get(mode, f"of mode {mode}")


def _is_sound(size: int, entries: Entries, tree: str) -> bool:
    """Whether a tree is as git writes them: else what git reads from it and what promptgit reads could be two things.

    Args:
        size: of the tree object, in bytes: an entry that is there twice is in it twice, and in `entries` once.
    """
    keys = [f"{entry}/" if mode == TREE_MODE else entry for entry, (mode, _) in entries.items()]
    modes = "".join(mode for mode, _ in entries.values())
    names = "".join(entries).encode("utf-8", "surrogateescape")
    known = len(modes) + len(names) + len(entries) * (2 + len(tree) // 2)  # MODE, a space, NAME, a zero byte, the id
    return known == size and keys == sorted(keys, key=_bytes) and b"/" not in names


def _bytes(entry: str) -> bytes:
    return entry.encode("utf-8", "surrogateescape")


def _malformed(path: str, tree: str) -> Problem:
    message = f"the folder's tree {tree[:10]} is not as git writes them"
    return Problem(code="tree", message=message, path=path, hint="Make the commit anew with git itself.")


def _odd(folder: str, entry: str) -> Iterator[Problem]:
    """A name that some file system or terminal takes for something else."""
    path = f"{folder}/{entry}"
    why = _why_odd(entry) or (f"the path is longer than {_LONGEST_PATH} bytes" if len(path) > _LONGEST_PATH else "")
    if why:
        hint = "Name it so that every system can store it: letters, digits, '_', '-' and '.'."
        yield Problem(code="file-name", message=why, path=path, hint=hint)


def _why_odd(entry: str) -> str:
    try:
        raw = entry.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    odd = next((character for character in entry if character in _FORBIDDEN or not character.isprintable()), None)
    if odd is not None:
        return f"its name holds {odd!a}"
    if not entry.strip(".") or entry.endswith((".", " ")) or entry.startswith(" "):
        return "its name begins or ends with what some systems drop"
    if entry.lower() == ".git" or entry.lower().startswith("git~"):
        return "its name is git's own"
    if entry.lower().partition(".")[0] in layout.DEVICES:
        return "its name is a device on Windows"
    return f"its name is longer than {_LONGEST_NAME} bytes" if len(raw) > _LONGEST_NAME else ""


def _twins(folder: str, entries: Entries, added: list[str]) -> Iterator[Problem]:
    """What `checks.name_twin` finds, for new entries only. Both orders of a pair are told in the same words."""
    folded: dict[str, list[str]] = {}
    for entry in entries:
        folded.setdefault(_folded(entry), []).append(entry)
    for entry in added:
        twins = sorted(folded[_folded(entry)])
        if len(twins) > 1:
            message = f"{twins[1]} differs from {twins[0]} only by case or by how it is encoded"
            yield Problem(code="name-twin", message=message, path=f"{folder}/{twins[1]}", hint=_TWINS)


def _folded(entry: str) -> str:
    return unicodedata.normalize("NFC", entry).casefold()
