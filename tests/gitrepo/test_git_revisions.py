"""What a revision means, and that nobody can make it mean something else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support import Git, git_init

from promptgit import Registry
from promptgit.errors import GitError, RevisionNotFoundError
from promptgit.gitrepo.repository import GitRepository
from promptgit.gitrepo.run import environment, redact


def commit_at(git: Git, date: str, name: str) -> str:
    (git.path / "file").write_text(name)
    git("add", "file")
    git("commit", "-qm", name, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    return git("rev-parse", "HEAD")


@pytest.fixture
def repository(git: Git) -> GitRepository:
    return GitRepository.open(str(git.path))


def test_head_branch_tag_remote_full_and_short_ids_resolve(git: Git, repository: GitRepository) -> None:
    tip = git("rev-parse", "HEAD")
    git("tag", "-a", "v1", "-m", "one")
    git("update-ref", "refs/remotes/origin/main", tip)
    for rev in ("HEAD", "main", "refs/heads/main", "v1", "origin/main", tip, tip[:10]):
        assert repository.resolve(rev).commit == tip


def test_a_suffix_goes_back(git: Git, repository: GitRepository) -> None:
    first = git("rev-parse", "HEAD")
    git.commit_file("a", "1")
    git.commit_file("b", "2")
    assert repository.resolve("main~2").commit == first
    assert repository.resolve("HEAD^^").commit == first


def test_a_branch_that_is_named_like_a_short_id_does_not_hijack_a_full_one(git: Git, repository: GitRepository) -> None:
    first = git("rev-parse", "HEAD")
    git.commit_file("a", "1")
    git("branch", first[:8])
    git("update-ref", f"refs/heads/{first}", "HEAD")
    git("update-ref", f"refs/tags/{first}", "HEAD")
    assert repository.resolve(first).commit == first


def test_a_branch_wins_over_a_tag_of_the_same_name_always(git: Git, repository: GitRepository) -> None:
    first = git("rev-parse", "HEAD")
    tip = git.commit_file("a", "1")
    git("update-ref", "refs/tags/release", first)
    git("update-ref", "refs/heads/release", tip)
    assert repository.resolve("release").commit == tip


def test_a_day_means_the_state_in_which_it_began(tmp_path: Path) -> None:
    git = Git(tmp_path)
    git("init", "-q", "-b", "main")
    first = commit_at(git, "2026-10-01T12:00:00+00:00", "one")
    second = commit_at(git, "2026-11-01T08:00:00+00:00", "two")
    repository = GitRepository.open(str(tmp_path))
    assert repository.resolve("2026-11-01").commit == first
    assert repository.resolve("2026-11-02").commit == second
    assert repository.resolve("2026-11-01T08:00:00").commit == second
    assert repository.resolve("2026-11-01T09:59:59+02:00").commit == first
    with pytest.raises(RevisionNotFoundError, match="no commit before 2026-09-01"):
        repository.resolve("2026-09-01")


@pytest.mark.parametrize(
    "rev",
    [
        "HEAD:promptgit.yaml",
        ":/New",
        "main..HEAD",
        "main@{1}",
        "main@{upstream}",
        "--all",
        "none",
        "main^{/New}",
        "0" * 40,
    ],
)
def test_what_is_no_revision_is_refused(repository: GitRepository, rev: str) -> None:
    with pytest.raises(RevisionNotFoundError):
        repository.resolve(rev)


def test_an_unknown_revision_names_what_is_near(git: Git, repository: GitRepository) -> None:
    git("branch", "release-2026")
    with pytest.raises(RevisionNotFoundError, match="Did you mean release-2026"):
        repository.resolve("release-2025")


def test_a_folder_outside_any_repository_says_so(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is not in a git repository"):
        GitRepository.open(str(tmp_path))


def test_a_repository_of_another_user_is_refused_with_a_way_out(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    from promptgit.gitrepo import run

    monkeypatch.setattr(run, "_KEPT", run._KEPT | {"GIT_TEST_ASSUME_DIFFERENT_OWNER"})
    with pytest.raises(GitError, match="belongs to another user") as caught:
        GitRepository.open(str(git.path))
    assert f"safe.directory {git.path}" in str(caught.value)


def test_a_bare_repository_that_lies_in_the_tree_is_not_used(git: Git) -> None:
    """https://github.com/justinsteven/advisories, 2022: a bare repository in a folder runs programs by its configuration."""
    evil = git_init(git.path / "evil", bare=True)
    evil("config", "core.fsmonitor", f"touch {git.path}/owned")
    (evil.path / "sub").mkdir()
    with pytest.raises(GitError):
        GitRepository.open(str(evil.path / "objects"))
    assert not (git.path / "owned").exists()


def test_no_configuration_of_the_repository_starts_a_program(git: Git) -> None:
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "diff.external",
        "core.askPass",
    ):
        git("config", key, f"touch {git.path}/owned")
    git("config", "filter.evil.smudge", f"touch {git.path}/owned")
    repository = GitRepository.open(str(git.path))
    repository.resolve("HEAD")
    repository.git(["log", "-1"])
    repository.git(["ls-files", "--stage"])
    assert not (git.path / "owned").exists()


def test_a_hook_environment_is_dropped_and_the_identity_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_CONFIG_PARAMETERS",
        "GIT_EXEC_PATH",
        "GIT_TRACE",
    ):
        monkeypatch.setenv(key, "x")
    kept = environment()
    assert {key for key in kept if key.startswith("GIT_") and kept[key] == "x"} == set()
    assert kept["GIT_AUTHOR_NAME"] == "Ada Lovelace"
    assert kept["GIT_NO_REPLACE_OBJECTS"] == "1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:s3cret@host/x.git", "https://***@host/x.git"),
        ("ssh://git:s3cret@host/x", "ssh://***@host/x"),
        ("https://host/x?access_token=s3cret&a=1", "https://host/x?access_token=***&a=1"),
        ("https://s3cret@host/x", "https://***@host/x"),
        (
            "fatal: unable to access 'https://u:s3cret@h/': refused",
            "fatal: unable to access 'https://***@h/': refused",
        ),
    ],
)
def test_credentials_in_urls_are_not_shown(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_git_that_hangs_is_stopped_with_all_it_started(
    tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    from promptgit.gitrepo import run

    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path}/pid\nwait\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:/usr/bin:/bin")
    with pytest.raises(GitError, match=r"did not end within 0\.5 s"):
        run.run(["fetch"], deadline=0.5)
    pid = int((tmp_path / "pid").read_text())
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    assert state.strip()[:1] in ("", "Z")


def test_an_expression_is_no_branch_to_follow(refunds: Registry) -> None:
    with Registry(refunds.path, rev="main~1") as pinned:
        commit = pinned.commit
        refunds.set_alias("support.refunds", "production", 3)
        assert pinned.commit == commit
        assert pinned.status().source == "commit"


def test_a_message_with_control_characters_does_not_break_the_history(refunds: Registry, git: Git) -> None:
    texts = ("one\x01two", "\x01" * 40, "\x01" + "a" * 40 + "\x02")
    for text in texts:
        git("commit", "-q", "--allow-empty", "-m", f"Look at this: {text}")
        refunds.register("support.refunds", f"{text!r}: {{{{question}}}}", text)
    messages = [event.message for event in refunds.history("support.refunds")]
    assert messages[:3] == [text.strip() for text in reversed(texts)]
    assert refunds.load("support.refunds").commit_message == texts[-1].strip()
