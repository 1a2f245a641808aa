"""Git objects: read through one `git cat-file --batch`, verified by their hash; written loose, complete and durable.

Those in a single file (a bundle) are read by `promptgit.gitrepo.pack`, without git.
Object ids are hex strings. Every object that is read is hashed: git itself serves a file in `objects/` whose content
does not match its name. As trees and commits are verified too, a commit id proves every byte read under it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import select
import subprocess
import threading
import weakref
import zlib

from promptgit.errors import CorruptObjectError, GitError, RevisionNotFoundError
from promptgit.gitrepo import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_MODE = "100644"
TREE_MODE = "40000"
MAX_OBJECT = 64 * 1024 * 1024
ANSWER_S = 10.0
_OID = re.compile(r"[0-9a-f]{40,64}\Z")
_KEPT_ENTRIES = 200_000  # of parsed trees, about 40 MB at the most

Entry = tuple[str, str]
"""Mode and object id of a tree's entry."""


_readers: weakref.WeakSet[VerifiedReader] = weakref.WeakSet()


def _after_fork() -> None:
    """In a child of fork: a thread that is not there may hold the lock."""
    for reader in list(_readers):
        reader.forked()


os.register_at_fork(after_in_child=_after_fork)


class VerifiedReader:
    """Reads objects, whatever they lie in. Safe between threads, and after a fork.

    Args:
        algorithm: `sha1` or `sha256`.
    """

    missing_hint = (
        "In a shallow or partial clone fetch what is missing: git fetch --unshallow, or git fetch --refetch --no-filter. "
        "Else the repository is damaged: git fsck shows more."
    )
    damage_hint = "The repository is damaged or was tampered with: git fsck shows more; fetch a clean copy."

    def __init__(self, algorithm: str) -> None:
        self._algorithm = algorithm
        self._lock = threading.Lock()
        self._trees: dict[str, dict[str, Entry]] = {}
        self._tree_entries = 0
        _readers.add(self)

    def forked(self) -> None:
        """Start anew in a child of fork, whose parent goes on with the lock and what it holds."""
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of what can be had again; the reader stays usable."""

    def resolve(self, expression: str, kind: str) -> str:
        """The id of the object that a full ref name or id names, once peeled to `kind`.

        Raises:
            RevisionNotFoundError: there is none.
        """
        raise NotImplementedError

    def _find(self, oid: str, limit: int) -> tuple[str, bytes | None] | None:
        """Kind and content of an object as they are said to be; no content if it is larger than `limit`."""
        raise NotImplementedError

    def read(self, oid: str, kind: str, *, limit: int = MAX_OBJECT, path: str = "") -> bytes:
        """The verified content of an object.

        Args:
            limit: greatest size in bytes.
            path: what to call it in an error.

        Raises:
            CorruptObjectError: it is missing, damaged or was tampered with.
            GitError: it is larger than `limit`.
        """
        found = self._find(oid, limit)
        if found is None:
            raise CorruptObjectError(f"object {oid} is missing{_of(path)}", hint=self.missing_hint)
        actual, content = found
        if content is None:
            raise GitError(f"object {oid} is larger than {limit} bytes{_of(path)}")
        if actual != kind or self.hash(kind, content) != oid:
            raise CorruptObjectError(
                f"object {oid} does not have the content it was named for{_of(path)}", hint=self.damage_hint
            )
        return content

    def tree(self, oid: str) -> Mapping[str, Entry]:
        """The verified entries of a tree, by name."""
        entries = self._trees.get(oid)
        if entries is None:
            try:
                entries = parse_tree(self.read(oid, "tree"), len(oid) // 2)
            except ValueError:
                raise CorruptObjectError(f"tree {oid} is malformed", hint=self.damage_hint) from None
            with self._lock:
                if self._tree_entries > _KEPT_ENTRIES:
                    self._trees.clear()
                    self._tree_entries = 0
                self._trees[oid] = entries
                self._tree_entries += len(entries)
        return entries

    def commit(self, oid: str) -> dict[str, str]:
        """The verified headers of a commit: `tree`, and `parent` (several joined by a space)."""
        headers = self.headers(oid, "commit")
        if not _OID.match(headers.get("tree", "")):
            raise CorruptObjectError(f"commit {oid} is malformed: it names no tree", hint=self.damage_hint)
        return headers

    def headers(self, oid: str, kind: str) -> dict[str, str]:
        """The verified headers of a commit or a tag object; see `commit`."""
        headers: dict[str, str] = {}
        for line in self.read(oid, kind).split(b"\n\n", 1)[0].split(b"\n"):
            key, _, value = line.decode("utf-8", "replace").partition(" ")
            if key == "parent" and key in headers:
                headers[key] += f" {value}"
            headers.setdefault(key, value)  # of a header that stands there twice git reads the first, too
        return headers

    def hash(self, kind: str, content: bytes) -> str:
        """The id that git gives an object."""
        return object_id(kind, content, self._algorithm)


class ObjectReader(VerifiedReader):
    """Reads the objects of one repository, through git.

    Args:
        git_dir: the repository's git folder.
        algorithm: `sha1` or `sha256`.
        env: for its git process, besides `run.environment`; see `GitRepository`.
    """

    def __init__(self, git_dir: str, algorithm: str, env: Mapping[str, str] | None = None) -> None:
        super().__init__(algorithm)
        self._git_dir = git_dir
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._finalizer: weakref.finalize[..., ObjectReader] | None = None
        self._rest = b""

    def close(self) -> None:
        """End the git process; the next read starts another."""
        with self._lock:
            self._stop()

    def resolve(self, expression: str, kind: str) -> str:
        """See `VerifiedReader.resolve`."""
        found = self._ask(f"{expression}^{{{kind}}}")
        if found is None:
            raise RevisionNotFoundError(f"no such {kind}: {expression}")
        return found[0]

    def _find(self, oid: str, limit: int) -> tuple[str, bytes | None] | None:
        """See `VerifiedReader._find`."""
        found = self._ask(oid, limit)
        return found[1:] if found is not None else None

    def _ask(self, expression: str, limit: int = MAX_OBJECT) -> tuple[str, str, bytes | None] | None:
        with self._lock:
            for attempt in (1, 2):  # the process may have been ended from outside: one fresh try
                try:
                    return self._converse(expression, limit)
                except (OSError, EOFError, ValueError) as error:
                    self._stop()
                    if attempt == 2:
                        raise CorruptObjectError(
                            f"git cannot read {expression}: {error}", hint=self.missing_hint
                        ) from error
        raise AssertionError("unreachable")

    def _converse(self, expression: str, limit: int) -> tuple[str, str, bytes | None] | None:
        process = self._running()
        if process.stdin is None:
            raise OSError("git has no pipes")
        process.stdin.write(expression.encode("utf-8", "surrogateescape") + b"\n")
        process.stdin.flush()
        self._rest = b""
        header = self._until_newline()
        words = header.split()
        if words[-1] in (b"missing", b"ambiguous") or len(words) != 3:
            return None
        oid, kind, size = words[0].decode(), words[1].decode(), int(words[2])
        if size > limit:
            self._stop()  # cheaper than reading what nobody wants
            return oid, kind, None
        content = self._exactly(size + 1)
        return oid, kind, content[:size]

    def _until_newline(self) -> bytes:
        while (end := self._rest.find(b"\n")) < 0:
            self._rest += self._some()
        line, self._rest = self._rest[:end], self._rest[end + 1 :]
        return line

    def _exactly(self, size: int) -> bytes:
        chunks, have = [self._rest], len(self._rest)
        while have < size:
            chunks.append(self._some())
            have += len(chunks[-1])
        content = b"".join(chunks)
        self._rest = content[size:]
        return content[:size]

    def _some(self) -> bytes:
        """What git says next. It says less than it announced for an object that lies about its size, and would wait for us."""
        process = self._process
        if process is None or process.stdout is None:
            raise OSError("git has no pipes")
        poll = select.poll()  # not select(): that one knows descriptors below 1,024 only
        poll.register(process.stdout, select.POLLIN)
        if not poll.poll(ANSWER_S * 1000):
            raise EOFError(f"git did not answer within {ANSWER_S:g} s")
        chunk = os.read(process.stdout.fileno(), 1 << 20)
        if not chunk:
            raise EOFError(self._last_words(process))
        return chunk

    @staticmethod
    def _last_words(process: subprocess.Popen[bytes]) -> str:
        run.kill_group(process)
        return f"git ended (exit code {process.returncode})"

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid():
            # `protocol.allow=never`: in a partial clone a missing object would be fetched
            args = ["-c", "protocol.allow=never", "cat-file", "--batch"]
            line = run.command(args, git_dir=self._git_dir)
            self._process = run.spawn(
                line, cwd=None, env=run.environment(self._env), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._owner = os.getpid()
            self._finalizer = weakref.finalize(self, _end, self._process, self._owner)
        return self._process

    def _stop(self) -> None:
        if self._finalizer is not None:
            self._finalizer()
        self._process = None


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    if owner == os.getpid():  # a forked child must not end its parent's process
        run.kill_group(process)


def _of(path: str) -> str:
    return f" ({path})" if path else ""


def object_id(kind: str, content: bytes, algorithm: str = "sha1") -> str:
    """The id that git gives an object of this kind and content."""
    header = f"{kind} {len(content)}\0".encode()
    return hashlib.new(algorithm, header + content, usedforsecurity=False).hexdigest()


def parse_tree(data: bytes, id_size: int) -> dict[str, Entry]:
    """The entries of a tree object, by name. Undecodable names keep their bytes as surrogates."""
    entries: dict[str, Entry] = {}
    at = 0
    while at < len(data):
        nul = data.index(b"\0", at)
        mode, _, name = data[at:nul].partition(b" ")
        end = nul + 1 + id_size
        entries[name.decode("utf-8", "surrogateescape")] = (mode.decode(), data[nul + 1 : end].hex())
        at = end
    return entries


class ObjectWriter:
    """Writes loose objects, each by temporary file, fsync and rename, so that none is ever seen in part.

    Args:
        objects_dir: the repository's `objects` folder.
        algorithm: `sha1` or `sha256`.
    """

    def __init__(self, objects_dir: str, algorithm: str) -> None:
        self._dir = objects_dir
        self._algorithm = algorithm

    def write(self, kind: str, content: bytes) -> str:
        """Write one object; return its id.

        Raises:
            OSError: the disk is full or not writable; nothing is left behind.
        """
        oid = object_id(kind, content, self._algorithm)
        folder = os.path.join(self._dir, oid[:2])
        path = os.path.join(folder, oid[2:])
        if os.path.exists(path):
            sync(path)  # a killed writer may have renamed it without having told the disk
            return oid
        os.makedirs(folder, exist_ok=True)
        packed = zlib.compress(f"{kind} {len(content)}\0".encode() + content, 1)
        write_durable(path, packed, 0o444)
        return oid


def write_durable(path: str, content: bytes, mode: int) -> None:
    """Make `path` hold `content`: either wholly, also after a power cut, or not at all.

    Raises:
        OSError: the disk is full or not writable; what stood at `path` is still there.
    """

    import tempfile  # it costs 5 ms, which who only reads need not pay

    folder = os.path.dirname(path)
    # git's gc removes a tmp_obj_ that a killed writer left in objects/
    descriptor, temporary = tempfile.mkstemp(prefix="tmp_obj_", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync(folder)


def sync(path: str) -> None:
    """Flush a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
