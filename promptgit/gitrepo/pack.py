"""Packs, read without git: what a bundle carries, https://git-scm.com/docs/gitformat-pack.

A pack as it is sent has no index: where an object lies is known once all before it have been inflated. So a pack is walked
from its beginning, and only as far as what is asked for. Every object is hashed on the way, and again when it is read.

A pack comes from outside. What it says of sizes, counts and offsets is believed only as far as its bytes bear it out, and
what a walk may cost is limited: 100 bytes can be made to inflate to 100 KB, and a delta of 100 bytes to 64 MiB.
"""

from __future__ import annotations

import hashlib
import zlib

from promptgit.errors import CorruptObjectError, RevisionNotFoundError
from promptgit.gitrepo.delta import apply_delta, sizes
from promptgit.gitrepo.objects import MAX_OBJECT, VerifiedReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    Base = int | bytes | None

MAX_OBJECTS = 2_000_000
MAX_CHAIN = 4095  # the longest that git makes
MAX_WORK = 4 << 30  # bytes that are made on a walk through the whole pack
_READ_WORK = 1 << 30  # the same for one object
_STEP_WORK = 32  # what a byte of a delta costs, in bytes that are inflated
_KEPT = 16 << 20  # bytes of what deltas build on
_PIECE = 1 << 16

_BLOB = 3
_KINDS = {1: "commit", 2: "tree", _BLOB: "blob", 4: "tag"}
_BY_OFFSET, _BY_ID = 6, 7
_DEPTH = 8  # of tags on tags


class _Entry:
    """The head of an object in a pack.

    Attributes:
        offset: where it begins.
        kind: a number; see `_KINDS`.
        size: of what is inflated.
        body: where that begins.
        base: what a delta builds on: an offset or an id; None if the object is whole.
    """

    __slots__ = ("base", "body", "kind", "offset", "size")

    def __init__(self, offset: int, kind: int, size: int, body: int, base: Base) -> None:
        self.offset = offset
        self.kind = kind
        self.size = size
        self.body = body
        self.base = base


