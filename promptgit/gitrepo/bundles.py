"""Bundles: commits in one file, as git sends them, https://git-scm.com/docs/gitformat-bundle.

A bundle is a head (which refs lead where, what must be there already) and a pack. `write` makes the small kind that an
application is shipped with: one commit, and of its files only those that are asked for. Its head says so in git's own terms,
as a partial clone's does: the parents are prerequisites, and `filter=blob:none` that files may be missing.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib

from promptgit.errors import CorruptObjectError, GitError, RevisionNotFoundError
from promptgit.gitrepo.pack import PackReader
from promptgit.gitrepo.repository import GitRepository, Revision
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from promptgit.gitrepo.objects import VerifiedReader
    from promptgit.gitrepo.run import Completed

MAX_FILE = 1 << 30
_MAX_HEAD = 16 << 20
_SIGNATURE = re.compile(rb"# v([0-9]{1,3}) git bundle\n")
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_SHORT = re.compile(r"[0-9a-f]{7,63}\Z")
_HEADS, _TAGS = "refs/heads/", "refs/tags/"
_NUMBERS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


class Head(Record):
    """What a bundle says before its pack.

    Attributes:
        algorithm: `sha1` or `sha256`.
        filter: the kind of objects that may be missing, in git's words; empty if none may.
        prerequisites: commits that git wants to have already before it takes the bundle.
        refs: full name -> object id, in their order.
    """

    algorithm: str
    filter: str = ""
    prerequisites: tuple[str, ...] = ()
    refs: Mapping[str, str] = {}

    def to_bytes(self) -> bytes:
        """The head as it stands in the file."""
        plain = self.algorithm == "sha1" and not self.filter
        lines = ["# v2 git bundle"] if plain else ["# v3 git bundle", f"@object-format={self.algorithm}"]
        lines += [f"@filter={self.filter}"] if self.filter else []
        lines += [f"-{oid}" for oid in self.prerequisites]
        lines += [f"{oid} {name}" for name, oid in self.refs.items()]
        return ("\n".join(lines) + "\n\n").encode("utf-8", "surrogateescape")


def is_bundle(path: str) -> bool:
    """Whether a file begins as a bundle does."""
    try:
        with open(path, "rb") as file:
            return bool(_SIGNATURE.match(file.read(32)))
    except OSError:
        return False


def parse_head(data: bytes, path: str) -> tuple[Head, int]:
    """The head of a bundle, and where its pack begins.

    Raises:
        GitError: it is none, or of a kind that is not known.
        CorruptObjectError: it is damaged.
    """
    signature = _SIGNATURE.match(data)
    if signature is None:
        raise GitError(f"{path} is not a bundle", hint="promptgit bundle makes one.")
    if signature[1] not in (b"2", b"3"):
        raise GitError(f"{path}: a bundle of version {int(signature[1])}, and 2 and 3 are known")
    end = data.find(b"\n\n", signature.end() - 1, _MAX_HEAD)
    if end < 0:
        raise CorruptObjectError(f"{path}: the bundle's head does not end", hint=PackReader.damage_hint)
    lines = data[signature.end() : end].decode("utf-8", "surrogateescape").split("\n")
    values: dict[str, str] = {}
    prerequisites: list[str] = []
    refs: dict[str, str] = {}
    for number, line in enumerate(filter(None, lines), 2):
        if line.startswith("@") and signature[1] == b"3":
            key, _, value = line[1:].partition("=")
            values[key] = value
            continue
        oid, _, name = line.removeprefix("-").partition(" ")
        if not _ID.match(oid) or not (name or line.startswith("-")):
            raise CorruptObjectError(f"{path}:{number}: the bundle's head cannot be read", hint=PackReader.damage_hint)
        if line.startswith("-"):
            prerequisites.append(oid)
        else:
            refs[name] = oid
    algorithm = values.pop("object-format", "sha1")
    missing = values.pop("filter", "")
    if values or algorithm not in ("sha1", "sha256"):
        unknown = next(iter(values), f"object-format={algorithm}")
        raise GitError(
            f"{path}: the bundle needs {unknown}, which is not known here", hint="Make it with promptgit bundle."
        )
    head = Head(algorithm=algorithm, filter=missing, prerequisites=tuple(prerequisites), refs=refs)
    return head, end + 2


def pack(reader: VerifiedReader, objects: Iterable[tuple[str, str]], algorithm: str) -> Iterator[bytes]:
    """A pack of some objects, in pieces: each whole, so that it is quick to read and the same objects give the same bytes.

    Args:
        objects: kind and id, in the order in which they will be looked for.

    Raises:
        CorruptObjectError: one of them is missing or damaged.
    """
    wanted = list(objects)
    checksum = hashlib.new(algorithm, usedforsecurity=False)
    for piece in _entries(reader, wanted):
        checksum.update(piece)
        yield piece
    yield checksum.digest()


def _entries(reader: VerifiedReader, objects: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    yield b"PACK" + (2).to_bytes(4) + len(objects).to_bytes(4)
    for kind, oid in objects:
        content = reader.read(oid, kind)
        size = len(content)
        head = [_NUMBERS[kind] << 4 | size & 15]
        size >>= 4
        while size:
            head[-1] |= 0x80
            head.append(size & 0x7F)
            size >>= 7
        yield bytes(head) + zlib.compress(content, 9)


class BundleReader(PackReader):
    """Reads the objects of a bundle, by id or by ref."""

    def __init__(self, data: bytes, start: int, head: Head, path: str) -> None:
        super().__init__(data, start, head.algorithm, path)
        self._refs = head.refs

    def resolve(self, expression: str, kind: str) -> str:
        """See `VerifiedReader.resolve`: a full ref name, a full id, or the beginning of one commit's id."""
        oid = self._refs.get(expression, expression)
        if len(oid) < 2 * self._id_size and _SHORT.match(oid):
            commits = [known for known in self.starting_with(oid) if self.kind(known) == "commit"]
            oid = commits[0] if len(commits) == 1 else oid
        return super().resolve(oid, kind)


