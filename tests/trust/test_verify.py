"""`promptgit verify`: what history proves, what speaks against it, and what could not be looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from commandline import Cli, call
from signing import Key, commit
from support import Git, git_init

from promptgit import Registry

pytest_plugins = ["signing_fixtures"]

FOLDER = "prompts/support/refunds"
RUDE = "template: Answer rudely.\n"


@pytest.fixture
def git_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH on which there is git, and no ssh-keygen."""
    folder = tmp_path / "bin"
    folder.mkdir()
    os.symlink(shutil.which("git") or "git", folder / "git")
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def signed(registry: Registry, git: Git, ada: Key, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A registry in which ada signed everything but the first commit."""
    ada.always(git)
    for tone in ("briefly", "kindly"):
        registry.register("support.refunds", f"Answer {tone}: {{{{question}}}}\n", f"Answer {tone}")
    registry.set_alias("support.refunds", "production", 1)
    registry.close()
    monkeypatch.chdir(git.path)
    return git


# --- what never changed -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("git_alone")
def test_a_history_without_a_fault_is_proved(cli: Cli) -> None:
    said = cli("verify").out
    assert said.startswith("3 versions of 1 prompt: none ever changed (checked 5 commits, ")


def test_a_version_that_changed_is_told_with_its_commit(cli: Cli, git: Git) -> None:
    at = git.commit_file(f"{FOLDER}/1.yaml", RUDE)[:10]
    said = cli("verify", code=1).out
    assert f"{FOLDER}/1.yaml: error: commit {at} changed the version [version-rewritten]" in said
    assert "3 versions of 1 prompt: 1 problem (checked 6 commits, " in said
    cli("verify", "--rev", "HEAD~1")


def test_a_change_that_a_side_branch_took_back_is_told(cli: Cli, git: Git) -> None:
    before = (git.path / FOLDER / "1.yaml").read_text()
    git("checkout", "-qb", "side")
    git.commit_file(f"{FOLDER}/1.yaml", RUDE)
    git.commit_file(f"{FOLDER}/1.yaml", before)
    git("checkout", "-q", "main")
    git.commit_file("README.md", "Prompts\n")
    git("merge", "-q", "--no-edit", "side")
    assert cli("verify", code=1).out.count("changed the version") == 2


def test_a_rename_that_changes_a_version_is_told(cli: Cli, git: Git) -> None:
    cli("rename", "support.refunds", "billing.refunds", "-m", "Billing answers these")
    cli("verify")
    git("reset", "-q", "--soft", "HEAD~1")
    (git.path / "prompts/billing/refunds/2.yaml").write_text(RUDE)
    git("add", ".")
    git("commit", "-qm", "Billing answers these")
    assert f"{FOLDER}/2.yaml: error: " in cli("verify", code=1).out


def test_the_registry_cannot_switch_it_off(cli: Cli, git: Git) -> None:
    git.commit_file("promptgit.yaml", "format: 1\nchecks: {version-rewritten: 'off', version-reused: warning}\n")
    git.commit_file(f"{FOLDER}/1.yaml", RUDE)
    assert cli("check", "--history", "--only", "version-rewritten").code == 0
    assert "changed the version" in cli("verify", code=1).out


def test_a_number_that_came_back_after_it_was_deleted_is_told(cli: Cli, git: Git) -> None:
    text = (git.path / FOLDER / "2.yaml").read_text()
    cli("delete", "support.refunds/2", "-m", "Nobody asks this")
    cli("verify")
    git.commit_file(f"{FOLDER}/2.yaml", text)
    assert "version 2 was deleted: its number may not be used again" in cli("verify", code=1).out


def test_a_shallow_clone_proves_nothing(refunds: Registry, git: Git, tmp_path: Path, signers: Path) -> None:
    git("clone", "-q", "--depth", "2", f"file://{git.path}", str(tmp_path / "clone"))
    result = call("-C", tmp_path / "clone", "verify", "--signers", signers)
    assert result.code == 1
    assert "only a part of it was looked at" in result.out
    assert "the commit that added it is not in this clone" in result.out


def test_another_history_than_that_of_the_commits_is_told(cli: Cli, git: Git) -> None:
    git.commit_file(f"{FOLDER}/1.yaml", RUDE)
    old = git("rev-parse", "HEAD~2")
    (git.path / ".git" / "info" / "grafts").write_text(f"{old}\n")
    said = cli("verify", code=1).out
    assert "git tells of 3 commits, and the commits themselves lead to 6 [history-altered]" in said


def test_a_folder_in_the_past_that_was_tampered_with_is_told(cli: Cli, git: Git) -> None:
    tree = git("rev-parse", f"HEAD~2:{FOLDER}")
    other = git("rev-parse", f"HEAD:{FOLDER}")
    content = subprocess.run(["git", "cat-file", "tree", other], cwd=git.path, check=True, capture_output=True).stdout
    path = git.path / ".git" / "objects" / tree[:2] / tree[2:]
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"tree %d\0" % len(content) + content))
    assert f"object {tree} does not have the content it was named for" in cli("verify", code=1).err


def test_before_the_first_commit_there_is_nothing_to_prove(anywhere: Cli) -> None:
    Git(Path.cwd())("init", "-q")
    Path("promptgit.yaml").write_text("format: 1\n")
    result = anywhere("verify")
    assert result.code == 1
    assert "HEAD" in result.err


# --- who signed what --------------------------------------------------------------------------------------------------


def test_what_is_signed_is_counted_by_signer(signed: Git, signers: Path) -> None:
    result = call("verify", "--signers", signers)
    assert result.code == 0
    assert result.out.splitlines()[1:] == [
        "signed by ada@example.com: 2 versions, 1 move of an alias",
        "all of it is signed",
    ]


def test_what_is_not_signed_is_told_with_its_author(signed: Git, signers: Path, mallory: Key) -> None:
    signed.commit_file(f"{FOLDER}/aliases.yaml", "production: 2\n")
    signed("config", "user.signingKey", f"{mallory.path}.pub")
    signed.commit_file(f"{FOLDER}/3.yaml", RUDE)
    signed("config", "commit.gpgSign", "false")
    oid = signed.commit_file(f"{FOLDER}/4.yaml", "template: Answer at length.\n")
    result = call("verify", "--signers", signers)
    assert result.code == 1
    rows = {line.split("  ")[1].strip(): line for line in result.out.splitlines() if line.startswith("support.refunds")}
    assert list(rows) == ["version 3", "version 4"]
    assert "Ada Lovelace" in rows["version 3"]
    assert f"signed with the ED25519 key {mallory.fingerprint}, which {signers} does not list" in rows["version 3"]
    assert f"commit {oid[:10]} is not signed" in rows["version 4"]
    assert "signed by ada@example.com: 2 versions, 2 moves of aliases" in result.out
    assert f"not signed by anybody in {signers}: 2 versions" in result.out


def test_a_long_list_is_cut_and_json_has_all(cli: Cli, signers: Path, git: Git) -> None:
    for number in range(4, 27):
        (git.path / FOLDER / f"{number}.yaml").write_text(f"template: Answer in {number} words.\n")
    git("add", ".")
    git("commit", "-qm", "Lengths")
    assert "... and 7 more: --json lists all" in cli("verify", "--signers", signers, code=1).out
    assert len(cli("verify", "--signers", signers, "--json", code=1).json["signed"]) == 27


def test_json_has_everything(signed: Git, signers: Path, ada: Key) -> None:
    values = call("verify", "--signers", signers, "--json").json
    assert (values["holds"], values["versions"], values["prompts"], values["commits"]) == (True, 2, 1, 4)
    assert values["problems"] == []
    newest = values["signed"][0]
    assert (newest["kind"], newest["prompt"], newest["what"]) == ("alias", "support.refunds", "production: new -> 1")
    assert (newest["signer"], newest["key"], newest["key_type"]) == (ada.address, ada.fingerprint, "ED25519")
    assert newest["commit"] == signed("rev-parse", "HEAD")
    assert call("verify", "--json").json["signed"] is None


def test_names_are_shown_safely(signed: Git, signers: Path) -> None:
    signed("config", "commit.gpgSign", "false")
    (signed.path / FOLDER / "3.yaml").write_text(RUDE)
    signed("add", ".")
    signed("commit", "-qm", "x", GIT_AUTHOR_NAME="\x1b[2JAda")
    assert "\x1b" not in call("verify", "--signers", signers).out


def test_signers_in_the_repository_are_refused(signed: Git, ada: Key) -> None:
    (signed.path / "allowed_signers").write_text(ada.line())
    result = call("verify", "--signers", "allowed_signers")
    assert result.code == 1
    assert "would vouch for itself" in result.err


def test_a_signature_on_top_does_not_make_what_is_below_signed(cli: Cli, git: Git, ada: Key, signers: Path) -> None:
    commit(git, ada)
    assert "3 versions, 1 move of an alias" in cli("verify", "--signers", signers, code=1).out


# --- aliases in tags --------------------------------------------------------------------------------------------------


@pytest.fixture
def tagged(tmp_path: Path, ada: Key, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A registry whose aliases are tags; ada signed everything, and moved production three times."""
    git = git_init(tmp_path / "tagged", config="format: 1\naliases: tags\n")
    ada.always(git)
    with Registry(git.path) as registry:
        for tone in ("briefly", "kindly"):
            registry.register("support.refunds", f"Answer {tone}: {{{{question}}}}\n", f"Answer {tone}")
        for version in (1, 2, 1):
            registry.set_alias("support.refunds", "production", version)
    monkeypatch.chdir(git.path)
    return git


def test_moves_in_tags_are_counted(tagged: Git, signers: Path) -> None:
    result = call("verify", "--signers", signers)
    assert result.code == 0, result
    assert "signed by ada@example.com: 2 versions, 3 moves of aliases" in result.out


def test_a_move_in_a_tag_that_is_not_signed_or_is_another_one_is_told(tagged: Git, signers: Path) -> None:
    tagged("config", "tag.gpgSign", "false")
    with Registry(tagged.path) as registry:
        registry.set_alias("support.refunds", "production", 2)
    tagged("update-ref", "refs/tags/support.refunds@production/5", "refs/tags/support.refunds@production/1")
    result = call("verify", "--signers", signers)
    assert result.code == 1
    assert "the tag support.refunds@production/4 is not signed" in result.out
    assert "was made as support.refunds@production/1, and was given another name since" in result.out


def test_a_move_that_was_taken_away_is_told(tagged: Git, signers: Path) -> None:
    tagged("tag", "-d", "support.refunds@production/2")
    result = call("verify", "--signers", signers)
    assert result.code == 1
    assert "support.refunds@production: move 2 of 3 is missing [alias-move-missing]" in result.out
