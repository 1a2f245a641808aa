"""Deltas: an object as what it takes over from another and what is new, https://git-scm.com/docs/gitformat-pack#_deltified_representation."""

from __future__ import annotations

MAX_STEPS = 1_000_000


def sizes(delta: bytes) -> tuple[int, int, int]:
    """The sizes that a delta announces, of the base and of the result, and where its instructions begin.

    Raises:
        ValueError: it ends before.
    """
    base, at = _size(delta, 0)
    result, at = _size(delta, at)
    return base, result, at


def apply_delta(base: bytes, delta: bytes) -> bytes:
    """The object that a delta makes of its base. The caller has looked at `sizes` and allows for a result of that size.

    Raises:
        ValueError: the delta does not fit the base, contradicts itself, or has more than `MAX_STEPS` instructions.
    """
    base_size, result_size, at = sizes(delta)
    if base_size != len(base):
        raise ValueError(f"a delta for {base_size} bytes is laid on {len(base)}")
    result = bytearray()
    for _ in range(MAX_STEPS):
        if at >= len(delta) or len(result) > result_size:
            break
        code = delta[at]
        at += 1
        if code & 0x80:
            offset, size, at = _copy(delta, at, code)
            piece = base[offset : offset + size]
        else:
            size = code
            piece = delta[at : at + size]
            at += size
        if not size or len(piece) != size:
            raise ValueError("a delta takes bytes from where there are none")
        result += piece
    if at != len(delta) or len(result) != result_size:
        raise ValueError(f"a delta does not make the {result_size} bytes that it announces")
    return bytes(result)


def _copy(delta: bytes, at: int, code: int) -> tuple[int, int, int]:
    """Offset and size of what is copied from the base: seven bytes, of which those without a bit in `code` are left out."""
    offset = size = 0
    for bit in range(7):
        if code & (1 << bit):
            if at >= len(delta):
                raise ValueError("a delta ends in the middle of an instruction")
            if bit < 4:
                offset |= delta[at] << (8 * bit)
            else:
                size |= delta[at] << (8 * (bit - 4))
            at += 1
    return offset, size or 0x10000, at


def _size(delta: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        if at >= len(delta) or shift > 56:
            raise ValueError("a delta does not say how long it is")
        byte = delta[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return size, at
