"""Packs made by hand, to say what git never would."""

from __future__ import annotations

import hashlib
import zlib

NUMBERS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


def size_bytes(first: int, size: int, bits: int) -> bytes:
    """A size as git writes it: some bits in the first byte, seven in each that follows."""
    head = [first | size & ((1 << bits) - 1)]
    size >>= bits
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7F)
        size >>= 7
    return bytes(head)


def whole(content: bytes, kind: str = "blob", *, said: int | None = None, packed: bytes | None = None) -> bytes:
    """An object; it may lie about its size, or hold something else than its content."""
    head = size_bytes(NUMBERS[kind] << 4, len(content) if said is None else said, 4)
    return head + (zlib.compress(content) if packed is None else packed)


def by_offset(distance: int, delta: bytes) -> bytes:
    """A delta on what begins so many bytes before it."""
    digits = [distance & 0x7F]
    while distance := distance >> 7:
        distance -= 1
        digits.insert(0, 0x80 | distance & 0x7F)
    return size_bytes(6 << 4, len(delta), 4) + bytes(digits) + zlib.compress(delta)


def by_id(oid: str, delta: bytes) -> bytes:
    """A delta on an object that is named."""
    return size_bytes(7 << 4, len(delta), 4) + bytes.fromhex(oid) + zlib.compress(delta)


def appending(base: bytes, more: bytes) -> bytes:
    """The delta that adds something, up to 127 bytes, to a base of up to 65,535 bytes."""
    copy = bytes([0x80 | 0x10 | 0x20]) + len(base).to_bytes(2, "little")
    return size_bytes(0, len(base), 7) + size_bytes(0, len(base) + len(more), 7) + copy + bytes([len(more)]) + more


def sealed(*entries: bytes, count: int | None = None, algorithm: str = "sha1", version: int = 2) -> bytes:
    """A pack of these entries, with a checksum that fits."""
    announced = len(entries) if count is None else count
    return seal(b"PACK" + version.to_bytes(4) + announced.to_bytes(4) + b"".join(entries), algorithm)


def seal(body: bytes, algorithm: str = "sha1") -> bytes:
    """A pack's bytes with a checksum that fits."""
    return body + hashlib.new(algorithm, body).digest()
