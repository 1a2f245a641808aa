"""Packs: what git packs is read without it, and what was made to do harm does none."""

from __future__ import annotations

import random
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import appending, by_id, by_offset, seal, sealed, size_bytes, whole
from support import Git

from promptgit.errors import CorruptObjectError, GitError, RevisionNotFoundError
from promptgit.gitrepo import delta, pack
from promptgit.gitrepo.objects import object_id
from promptgit.gitrepo.pack import PackReader

KINDS = ("commit", "tree", "blob", "tag")
GREETING = b"template: Greet {{customer}} by name.\n" * 3
REPLY = GREETING + b"tags: {team: support}\n"


def reader(data: bytes, algorithm: str = "sha1") -> PackReader:
    return PackReader(data, 0, algorithm, "prompts.bundle")


def contents(found: PackReader) -> dict[str, tuple[str, bytes]]:
    """All objects of a pack by id; each was hashed twice."""
    made = {}
    for oid in found.ids():
        kind = found.kind(oid)
        assert kind is not None
        made[oid] = (kind, found.read(oid, kind))
    return made


def grown(path: Path, algorithm: str = "sha1") -> Git:
    """A repository whose files were edited so often that git packs them as chains of deltas."""
    path.mkdir()
    git = Git(path)
    git("init", "-q", "-b", "main", f"--object-format={algorithm}")
    choice = random.Random(4)
    lines = [f"Rule {number}: cite the order {choice.random()}.\n" for number in range(200)]
    for number in range(30):
        lines[choice.randrange(200)] = f"Rule: never promise {choice.random()}.\n"
        lines.insert(choice.randrange(200), f"Rule: be kind, case {number}.\n")
        (path / f"{number % 3}.txt").write_text("".join(lines))
        git("add", ".")
        git("commit", "-qm", f"Edit {number}")
    git("tag", "-am", "As shipped", "v1")
    git("repack", "-adfq", "--depth=50", "--window=50")
    return git


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Git:
    with pytest.MonkeyPatch.context() as patch:
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "Ada Lovelace")
            patch.setenv(f"GIT_{who}_EMAIL", "ada@example.com")
        return grown(tmp_path_factory.mktemp("grown") / "repository")


def packed(git: Git, *options: str) -> bytes:
    name = git("pack-objects", "--revs", "--quiet", *options, "out", stdin="main\nv1\n")
    return (git.path / f"out-{name}.pack").read_bytes()


def listed(git: Git) -> dict[str, str]:
    rows = git("cat-file", "--batch-check=%(objectname) %(objecttype)", "--batch-all-objects").split("\n")
    return {oid: kind for oid, _, kind in (row.partition(" ") for row in rows)}


@pytest.mark.parametrize("options", [(), ("--delta-base-offset",), ("--window=0",), ("--no-reuse-delta", "--depth=3")])
def test_every_object_that_git_packs_is_read(edited: Git, options: tuple[str, ...]) -> None:
    data = packed(edited, *options)
    found = contents(reader(data))
    assert {oid: kind for oid, (kind, _) in found.items()} == listed(edited)


def test_every_object_of_a_long_chain_of_deltas_is_what_git_says(edited: Git) -> None:
    found = reader(packed(edited, "--delta-base-offset"))
    for number in range(0, 29, 7):
        for kind, name in (("commit", f"main~{number}"), ("blob", f"main~{number}:0.txt")):
            assert found.read(edited("rev-parse", name), kind).decode().rstrip("\n") == edited("cat-file", kind, name)


def test_a_pack_of_a_sha256_repository_is_read(tmp_path: Path) -> None:
    git = grown(tmp_path / "repository", "sha256")
    assert contents(reader(packed(git), "sha256")).keys() == listed(git).keys()


def test_it_is_walked_only_as_far_as_what_is_asked_for() -> None:
    far = whole(b"never inflated", packed=b"no zlib at all")
    found = reader(sealed(whole(GREETING), far))
    assert found.read(object_id("blob", GREETING), "blob") == GREETING
    with pytest.raises(CorruptObjectError, match=r"prompts.bundle: an object cannot be inflated .* at byte"):
        found.ids()


def test_a_tag_is_peeled_to_its_commit_and_its_tree(edited: Git) -> None:
    found = reader(packed(edited))
    tag = edited("rev-parse", "v1")
    assert found.resolve(tag, "commit") == edited("rev-parse", "main")
    assert found.resolve(tag, "tree") == edited("rev-parse", "main^{tree}")
    with pytest.raises(RevisionNotFoundError):
        found.resolve(edited("rev-parse", "main:0.txt"), "commit")
    for nonsense in ("", "main", "f" * 40, "\n"):
        with pytest.raises(RevisionNotFoundError):
            found.resolve(nonsense, "commit")


def test_an_object_larger_than_its_limit_is_not_made() -> None:
    with pytest.raises(GitError, match="larger than 10 bytes"):
        reader(sealed(whole(GREETING))).read(object_id("blob", GREETING), "blob", limit=10)