class BundleRepository(GitRepository):
    """A bundle as a repository that is only read, and without git.

    Args:
        path: the file. It is read as a whole: what happens to it later does not matter.

    Attributes:
        head: what it says of itself.

    Raises:
        GitError: it is no bundle, cannot be read, or is damaged.
    """

    def __init__(self, path: str) -> None:
        data = _read(path)
        self.head, start = parse_head(data, path)
        super().__init__(path, path, None, "", self.head.algorithm)
        self.path = path
        self.reader: BundleReader = BundleReader(data, start, self.head, path)

    @property
    def is_shallow(self) -> bool:
        """See `GitRepository.is_shallow`: whether it builds on commits that it does not hold."""
        return bool(self.head.prerequisites)

    def git(self, args: Sequence[str], **_: object) -> Completed:
        """Refused: git has nothing to run on here.

        Raises:
            GitError: always.
        """
        raise GitError(
            f"{self.path} is a bundle: it has no history to ask git for",
            hint="Make a clone of the repository, and use that: git clone URL",
        )

    def head_ref(self) -> str | None:
        """See `GitRepository.head_ref`: the branch that leads where HEAD does."""
        here = self.head.refs.get("HEAD")
        branches = [name for name, oid in self.head.refs.items() if name.startswith(_HEADS) and here in (None, oid)]
        return branches[0] if len(branches) == 1 or (branches and here) else None

    def tip(self) -> str | None:
        """The commit that is meant by HEAD, which may be left out of a bundle with one branch, or with one ref at all."""
        refs = self.head.refs
        ref = "HEAD" if "HEAD" in refs else self.head_ref() or (next(iter(refs)) if len(refs) == 1 else None)
        return super().ref_commit(ref) if ref else None

    def ref_commit(self, ref: str) -> str | None:
        """See `GitRepository.ref_commit`.

        Raises:
            RevisionNotFoundError: it is HEAD, and the bundle does not say which of its branches that is.
        """
        if ref != "HEAD":
            return super().ref_commit(ref)
        found = self.tip()
        if found is None:
            names = ", ".join(name.removeprefix(_HEADS) for name in list(self.head.refs)[:8])
            raise RevisionNotFoundError(
                f"{self.path} does not say which commit is meant",
                hint=f"Name one with rev= or --rev. There are: {names}.",
            )
        return found

    def ref_files(self, ref: str) -> list[str]:
        """See `GitRepository.ref_files`: nothing ever moves here."""
        return []

    def tags(self) -> Iterator[tuple[str, str]]:
        """The annotated tags: name after `refs/tags/`, and id."""
        for name, oid in self.head.refs.items():
            if name.startswith(_TAGS) and self.reader.kind(oid) == "tag":
                yield name.removeprefix(_TAGS), oid

    def ancestors(self, commit: str) -> set[str]:
        """A commit and those that it builds on, as far as they are here."""
        found: set[str] = set()
        to_do = [commit]
        while to_do:
            oid = to_do.pop()
            if oid not in found and oid in self.reader:
                found.add(oid)
                to_do += self.reader.commit(oid).get("parent", "").split()
        return found

    def _resolve_date(self, rev: str, when: float, base: str) -> Revision:
        commit = self.ref_commit(base) or ""
        while commit:
            if commit not in self.reader:
                raise RevisionNotFoundError(
                    f"{self.path} does not reach back to {rev}", hint="promptgit bundle --history makes one that does."
                )
            headers = self.reader.commit(commit)
            words = headers.get("committer", "").split()
            if len(words) > 1 and words[-2].isdigit() and int(words[-2]) <= when:
                return Revision(commit=commit, as_of=when)
            commit = headers.get("parent", "").partition(" ")[0]
        raise RevisionNotFoundError(f"no commit before {rev}")

    def _unknown(self, rev: str) -> RevisionNotFoundError:
        names = [name.removeprefix(_HEADS).removeprefix(_TAGS) for name in self.head.refs]
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        commit = self.tip()
        return RevisionNotFoundError(
            f"{self.path} has no revision {rev}",
            hint=f"It holds {f'the commit {commit}' if commit else 'several'}, as {', '.join(names[:6]) or 'nothing'}{more}.",
        )


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(MAX_FILE + 1) if size <= MAX_FILE else b""
    except OSError as error:
        raise GitError(f"{path} cannot be read: {error.strerror}") from None
    if size > MAX_FILE or len(data) > MAX_FILE:
        raise GitError(
            f"{path} is larger than {MAX_FILE >> 30} GiB",
            hint="Make a bundle without history, or use a clone: git clone FILE",
        )
    return data