class _Budget:
    """The work that may still be done."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class PackReader(VerifiedReader):
    """Reads the objects of one pack that is in memory.

    Args:
        data: a file that ends with the pack.
        start: where in it the pack begins.
        algorithm: `sha1` or `sha256`.
        path: the file's, for errors.

    Attributes:
        unchecked: how many objects were walked over without being hashed, as a delta makes them larger than `MAX_OBJECT`.

    Raises:
        CorruptObjectError: it is no pack, or its checksum tells that it is not as it was written.
    """

    missing_hint = "The file was made without it. promptgit bundle makes one that has all that is needed."
    damage_hint = (
        "Copy the file again, or make it anew: promptgit bundle. promptgit bundle --verify FILE looks at all of it."
    )

    def __init__(self, data: bytes, start: int, algorithm: str, path: str) -> None:
        super().__init__(algorithm)
        self._data = data
        self._path = path
        self._digest = hashlib.sha1 if algorithm == "sha1" else hashlib.sha256
        self._id_size = self._digest(usedforsecurity=False).digest_size
        self._start = start
        self._end = len(data) - self._id_size
        self._left = self._open()  # objects that the walk has not come to yet
        self._at = start + 12
        self._walk = _Budget(MAX_WORK)
        self._offsets: dict[bytes, int] = {}
        self._waiting: dict[int | bytes, list[int]] = {}  # what a delta builds on -> deltas, until that is known
        self._unnamed: set[int] = set()
        self._kept: dict[int, tuple[int, bytes]] = {}
        self._kept_bytes = 0
        self.unchecked = 0

    def _open(self) -> int:
        """Check the head and the checksum; return how many objects are announced."""
        start, end = self._start, self._end
        head = self._data[start : start + 12]
        if end < start + 12 or head[:4] != b"PACK":
            self._damaged("there is no pack", start)
        version, count = int.from_bytes(head[4:8]), int.from_bytes(head[8:])
        if version not in (2, 3):
            self._damaged(f"the pack is of version {version}, and 2 and 3 are known", start + 4)
        checksum = self._digest(memoryview(self._data)[start:end], usedforsecurity=False)
        if checksum.digest() != self._data[end:]:
            self._damaged("the checksum does not fit", end)
        if count > MAX_OBJECTS:
            self._damaged(f"the pack announces {count} objects, and {MAX_OBJECTS} are the limit", start + 8)
        if not count and end != start + 12:
            self._damaged("there is something behind the last object", start + 12)
        return count

    def close(self) -> None:
        """See `VerifiedReader.close`."""
        with self._lock:
            self._kept, self._kept_bytes = {}, 0

    # --- what is asked for --------------------------------------------------------------------------------------------

    def resolve(self, expression: str, kind: str) -> str:
        """See `VerifiedReader.resolve`; `expression` is a full id here."""
        oid = expression
        for _ in range(_DEPTH):
            found = self.kind(oid)
            if found == kind:
                return oid
            if found not in ("tag", "commit"):
                break
            oid = self.headers(oid, found).get("object" if found == "tag" else "tree", "")
        raise RevisionNotFoundError(f"no such {kind}: {expression}")

    def __contains__(self, oid: str) -> bool:
        with self._lock:
            return self._locate(oid) is not None

    def ids(self) -> list[str]:
        """The ids of all objects, as they stand in the pack. Each has been hashed once this returns.

        Raises:
            CorruptObjectError: the pack is damaged, or has a delta on an object that it does not have.
        """
        with self._lock:
            self._locate("")
            if self._unnamed:
                self._lacking(min(self._unnamed))
            return [raw.hex() for raw in self._offsets]

    def starting_with(self, digits: str) -> list[str]:
        """The ids that begin with some hex digits."""
        with self._lock:
            self._locate("")
            return [oid for raw in self._offsets if (oid := raw.hex()).startswith(digits)]

    def kind(self, oid: str) -> str | None:
        """The kind of an object; None if it is not here."""
        found = self._find(oid, MAX_OBJECT)
        return found[0] if found is not None else None

    def _find(self, oid: str, limit: int) -> tuple[str, bytes | None] | None:
        """See `VerifiedReader._find`."""
        with self._lock:
            offset = self._locate(oid)
            if offset is None:
                return None
            kind, content = self._content(offset, _Budget(_READ_WORK))
        return _KINDS[kind], content if content is not None and len(content) <= limit else None

    # --- the walk -----------------------------------------------------------------------------------------------------

    def _locate(self, oid: str) -> int | None:
        """Where an object lies, or None if it is not here: the walk goes on until it has come by."""
        try:
            wanted = bytes.fromhex(oid)
        except ValueError:
            return None
        offsets = self._offsets
        while wanted not in offsets and self._left:
            self._step()
        return offsets.get(wanted)

    def _step(self) -> None:
        """Walk over one object. If it is damaged, the walk stays before it."""
        entry = self._entry(self._at)
        self._spend(self._walk, entry.size, entry)
        if entry.base is None:
            head = f"{_KINDS[entry.kind]} {entry.size}\0".encode()
            digest = self._digest(head, usedforsecurity=False)
            end = self._inflate(entry, digest.update)
        else:
            end = self._inflate(entry, _nothing)
        if self._left == 1 and end != self._end:
            self._damaged("there is something behind the last object", end)
        if entry.base is None:
            self._name(digest.digest(), entry.offset)
        elif entry.base in self._unnamed or (isinstance(entry.base, bytes) and entry.base not in self._offsets):
            self._unnamed.add(entry.offset)
            self._waiting.setdefault(entry.base, []).append(entry.offset)
        else:
            self._name_deltas([entry.offset])
        self._at, self._left = end, self._left - 1

    def _name(self, raw: bytes, offset: int) -> None:
        """Note where an object lies, and name what has waited for it."""
        self._offsets.setdefault(raw, offset)
        if self._waiting:
            self._name_deltas([*self._waiting.pop(offset, ()), *self._waiting.pop(raw, ())])

    def _name_deltas(self, offsets: list[int]) -> None:
        """Find the ids of deltas whose base is known."""
        while offsets:
            offset = offsets.pop()
            kind, content = self._content(offset, self._walk)
            self._unnamed.discard(offset)
            offsets += self._waiting.pop(offset, ())
            if content is None:
                self.unchecked += 1
                continue
            raw = bytes.fromhex(self.hash(_KINDS[kind], content))
            self._offsets.setdefault(raw, offset)
            offsets += self._waiting.pop(raw, ())

    # --- contents -----------------------------------------------------------------------------------------------------

    def _content(self, offset: int, budget: _Budget) -> tuple[int, bytes | None]:
        """Kind and content of the object at an offset; no content if one on the way to it is larger than `MAX_OBJECT`."""
        (kind, content), deltas = self._chain(offset, budget)
        for entry, delta in reversed(deltas):
            if content is None:
                break
            try:
                size = sizes(delta)[1]
                self._spend(budget, min(size, MAX_OBJECT), entry)
                content = apply_delta(content, delta) if size <= MAX_OBJECT else None
            except ValueError as error:
                self._damaged(str(error), entry.offset)
            self._keep(entry.offset, kind, content)
        return kind, content

    def _chain(self, offset: int, budget: _Budget) -> tuple[tuple[int, bytes | None], list[tuple[_Entry, bytes]]]:
        """What the object at an offset builds on in the end, whole, and the deltas on the way there, the last one first."""
        deltas: list[tuple[_Entry, bytes]] = []
        while (kept := self._kept.get(offset)) is None:
            entry = self._entry(offset)
            if entry.size > MAX_OBJECT:
                return (entry.kind if entry.base is None else _BLOB, None), deltas
            self._spend(budget, entry.size * (1 if entry.base is None else _STEP_WORK), entry)
            pieces: list[bytes] = []
            self._inflate(entry, pieces.append)
            if entry.base is None:
                whole = entry.kind, b"".join(pieces)
                if deltas:
                    self._keep(offset, *whole)
                return whole, deltas
            deltas.append((entry, b"".join(pieces)))
            if len(deltas) > MAX_CHAIN:
                self._damaged(f"more than {MAX_CHAIN} deltas build on each other", offset)
            offset = self._base(entry)
        self._keep(offset, *kept)
        return kept, deltas

    def _base(self, entry: _Entry) -> int:
        base = entry.base
        found = self._offsets.get(base) if isinstance(base, bytes) else base
        if found is None:
            self._lacking(entry.offset)
        return found

    def _keep(self, offset: int, kind: int, content: bytes | None) -> None:
        """Keep what deltas build on; what was used least lately goes first."""
        if content is None or len(content) > _KEPT // 4:
            return
        if self._kept.pop(offset, None) is None:
            self._kept_bytes += len(content)
        self._kept[offset] = kind, content
        while self._kept_bytes > _KEPT:
            self._kept_bytes -= len(self._kept.pop(next(iter(self._kept)))[1])

    def _entry(self, offset: int) -> _Entry:
        """Read the head of an entry: kind and size in a varying number of bytes, then what a delta builds on."""
        byte, at = self._byte(offset), offset + 1
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 0x80:
            if shift > 60:
                self._damaged("an object's size has too many digits", offset)
            byte = self._byte(at)
            size |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
        if kind in _KINDS:
            return _Entry(offset, kind, size, at, None)
        if kind == _BY_ID:
            return _Entry(offset, kind, size, at + self._id_size, self._data[at : at + self._id_size])
        if kind != _BY_OFFSET:
            self._damaged(f"there is no object of kind {kind}", offset)
        byte, at = self._byte(at), at + 1
        distance = byte & 0x7F
        while byte & 0x80:  # each further byte adds 1, so that no distance can be written in two ways
            if distance > self._end:
                break
            byte, at = self._byte(at), at + 1
            distance = (distance + 1) << 7 | byte & 0x7F
        if not 0 < distance <= offset - self._start - 12:
            self._damaged("a delta builds on what lies outside of the pack", offset)
        return _Entry(offset, kind, size, at, offset - distance)

    def _byte(self, at: int) -> int:
        if at >= self._end:
            self._damaged("the pack ends in the middle of an object", at)
        return self._data[at]

    def _inflate(self, entry: _Entry, take: Callable[[bytes], object]) -> int:
        """Hand over what is inflated, piece by piece, never more than was announced; return where the next entry begins."""
        inflater = zlib.decompressobj()
        at, left, fed = entry.body, entry.size, b""
        window = min(entry.size + 64, _PIECE)  # what lies behind the object is copied: not more of it than that
        try:
            while not inflater.eof:
                if not fed:
                    fed = self._data[at : min(at + window, self._end)]
                    at += len(fed)
                    if not fed:
                        self._damaged("the pack ends in the middle of an object", entry.offset)
                made = inflater.decompress(fed, min(left, _PIECE) + 1)
                fed = inflater.unconsumed_tail
                left -= len(made)
                if left < 0:
                    break
                take(made)
        except zlib.error as error:
            self._damaged(f"an object cannot be inflated ({error})", entry.offset)
        if left:
            self._damaged("an object is not as long as it is said to be", entry.offset)
        return at - len(inflater.unused_data)

    def _spend(self, budget: _Budget, work: int, entry: _Entry) -> None:
        budget.left -= work
        if budget.left < 0:
            self._damaged("the pack inflates to more than a registry can be", entry.offset)

    def _lacking(self, offset: int) -> NoReturn:
        what = "a delta builds on an object that is not in the pack"
        raise CorruptObjectError(f"{self._path}: {what}, at byte {offset}", hint=self.missing_hint)

    def _damaged(self, what: str, offset: int) -> NoReturn:
        raise CorruptObjectError(f"{self._path}: {what}, at byte {offset}", hint=self.damage_hint)


def _nothing(_: bytes) -> None:
    """What is inflated only to see where it ends."""