def test_a_delta_may_stand_before_its_base() -> None:
    longest = REPLY + b"!"
    entries = [
        by_id(object_id("blob", REPLY), appending(REPLY, b"!")),
        by_id(object_id("blob", GREETING), appending(GREETING, REPLY[len(GREETING) :])),
        whole(GREETING),
    ]
    assert {content for _, content in contents(reader(sealed(*entries))).values()} == {GREETING, REPLY, longest}


def test_a_delta_on_an_object_that_is_elsewhere_is_named_as_what_it_is() -> None:
    found = reader(sealed(by_id("ab" * 20, appending(GREETING, b"!")), whole(GREETING)))
    assert found.read(object_id("blob", GREETING), "blob") == GREETING
    with pytest.raises(CorruptObjectError, match="a delta builds on an object that is not in the pack, at byte 12"):
        found.ids()


def _bomb(size: int) -> bytes:
    return whole(b"", said=size, packed=zlib.compress(bytes(size), 9))


_BASE = whole(GREETING)
_LONG = size_bytes(0, len(GREETING), 7)
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no pack": seal(b"JACK" + bytes(8)),
    "another version": sealed(_BASE, version=4),
    "a checksum that does not fit": sealed(_BASE)[:-1] + b"!",
    "more objects than there are": sealed(_BASE, count=2),
    "fewer objects than there are": sealed(_BASE, _BASE, count=1),
    "objects that are not announced": sealed(_BASE, count=0),
    "millions of objects": sealed(_BASE, count=2**32 - 1),
    "an unknown kind": sealed(b"\x50" + zlib.compress(b"")),
    "the kind 0": sealed(b"\x00" + zlib.compress(b"")),
    "a size without an end": sealed(b"\xb0" + b"\xff" * 40),
    "a size that is too small": sealed(whole(GREETING, said=3)),
    "a size that is too large": sealed(whole(GREETING, said=len(GREETING) + 1)),
    "a size of exabytes": sealed(whole(GREETING, said=1 << 62)),
    "no zlib": sealed(whole(GREETING, packed=b"\x78\x9c no, no")),
    "a zlib stream cut short": sealed(whole(GREETING, packed=zlib.compress(GREETING)[:-4])),
    "a zlib checksum that does not fit": sealed(whole(GREETING, packed=zlib.compress(GREETING)[:-1] + b"!")),
    "a delta on itself": sealed(by_offset(0, appending(GREETING, b"!"))),
    "a delta on what lies before the pack": sealed(_BASE, by_offset(len(_BASE) + 1, appending(GREETING, b"!"))),
    "a delta at an endless distance": sealed(_BASE, b"\x60" + b"\xff" * 60),
    "a delta on the middle of an object": sealed(_BASE, by_offset(len(_BASE) - 1, appending(GREETING, b"!"))),
    "two deltas on each other": sealed(
        by_id(object_id("blob", REPLY), appending(REPLY, b"")), by_id(object_id("blob", GREETING), b"")
    ),
    "a delta for another base": sealed(_BASE, by_offset(len(_BASE), appending(GREETING + b"?", b"!"))),
    "a delta that copies from nowhere": sealed(
        _BASE, by_offset(len(_BASE), _LONG + size_bytes(0, 9, 7) + b"\x91\xff\x09")
    ),
    "a delta that is cut in a copy": sealed(_BASE, by_offset(len(_BASE), _LONG + size_bytes(0, 9, 7) + b"\x91")),
    "a delta that is cut in what it adds": sealed(_BASE, by_offset(len(_BASE), _LONG + size_bytes(0, 9, 7) + b"\x09a")),
    "a delta with the reserved instruction": sealed(_BASE, by_offset(len(_BASE), _LONG + size_bytes(0, 1, 7) + b"\0a")),
    "a delta that makes too much": sealed(_BASE, by_offset(len(_BASE), _LONG + size_bytes(0, 1, 7) + b"\x02ab")),
    "a delta without sizes": sealed(_BASE, by_offset(len(_BASE), b"\xff" * 20)),
    "an empty delta": sealed(_BASE, by_offset(len(_BASE), b"")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pack_is_an_error_that_names_file_and_byte(name: str) -> None:
    with pytest.raises(CorruptObjectError, match=r"^prompts\.bundle: .*, at byte \d+"):
        reader(HOSTILE[name]).ids()


def test_a_pack_may_be_empty() -> None:
    assert reader(sealed()).ids() == []


def test_a_chain_longer_than_git_makes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "_KEPT", 0)
    monkeypatch.setattr(pack, "MAX_CHAIN", 20)
    copying = _LONG + _LONG + b"\xb0" + len(GREETING).to_bytes(2, "little")
    entries = [whole(GREETING)]
    for _ in range(21):
        entries.append(by_offset(len(entries[-1]), copying))
    assert reader(sealed(*entries[:-1])).ids() == [object_id("blob", GREETING)]
    with pytest.raises(CorruptObjectError, match="more than 20 deltas build on each other"):
        reader(sealed(*entries)).ids()


