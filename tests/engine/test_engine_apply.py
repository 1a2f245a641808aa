"""The write engine, seen from git: what it commits, what it leaves alone, what it refuses."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support import Git, git_init

from promptgit.changeset import Changeset
from promptgit.engine.engine import Engine
from promptgit.errors import ConflictError, DirtyPathError, GitError, VersionExistsError
from promptgit.gitrepo.repository import GitRepository
from promptgit.source import CommitSource

PATH = "prompts/support/refunds/1.yaml"
TEXT = b"template: Answer kindly.\n"


def engine_of(git: Git, branch: str | None = None, prefix: str = "") -> Engine:
    return Engine(GitRepository.open(str(git.path)), branch, prefix, deadline=5.0)


def write(path: str = PATH, content: bytes | None = TEXT, message: str = "Answer kindly") -> Changeset:
    return Changeset(message=message, writes={path: content}, note="test")


def test_a_write_is_a_commit_with_its_message_and_identity(git: Git) -> None:
    applied = engine_of(git).apply(lambda _: write(message="Answer kindly\n\nBecause people asked."))
    assert git("rev-parse", "HEAD") == applied.commit
    assert (
        git("log", "-1", "--format=%an <%ae>|%B")
        == "Ada Lovelace <ada@example.com>|Answer kindly\n\nBecause people asked."
    )
    assert (git.path / PATH).read_bytes() == TEXT
    git.assert_sound()


def test_removing_the_last_file_of_a_folder_removes_the_folder(git: Git) -> None:
    engine = engine_of(git)
    engine.apply(lambda _: write())
    engine.apply(lambda _: write(content=None))
    assert not (git.path / "prompts").exists()
    git.assert_sound()


def test_writing_what_is_there_already_makes_no_commit(git: Git) -> None:
    engine = engine_of(git)
    first = engine.apply(lambda _: write())
    second = engine.apply(lambda _: write(message="again"))
    assert second.commit == first.commit
    assert not second.changed


def test_a_dry_run_builds_the_changeset_and_writes_nothing(git: Git) -> None:
    before = git("rev-parse", "HEAD")
    applied = engine_of(git).apply(lambda _: write(), dry_run=True)
    assert applied.changeset.writes == {PATH: TEXT}
    assert git("rev-parse", "HEAD") == before
    assert not (git.path / PATH).exists()


def test_a_changeset_that_creates_what_exists_is_refused(git: Git) -> None:
    engine = engine_of(git)
    engine.apply(lambda _: write())
    changeset = Changeset(message="x", writes={PATH: b"other"}, creates=frozenset([PATH]))
    with pytest.raises(VersionExistsError, match="exists already"):
        engine.apply(lambda _: changeset)


def test_what_the_user_has_staged_and_edited_elsewhere_is_not_touched(git: Git) -> None:
    git.commit_file("notes.txt", "one\n")
    (git.path / "notes.txt").write_text("edited\n")
    (git.path / "staged.txt").write_text("staged\n")
    git("add", "staged.txt")
    engine_of(git).apply(lambda _: write())
    assert git("status", "--porcelain").split("\n") == [" M notes.txt", "A  staged.txt"]
    assert git("show", "--name-only", "--format=", "HEAD") == PATH


@pytest.mark.parametrize("stage", [False, True])
def test_an_uncommitted_edit_in_the_way_is_refused_and_kept(git: Git, stage: bool) -> None:
    engine = engine_of(git)
    engine.apply(lambda _: write())
    (git.path / PATH).write_text("template: my draft\n")
    if stage:
        git("add", PATH)
    with pytest.raises(DirtyPathError, match=r"support/refunds/1\.yaml"):
        engine.apply(lambda _: write(content=b"template: other\n"))
    assert (git.path / PATH).read_text() == "template: my draft\n"


def test_a_change_that_is_staged_and_then_undone_in_the_file_is_not_lost(git: Git) -> None:
    engine = engine_of(git)
    engine.apply(lambda _: write())
    (git.path / PATH).write_text("template: staged\n")
    git("add", PATH)
    (git.path / PATH).write_bytes(TEXT)
    with pytest.raises(DirtyPathError, match="staged"):
        engine.apply(lambda _: write(content=b"template: other\n"))


def test_an_uncommitted_file_of_the_same_name_is_refused(git: Git) -> None:
    (git.path / "prompts/support/refunds").mkdir(parents=True)
    (git.path / PATH).write_text("template: my draft\n")
    with pytest.raises(DirtyPathError, match="exists but is not committed"):
        engine_of(git).apply(lambda _: write())
    assert (git.path / PATH).read_text() == "template: my draft\n"


def test_the_changeset_is_built_again_when_the_branch_moves_meanwhile(git: Git) -> None:
    tips: list[str | None] = []

    def build(source: CommitSource) -> Changeset:
        tips.append(source.commit)
        if len(tips) == 1:
            git("commit", "-q", "--allow-empty", "-m", "somebody else")
        return write()

    engine_of(git).apply(build)
    assert len(tips) == 2
    assert git("log", "--format=%s").split("\n")[:2] == ["Answer kindly", "somebody else"]


def test_a_detached_head_is_refused(git: Git) -> None:
    git("checkout", "-q", "--detach")
    with pytest.raises(ConflictError, match="detached"):
        engine_of(git).apply(lambda _: write())


def test_a_merge_under_way_is_refused(git: Git) -> None:
    git.commit_file("a.txt", "1\n")
    git("checkout", "-qb", "other", "HEAD~1")
    git.commit_file("a.txt", "2\n")
    git("merge", "main", check=False)
    with pytest.raises(ConflictError, match="a merge is under way"):
        engine_of(git).apply(lambda _: write())


def test_a_bare_repository_is_written(tmp_path: Path) -> None:
    git = git_init(tmp_path / "bare.git", bare=True)
    engine_of(git, "refs/heads/main").apply(lambda _: write())
    assert git("show", f"main:{PATH}") == TEXT.decode().strip()


def test_a_first_commit_is_made_on_an_unborn_branch(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    git = Git(tmp_path / "new")
    git("init", "-q", "-b", "main")
    engine_of(git).apply(lambda _: write())
    git.assert_sound()
    assert git("rev-list", "--count", "HEAD") == "1"


def test_a_branch_that_is_not_checked_out_leaves_the_working_tree_alone(git: Git) -> None:
    git("branch", "release")
    engine_of(git, "refs/heads/release").apply(lambda _: write())
    assert not (git.path / PATH).exists()
    assert git("show", f"release:{PATH}") == TEXT.decode().strip()
    git.assert_sound()


def test_a_linked_worktree_writes_its_own_branch(git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "feature")
    linked = Git(tmp_path / "linked")
    engine_of(linked).apply(lambda _: write())
    linked.assert_sound()
    git.assert_sound()
    assert git("log", "-1", "--format=%s", "feature") == "Answer kindly"


def test_a_registry_in_a_subfolder_of_an_application_is_written_there(tmp_path: Path) -> None:
    git = git_init(tmp_path / "app")
    git.commit_file("src/registry/promptgit.yaml", "format: 1\n")
    repository = GitRepository.open(str(git.path / "src/registry"))
    Engine(repository, None, repository.prefix).apply(lambda _: write())
    assert (git.path / "src/registry" / PATH).read_bytes() == TEXT
    git.assert_sound()


def test_filters_and_line_end_settings_do_not_change_a_byte(git: Git) -> None:
    git("config", "core.autocrlf", "true")
    git.commit_file(".gitattributes", "*.yaml text eol=crlf ident\n")
    content = b"template: |\n  $Id$ one\r\n  two \n"
    engine_of(git).apply(lambda _: write(content=content))
    assert (git.path / PATH).read_bytes() == content
    assert subprocess.check_output(["git", "show", f"HEAD:{PATH}"], cwd=git.path) == content


def test_a_symbolic_link_in_the_tree_does_not_lead_a_write_outside(git: Git, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (git.path / "prompts").symlink_to(outside)
    applied = None
    with pytest.raises((DirtyPathError, GitError)):
        applied = engine_of(git).apply(lambda _: write())
        raise (DirtyPathError(str(applied.warnings)) if applied.warnings else AssertionError("written through a link"))
    assert list(outside.iterdir()) == []


def hook(git: Git, name: str, script: str) -> None:
    path = git.path / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_commit_hooks_run_and_see_the_new_files(git: Git) -> None:
    hook(git, "pre-commit", f"git diff --cached --name-only > seen; cat {PATH} >> seen")
    hook(git, "commit-msg", 'echo "Reviewed-by: hook" >> "$1"')
    engine_of(git).apply(lambda _: write())
    assert (git.path / "seen").read_text() == f"{PATH}\n{TEXT.decode()}"
    assert "Reviewed-by: hook" in git("log", "-1", "--format=%B")
    (git.path / "seen").unlink()
    git.assert_sound()


def test_a_commit_hook_that_refuses_leaves_nothing_behind(git: Git) -> None:
    hook(git, "pre-commit", "echo 'no commits on Fridays' >&2; exit 1")
    before = git("rev-parse", "HEAD")
    with pytest.raises(GitError, match="no commits on Fridays"):
        engine_of(git).apply(lambda _: write())
    assert git("rev-parse", "HEAD") == before
    git.assert_sound()


def test_commit_hooks_do_not_commit_what_the_user_has_staged(git: Git) -> None:
    hook(git, "pre-commit", "exit 0")
    (git.path / "staged.txt").write_text("staged\n")
    git("add", "staged.txt")
    engine_of(git).apply(lambda _: write())
    assert git("show", "--name-only", "--format=", "HEAD") == PATH
    assert git("status", "--porcelain") == "A  staged.txt"


@pytest.fixture
def signing_key(git: Git, tmp_path: Path) -> Path:
    key = tmp_path / "key"
    made = subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("ssh-keygen is not usable here")
    signers = tmp_path / "allowed_signers"
    signers.write_text(f"ada@example.com {(tmp_path / 'key.pub').read_text()}")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingkey": str(key),
        "commit.gpgsign": "true",
        "gpg.ssh.allowedSignersFile": str(signers),
    }.items():
        git("config", name, value)
    return key


@pytest.mark.parametrize("hooks", [False, True])
def test_commits_are_signed_where_the_user_signs(git: Git, signing_key: Path, hooks: bool) -> None:
    assert signing_key.exists()
    if hooks:
        hook(git, "pre-commit", "exit 0")
    engine_of(git).apply(lambda _: write())
    git("verify-commit", "HEAD")


def test_without_an_identity_the_error_says_how_to_set_one(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in list(os.environ):
        if key.startswith(("GIT_AUTHOR", "GIT_COMMITTER")) or key == "EMAIL":
            monkeypatch.delenv(key)
    git("config", "user.useConfigOnly", "true")
    with pytest.raises(GitError, match=r"git config --global user\.name"):
        engine_of(git).apply(lambda _: write())
    git.assert_sound()


def test_a_hook_environment_does_not_redirect_a_write(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = git_init(tmp_path / "other")
    before = other("rev-parse", "HEAD")
    for key, value in {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git/index"),
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git/objects"),
    }.items():
        monkeypatch.setenv(key, value)
    engine_of(git).apply(lambda _: write())
    for key in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.delenv(key)
    assert (git.path / PATH).read_bytes() == TEXT
    git.assert_sound()
    assert other("rev-parse", "HEAD") == before


def test_a_repository_without_any_git_says_so(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(git)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(GitError, match="git is not installed"):
        engine.apply(lambda _: write())


def test_an_old_git_is_named_with_the_version_that_is_needed(tmp_path: Path, git: Git) -> None:
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho git version 2.25.1\n")
    fake.chmod(0o755)
    code = f"from promptgit.gitrepo.repository import GitRepository; GitRepository.open({str(git.path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PATH": str(fake.parent)},
        capture_output=True,
        check=False,
    )
    assert b"git 2.25.1 is too old: promptgit needs 2.36 or newer" in done.stderr
