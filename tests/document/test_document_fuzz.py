"""Hostile and broken files: every one is read, or refused with a place; nothing else happens."""

from __future__ import annotations

import os
import random

import pytest
from document_samples import ALIASES_FILE, VERSION_FILE

from promptgit.document import MAX_BYTES, parse
from promptgit.errors import InvalidDocumentError

ROUNDS = int(os.environ.get("PROMPTGIT_FUZZ_ROUNDS", "2000"))
SEEDS = (VERSION_FILE, ALIASES_FILE, b'a: "x\\n\\\n  y"\nb: >-\n  c\n  d\n? e\n: [f, {g: h}, i: j]\n')
PIECES = [
    *(b"- ", b"[", b"]", b"{", b"}", b"? ", b": ", b",", b"a,", b"a: ", b"|", b">", b"|+2\n", b"#", b" #"),
    *(b"&a ", b"*a ", b"!!str ", b"!", b"!<", b"%", b"%YAML 1.2\n", b"---\n", b"...\n", b"<<: ", b"@", b"`"),
    *(b'"', b"'", b"\\", b"\\x", b'"\\U00110000"', b"\t", b" " * 40, b"\n", b"\r", b"\r\n", b"\0", b"\x1b"),
    *(b"\xff", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xf0\x9f\x98\x80"),
    *(b"99999999999999999999", b".inf", b"1e999"),
]


def mutated(chance: random.Random) -> bytes:
    """A sample with up to six faults; one in fifty is filled up to the size limit with one piece."""
    data = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            data[at:at] = chance.choice(PIECES)
        elif kind == 1:
            data[at:at] = (chance.choice(PIECES) + chance.choice(PIECES)) * chance.choice((2, 33, 100, 2000))
        elif kind == 2:
            del data[at : at + chance.randint(1, 20)]
        elif kind == 3:
            data[at : at + 1] = bytes([chance.randrange(256)])
        else:
            data[at:at] = data[chance.randrange(len(data) + 1) :][:3000]
    if chance.randrange(50) == 0:
        piece = chance.choice(PIECES)
        data += piece * ((MAX_BYTES - len(data)) // len(piece))
    return bytes(data)


def assert_read_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except InvalidDocumentError as error:
        (problem,) = error.problems
        assert 1 <= problem.line <= data.count(b"\n") + 1
        assert problem.column >= 1
        assert problem.code.startswith("yaml-")


def test_mutated_files_are_read_or_refused_with_a_place() -> None:
    chance = random.Random(20260105)
    for _ in range(ROUNDS):
        assert_read_or_refused(mutated(chance))


@pytest.mark.parametrize(
    "start", [b"", b"a: ", b"a:\n  ", b"a: [", b"a: {", b'a: "', b"a: '", b"a: |\n  ", b"? ", b"#"]
)
def test_a_mebibyte_of_one_piece_is_read_or_refused(start: bytes) -> None:
    for piece in PIECES:
        assert_read_or_refused(start + piece * ((MAX_BYTES - len(start)) // len(piece)))