def test_the_work_of_a_walk_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "MAX_WORK", 3 << 19)
    assert len(reader(sealed(_bomb(1 << 19))).ids()) == 1
    with pytest.raises(CorruptObjectError, match="inflates to more than a registry can be"):
        reader(sealed(*[_bomb(1 << 19)] * 4)).ids()
    doubling = size_bytes(0, 1 << 18, 7) + size_bytes(0, 1 << 19, 7) + b"\xc0\x04" * 2
    base, double = _bomb(1 << 18), by_id(object_id("blob", bytes(1 << 18)), doubling)
    assert len(reader(sealed(base, double)).ids()) == 2
    with pytest.raises(CorruptObjectError, match="inflates to more than a registry can be"):
        reader(sealed(base, *[double] * 3)).ids()


def test_an_object_that_is_too_large_to_be_of_a_registry_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "MAX_OBJECT", 1 << 17)
    large = bytes(1 << 18)
    growing = size_bytes(0, 1 << 16, 7) + size_bytes(0, 1 << 18, 7) + b"\xc0\x01" * 4
    base = _bomb(1 << 16)
    found = reader(sealed(_bomb(1 << 18), base, by_offset(len(base), growing), whole(GREETING)))
    assert found.ids() == [object_id("blob", content) for content in (large, bytes(1 << 16), GREETING)]
    assert found.unchecked == 1
    with pytest.raises(GitError, match="is larger than"):
        found.read(object_id("blob", large), "blob")


def test_the_steps_of_a_delta_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta, "MAX_STEPS", 1000)
    copying = size_bytes(0, 1, 7) + size_bytes(0, 1001, 7) + b"\x90\x01" * 1001
    with pytest.raises(ValueError, match="does not make the 1001 bytes"):
        delta.apply_delta(b"a", copying)


def test_a_tree_or_commit_that_is_malformed_is_an_error_though_its_hash_fits() -> None:
    for tree in (b"100644 1.yaml", b"100644 1.yaml\0short", b"\xff\xff 1.yaml\0" + bytes(20)):
        oid = object_id("tree", tree)
        entries = reader(sealed(whole(tree, "tree")))
        try:
            assert all(len(inner) < 40 for _, inner in entries.tree(oid).values())
        except CorruptObjectError as error:
            assert "malformed" in str(error)
    for commit in (b"", b"author Ada", b"tree ../../etc\n\n", b"tree " + b"x" * 40):
        with pytest.raises(CorruptObjectError, match="names no tree"):
            reader(sealed(whole(commit, "commit"))).commit(object_id("commit", commit))


def small_pack() -> bytes:
    entries = [whole(GREETING), by_offset(len(whole(GREETING)), appending(GREETING, REPLY[len(GREETING) :]))]
    entries += [by_id(object_id("blob", REPLY), appending(REPLY, b"!")), whole(b"", "tree")]
    return sealed(*entries)


SMALL = small_pack()
TRUTH = {oid: content for oid, (_, content) in contents(reader(SMALL)).items()}


def never_wrong(data: bytes) -> None:
    """It is an error, or what comes out is what its id says."""
    try:
        found = contents(reader(data))
    except GitError:
        return
    for oid, (kind, content) in found.items():
        assert object_id(kind, content) == oid


@pytest.mark.parametrize("make", [lambda body: body, seal], ids=["cut", "cut and sealed again"])
def test_a_pack_cut_anywhere_is_an_error(make: Callable[[bytes], bytes]) -> None:
    for end in range(len(SMALL) - 20):
        with pytest.raises(CorruptObjectError, match="at byte"):
            reader(make(SMALL[:end])).ids()


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 21), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_give_an_error_and_never_another_content(changes: list[tuple[int, int]]) -> None:
    body = bytearray(SMALL[:-20])
    for at, value in changes:
        body[at] = value
    never_wrong(bytes(body) + SMALL[-20:])
    never_wrong(seal(bytes(body)))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_anything_are_never_wrong(data: bytes) -> None:
    never_wrong(data)
    never_wrong(seal(b"PACK\0\0\0\2\0\0\0\3" + data))


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_a_delta_that_is_anything_is_applied_or_refused(base: bytes, instructions: bytes) -> None:
    try:
        assert len(delta.apply_delta(base, instructions)) == delta.sizes(instructions)[1]
    except ValueError:
        return


def test_many_threads_read_one_pack(edited: Git) -> None:
    found = reader(packed(edited, "--delta-base-offset"))
    wanted = listed(edited)
    wrong: list[str] = []

    def read(order: list[str]) -> None:
        for oid in order:
            if object_id(wanted[oid], found.read(oid, wanted[oid])) != oid:
                wrong.append(oid)

    orders = [random.Random(number).sample(list(wanted), len(wanted)) for number in range(6)]
    threads = [threading.Thread(target=read, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert set(found.ids()) == set(wanted)
