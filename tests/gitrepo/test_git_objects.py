"""Objects: what is read is what the id promises."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Git

from promptgit import Registry, catalog
from promptgit.errors import CorruptObjectError, GitError, RevisionNotFoundError
from promptgit.gitrepo import objects
from promptgit.gitrepo.objects import object_id
from promptgit.gitrepo.repository import GitRepository
from promptgit.gitrepo.trees import diff_trees, edit_tree


def loose(git: Git, oid: str) -> Path:
    return git.path / ".git/objects" / oid[:2] / oid[2:]


def replace_object(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


TAMPERINGS: dict[str, Callable[[bytes], bytes]] = {
    "other content": lambda data: zlib.compress(b"blob 5\0other"),
    "another kind": lambda data: zlib.compress(b"tree 0\0"),
    "cut short": lambda data: data[: len(data) // 2],
    "no zlib": lambda data: b"junk",
    "empty": lambda data: b"",
    "one bit": lambda data: data[:5] + bytes([data[5] ^ 1]) + data[6:],
    "a lie about its size": lambda data: zlib.compress(b"blob 99\0template: x\n"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
@pytest.mark.parametrize("place", ["blob", "tree", "commit"])
def test_a_tampered_object_is_never_served(git: Git, what: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "ANSWER_S", 0.3)
    git.commit_file("prompts/a/1.yaml", "template: x\n")
    expression = {"blob": "HEAD:prompts/a/1.yaml", "tree": "HEAD:prompts/a", "commit": "HEAD"}[place]
    oid = git("rev-parse", expression)
    path = loose(git, oid)
    replace_object(path, TAMPERINGS[what](path.read_bytes()))
    reader = GitRepository.open(str(git.path)).reader
    with pytest.raises(CorruptObjectError, match=oid):
        reader.read(oid, place)


def test_a_missing_object_is_named_with_its_path(git: Git) -> None:
    reader = GitRepository.open(str(git.path)).reader
    with pytest.raises(CorruptObjectError, match=r"object 1{40} is missing \(prompts/a/1\.yaml\)"):
        reader.read("1" * 40, "blob", path="prompts/a/1.yaml")


def test_an_object_over_the_limit_is_refused_and_reading_goes_on(git: Git) -> None:
    git.commit_file("big", b"x" * 100_000)
    git.commit_file("small", b"y")
    reader = GitRepository.open(str(git.path)).reader
    with pytest.raises(GitError, match="larger than 1000 bytes"):
        reader.read(git("rev-parse", "HEAD:big"), "blob", limit=1000)
    assert reader.read(git("rev-parse", "HEAD:small"), "blob") == b"y"


def test_a_git_process_that_was_ended_is_replaced(git: Git) -> None:
    reader = GitRepository.open(str(git.path)).reader
    assert isinstance(reader, objects.ObjectReader)
    oid = git("rev-parse", "HEAD:promptgit.yaml")
    reader.read(oid, "blob")
    assert reader._process is not None
    reader._process.kill()
    assert reader.read(oid, "blob") == b"format: 1\n"


def test_eight_threads_read_the_right_content(git: Git) -> None:
    for number in range(20):
        (git.path / f"{number}.txt").write_text(f"text {number}\n" * (number + 1))
    git("add", ".")
    git("commit", "-qm", "texts")
    wanted = {git("rev-parse", f"HEAD:{n}.txt"): f"text {n}\n".encode() * (n + 1) for n in range(20)}
    reader = GitRepository.open(str(git.path)).reader
    wrong: list[str] = []

    def read() -> None:
        for _ in range(50):
            wrong.extend(oid for oid, content in wanted.items() if reader.read(oid, "blob") != content)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_forked_child_reads_through_a_process_of_its_own(git: Git) -> None:
    reader = GitRepository.open(str(git.path)).reader
    oid = git("rev-parse", "HEAD:promptgit.yaml")
    reader.read(oid, "blob")
    child = os.fork()
    if child == 0:
        os._exit(0 if reader.read(oid, "blob") == b"format: 1\n" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert reader.read(oid, "blob") == b"format: 1\n"


def test_closing_ends_the_process(git: Git) -> None:
    reader = GitRepository.open(str(git.path)).reader
    assert isinstance(reader, objects.ObjectReader)
    reader.resolve("HEAD", "commit")
    process = reader._process
    reader.close()
    assert process is not None
    assert process.returncode is not None


def test_replace_refs_do_not_swap_content(git: Git) -> None:
    git.commit_file("a", "good\n")
    good = git("rev-parse", "HEAD:a")
    bad = git("hash-object", "-w", "--stdin", stdin="evil\n")
    git("replace", good, bad)
    assert git("cat-file", "blob", good) == "evil"
    assert GitRepository.open(str(git.path)).reader.read(good, "blob") == b"good\n"


@given(content=st.binary(max_size=2000))
def test_an_object_id_is_what_git_computes(content: bytes) -> None:
    import hashlib

    assert object_id("blob", content) == hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


_NAME = st.text("abc.-_ é", min_size=1, max_size=4).filter(lambda name: name not in (".", "..", ".git"))
_FILES = st.dictionaries(
    st.lists(_NAME, min_size=1, max_size=3).map("/".join), st.binary(max_size=8), min_size=1, max_size=8
)


def no_file_is_a_folder(files: dict[str, bytes]) -> bool:
    return not any(other.startswith(f"{path}/") for path in files for other in files)


def test_trees_are_what_git_itself_writes(git: Git) -> None:
    repository = GitRepository.open(str(git.path))

    @given(files=_FILES.filter(no_file_is_a_folder))
    def check(files: dict[str, bytes]) -> None:
        blobs = {path: repository.writer.write("blob", content) for path, content in files.items()}
        tree = edit_tree(repository, None, dict(blobs))
        rows = "".join(f"100644 {blob} 0\t{path}\0" for path, blob in blobs.items())
        git("read-tree", "--empty", GIT_INDEX_FILE="index")
        git("update-index", "-z", "--index-info", stdin=rows, GIT_INDEX_FILE="index")
        assert tree == git("write-tree", GIT_INDEX_FILE="index")
        assert edit_tree(repository, tree, dict.fromkeys(blobs)) is None
        assert {path: new for path, (_, new) in diff_trees(repository, None, tree).items()} == blobs

    check()


def test_a_sha256_repository_is_read_and_written(tmp_path: Path) -> None:
    git = Git(tmp_path)
    git("init", "-q", "-b", "main", "--object-format=sha256")
    git.commit_file("a/b", "text\n")
    repository = GitRepository.open(str(tmp_path))
    root = repository.reader.commit(git("rev-parse", "HEAD"))["tree"]
    tree = edit_tree(repository, root, {"a/c": repository.writer.write("blob", b"new\n")})
    assert git("ls-tree", "-r", "--name-only", str(tree)).split() == ["a/b", "a/c"]


def test_resolving_what_is_not_there_raises(git: Git) -> None:
    with pytest.raises(RevisionNotFoundError):
        GitRepository.open(str(git.path)).reader.resolve("refs/heads/none", "commit")


def test_a_tree_that_stands_for_billions_of_folders_is_given_up(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MOST_FOLDERS", 10_000)
    tree = git("mktree", stdin="")
    for _ in range(40):
        tree = git("mktree", stdin=f"040000 tree {tree}\ta\n040000 tree {tree}\tb\n")
    config = git("hash-object", "-w", "--stdin", stdin="format: 1\n")
    root = git("mktree", stdin=f"100644 blob {config}\tpromptgit.yaml\n040000 tree {tree}\tprompts\n")
    commit = git("commit-tree", root, "-m", "A bomb")
    with Registry(git.path, rev=commit) as registry, pytest.raises(GitError, match="more than 10000 folders"):
        registry.prompts()
