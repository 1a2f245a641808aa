"""Commits: whose signature is believed, as of when, and what the file of signers may be."""

from __future__ import annotations

import base64
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from commandline import Cli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signing import Key, commit, raw, ssh_keygen, write
from support import Git

from promptgit import Registry
from promptgit.errors import ConflictError, GitError, InvalidDocumentError, InvalidReferenceError, UntrustedCommitError
from promptgit.gitrepo.repository import GitRepository
from promptgit.trust import Signature, SignedBy

pytest_plugins = ["signing_fixtures"]

ARMOR = "-----BEGIN {0}-----\n\niQEzBAABCAAdFiEE\n-----END {0}-----"


@pytest.fixture
def repository(git: Git) -> GitRepository:
    return GitRepository.open(str(git.path))


@pytest.fixture
def without_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH on which there is git, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    os.symlink(shutil.which("git") or "git", folder / "git")
    monkeypatch.setenv("PATH", str(folder))


def refusal(repository: GitRepository, signers: Path | SignedBy, oid: str) -> str:
    verifier = signers if isinstance(signers, SignedBy) else SignedBy(signers)
    with pytest.raises(UntrustedCommitError) as caught:
        verifier.check_commit(repository, oid)
    return caught.value.message


# --- signatures -------------------------------------------------------------------------------------------------------


def test_it_says_who_signed(git: Git, repository: GitRepository, signers: Path, ada: Key) -> None:
    found = SignedBy(signers).check_commit(repository, commit(git, ada))
    assert found == Signature(principal="ada@example.com", key=ada.fingerprint, kind="ED25519")


def test_what_is_not_signed_is_refused(git: Git, repository: GitRepository, signers: Path) -> None:
    oid = commit(git, None)
    assert refusal(repository, signers, oid) == f"commit {oid[:10]} is not signed"


def test_a_key_that_is_not_listed_is_named(git: Git, repository: GitRepository, signers: Path, mallory: Key) -> None:
    oid = commit(git, mallory)
    key = f"the ED25519 key {mallory.fingerprint}"
    assert refusal(repository, signers, oid) == f"commit {oid[:10]} is signed with {key}, which {signers} does not list"


@pytest.mark.parametrize(
    ("armor", "kind"),
    [("PGP SIGNATURE", "OpenPGP"), ("PGP MESSAGE", "OpenPGP"), ("SIGNED MESSAGE", "X.509"), ("WAX SEAL", "unknown")],
)
def test_other_signatures_are_named_and_refused(
    git: Git, repository: GitRepository, signers: Path, armor: str, kind: str
) -> None:
    header = "gpgsig " + ARMOR.format(armor).replace("\n", "\n ")
    head, _, body = raw(git, commit(git, None)).decode().partition("\n\n")
    oid = write(git, "commit", f"{head}\n{header}\n\n{body}".encode())
    with pytest.raises(UntrustedCommitError, match=f"is signed with {kind}, and only SSH") as caught:
        SignedBy(signers).check_commit(repository, oid)
    assert "git config gpg.format ssh" in str(caught.value.hint)


def test_a_signature_of_something_else_is_refused(git: Git, repository: GitRepository, signers: Path, ada: Key) -> None:
    signed = raw(git, commit(git, ada))
    for changed in (
        signed.replace(b"Answer kindly", b"Answer rudely"),
        signed.replace(b"author Ada", b"author Eve"),
        signed.replace(b"\n\nAnswer", b"\nencoding UTF-8\n\nAnswer"),
        signed.replace(b"\nparent ", b"\nparent " + b"1" * 40 + b"\nparent ", 1),
    ):
        assert changed != signed
        assert "changed after it was signed" in refusal(repository, signers, write(git, "commit", changed))


def test_two_signatures_are_one_too_many(git: Git, repository: GitRepository, signers: Path, ada: Key) -> None:
    signed = raw(git, commit(git, ada))
    at = signed.index(b"gpgsig ")
    end = signed.index(b"\n\n", at)
    twice = signed[:end] + b"\n" + signed[at:end] + signed[end:]
    assert "behind its signature" in refusal(repository, signers, write(git, "commit", twice))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_is_believed_git_believes_too(
    git: Git, repository: GitRepository, signers: Path, ada: Key, data: st.DataObject
) -> None:
    signed = raw(git, "HEAD") if b"gpgsig" in raw(git, "HEAD") else raw(git, commit(git, ada))
    at = data.draw(st.integers(0, len(signed)))
    new = data.draw(st.sampled_from([b"", b"\n", b" ", b"\n\n", b"gpgsig x\n", b"gpgsig-sha256 x\n", b"A", b"\0"]))
    changed = signed[:at] + new + signed[at + data.draw(st.integers(0, 2)) :]
    oid = write(git, "commit", changed)
    try:
        SignedBy(signers).check_commit(repository, oid)
    except UntrustedCommitError:
        return
    git("-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-commit", oid)


def test_it_works_where_ids_are_sha256(tmp_path: Path, signers: Path, ada: Key) -> None:
    git = Git(tmp_path)
    git("init", "-q", "--object-format=sha256", "longer")
    git.path = tmp_path / "longer"
    assert SignedBy(signers).check_commit(GitRepository.open(str(git.path)), commit(git, ada)).principal == ada.address


def test_the_repository_has_no_say_in_it(
    git: Git, repository: GitRepository, signers: Path, mallory: Key, tmp_path: Path
) -> None:
    oid = commit(git, mallory)
    program = tmp_path / "yes"
    program.write_text(f'#!/bin/sh\ntouch {tmp_path}/started\necho "Good \\"git\\" signature"\n')
    program.chmod(0o755)
    (git.path / "own_signers").write_text(mallory.line())
    git("config", "gpg.ssh.allowedSignersFile", "own_signers")
    git("config", "gpg.ssh.program", str(program))
    assert "does not list" in refusal(repository, signers, oid)
    assert not (tmp_path / "started").exists()


def test_a_signature_between_the_headers_that_git_needs_is_refused(
    git: Git, repository: GitRepository, signers: Path, ada: Key
) -> None:
    signed = raw(git, commit(git, ada))
    changed = signed.replace(b"\nparent ", b"\ngpgsig-sha256 nobody\nparent ", 1)
    assert "is malformed" in refusal(repository, signers, write(git, "commit", changed))


# --- keys in time -----------------------------------------------------------------------------------------------------


def test_a_key_counts_as_of_the_day_that_it_signed(
    git: Git, repository: GitRepository, signers: Path, ada: Key
) -> None:
    signers.write_text(ada.line('valid-after="20250101",valid-before="20260101"'))
    verifier = SignedBy(signers)
    assert verifier.check_commit(repository, commit(git, ada, "2025-07-01T12:00:00Z")).principal == ada.address
    expired = refusal(repository, verifier, commit(git, ada, "2026-07-01T12:00:00Z"))
    assert f"not valid for it: {signers}:1: key has expired" in expired
    assert "not yet valid" in refusal(repository, verifier, commit(git, ada, "2024-07-01T12:00:00Z"))


def test_keys_are_replaced_while_it_runs(
    git: Git, repository: GitRepository, signers: Path, ada: Key, mallory: Key
) -> None:
    verifier = SignedBy(signers)
    old, new = commit(git, ada), commit(git, mallory)
    verifier.check_commit(repository, old)
    identity = verifier.identity
    signers.write_text(mallory.line(who="grace@example.com"))
    assert verifier.check_commit(repository, new).principal == "grace@example.com"
    assert "does not list" in refusal(repository, verifier, old)
    assert verifier.identity == identity


def test_a_file_that_is_swapped_by_a_link_on_the_way_is_read_anew(
    git: Git, repository: GitRepository, tmp_path: Path, ada: Key, mallory: Key
) -> None:
    for name, key in (("one", ada), ("two", mallory)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "allowed_signers").write_text(key.line())
    os.symlink("one", tmp_path / "secret")
    verifier = SignedBy(tmp_path / "secret" / "allowed_signers")
    verifier.check_commit(repository, commit(git, ada))
    os.symlink("two", tmp_path / "next")
    os.replace(tmp_path / "next", tmp_path / "secret")
    verifier.check_commit(repository, commit(git, mallory))


def test_an_authority_vouches_for_keys(
    git: Git, repository: GitRepository, signers: Path, keys: Path, ada: Key, mallory: Key
) -> None:
    authority, release = Key(keys, "authority"), Key(keys, "release")
    ssh_keygen(*f"-q -s {authority.path} -I r1 -n release@example.com -V -1d:+1d {release.path}.pub".split())
    sign = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={release.path}-cert.pub")
    git(*sign, "commit", "-S", "--allow-empty", "-qm", "Answer kindly")
    oid = git("rev-parse", "HEAD")
    signers.write_text(authority.line("cert-authority", who="*@example.com"))
    found = SignedBy(signers).check_commit(repository, oid)
    assert (found.principal, found.kind) == ("release@example.com", "ED25519-CERT")
    assert "does not list" in refusal(repository, signers, commit(git, ada))
    signers.write_text(authority.line("cert-authority", who="*@example.org"))
    assert "does not list" in refusal(repository, signers, oid) or "not valid for it" in refusal(
        repository, signers, oid
    )


def test_a_key_for_other_uses_is_not_believed(git: Git, repository: GitRepository, signers: Path, ada: Key) -> None:
    signers.write_text(ada.line('namespaces="file"'))
    assert "not permitted for use in signature namespace" in refusal(repository, signers, commit(git, ada))


def test_one_of_several_names_is_enough(git: Git, repository: GitRepository, signers: Path, ada: Key) -> None:
    signers.write_text(
        ada.line(who="ada@example.com,ada@work.example") + ada.line('valid-before="20200101"', who="old@x")
    )
    assert SignedBy(signers).check_commit(repository, commit(git, ada)).principal == "ada@example.com"


# --- the file ---------------------------------------------------------------------------------------------------------

KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ada@example.com", "a signer has a name"),
        ("ssh-ed25519 AAAA", "a signer has a name"),
        ("ada@example.com ssh-ed25519", "a signer has a name"),
        ("ada@example.com ssh-ed25519 AAAA", "is not whole"),
        ("ada@example.com ssh-ed25519 AAA", "is not whole"),
        (f"ada@example.com {KEY.replace('ssh-ed25519', 'ssh-rsa')}", "no ssh-rsa key"),
        (f'ada@example.com valid-until="20300101" {KEY}', "valid-until"),
        (f'ada@example.com valid-before="next year" {KEY}', "next year"),
        (f"ada@example.com cert-authority,bogus {KEY}", "bogus"),
    ],
)
def test_a_line_that_cannot_be_read_is_pointed_at(signers: Path, line: str, why: str) -> None:
    signers.write_text(signers.read_text() + f"\n{line}\n")
    with pytest.raises(InvalidDocumentError) as caught:
        SignedBy(signers)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == (str(signers), 5)
    assert why in problem.message


def test_a_file_that_is_no_use_is_refused(tmp_path: Path, signers: Path) -> None:
    with pytest.raises(InvalidDocumentError, match="cannot be read: No such file"):
        SignedBy(tmp_path / "nothing")
    with pytest.raises(InvalidDocumentError, match="is not a file"):
        SignedBy(tmp_path)
    signers.write_text("# nobody yet\n")
    with pytest.raises(InvalidDocumentError, match="lists nobody"):
        SignedBy(signers)
    signers.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(InvalidDocumentError, match="more than 1048576 bytes"):
        SignedBy(signers)


def test_a_file_that_goes_away_takes_the_trust_along(
    git: Git, repository: GitRepository, signers: Path, ada: Key
) -> None:
    verifier, oid = SignedBy(signers), commit(git, ada)
    verifier.check_commit(repository, oid)
    signers.unlink()
    with pytest.raises(InvalidDocumentError, match="cannot be read"):
        verifier.check_commit(repository, oid)


@pytest.mark.parametrize("inside", ["allowed_signers", "prompts/allowed_signers", ".git/allowed_signers"])
def test_a_file_in_the_repository_is_refused(
    git: Git, repository: GitRepository, ada: Key, inside: str, tmp_path: Path
) -> None:
    oid = commit(git, ada)
    path = git.path / inside
    path.parent.mkdir(exist_ok=True)
    path.write_text(ada.line())
    os.symlink(path, tmp_path / "link")
    for way in (path, tmp_path / "link"):
        with pytest.raises(InvalidDocumentError, match="would vouch for itself"):
            SignedBy(way).check_commit(repository, oid)


def test_a_link_in_the_repository_is_refused_wherever_it_leads(
    git: Git, repository: GitRepository, signers: Path, ada: Key, tmp_path: Path
) -> None:
    oid = commit(git, ada)
    os.symlink(signers.parent, git.path / "folder")
    os.symlink(git.path / "folder", tmp_path / "way")
    with pytest.raises(InvalidDocumentError, match="would vouch for itself"):
        SignedBy(tmp_path / "way" / signers.name).check_commit(repository, oid)


def test_a_file_in_another_working_tree_of_the_repository_is_refused(
    git: Git, repository: GitRepository, ada: Key, tmp_path: Path
) -> None:
    oid = commit(git, ada)
    git("worktree", "add", "-q", str(tmp_path / "other"))
    path = tmp_path / "other" / "allowed_signers"
    path.write_text(ada.line())
    with pytest.raises(InvalidDocumentError, match="would vouch for itself"):
        SignedBy(path).check_commit(repository, oid)
    (git.path / "allowed_signers").write_text(ada.line())
    other = GitRepository.open(str(tmp_path / "other"))
    with pytest.raises(InvalidDocumentError, match="would vouch for itself"):
        SignedBy(git.path / "allowed_signers").check_commit(other, oid)


# --- in use -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_ssh")
def test_without_ssh_keygen_it_says_so(
    git: Git, repository: GitRepository, signers: Path, monkeypatch: pytest.MonkeyPatch, ada: Key
) -> None:
    with monkeypatch.context() as context:
        context.setenv("PATH", os.defpath)
        oid = commit(git, ada)
    with pytest.raises(GitError, match="ssh-keygen is not installed"):
        SignedBy(signers).check_commit(repository, oid)


@pytest.mark.parametrize(
    ("script", "why"),
    [("echo 'unknown option -- Y' >&2; exit 1", "ssh-keygen is too old"), ("sleep 60", "did not end within 0.2 s")],
)
def test_an_ssh_keygen_that_cannot_answer_is_told(
    git: Git,
    repository: GitRepository,
    signers: Path,
    ada: Key,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    why: str,
) -> None:
    oid = commit(git, ada)
    program = tmp_path / "bin" / "ssh-keygen"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("promptgit.gitrepo.signatures.DEADLINE_S", 0.2)
    with pytest.raises(GitError, match=why):
        SignedBy(signers).check_commit(repository, oid)


def test_what_was_verified_is_not_verified_again(
    git: Git, repository: GitRepository, signers: Path, ada: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier, oid = SignedBy(signers), commit(git, ada)
    first = verifier.check_commit(repository, oid)
    monkeypatch.setenv("PATH", "/nowhere")
    assert verifier.check_commit(repository, oid) == first


def test_threads_share_it(git: Git, repository: GitRepository, signers: Path, ada: Key, mallory: Key) -> None:
    verifier = SignedBy(signers)
    oids = {commit(git, key): key is ada for key in (ada, mallory, ada, mallory)}

    def trusted(oid: str) -> bool:
        try:
            return bool(verifier.check_commit(repository, oid))
        except UntrustedCommitError:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(trusted, [*oids] * 3)) == [*oids.values()] * 3


def test_a_registry_serves_signed_commits_only(refunds: Registry, git: Git, signers: Path, ada: Key) -> None:
    oid = commit(git, ada)
    with Registry(git.path, rev="main", verify=SignedBy(signers)) as registry:
        assert registry.load("support.refunds@production").version == 1
        assert registry.commit == oid
        refunds.set_alias("support.refunds", "production", 2)
        with pytest.raises(UntrustedCommitError, match="is not signed"):
            registry.load("support.refunds@production")
        with pytest.raises(UntrustedCommitError, match="is not signed"):
            registry.at("HEAD~1~1")
        ada.always(git)
        refunds.set_alias("support.refunds", "production", 3)
        assert registry.load("support.refunds@production").version == 3
    with pytest.raises(InvalidReferenceError, match="working tree"):
        Registry(git.path, verify=SignedBy(signers))


def test_a_health_check_sees_what_an_application_sees_that_asks_for_signatures(
    refunds: Registry, git: Git, signers: Path, ada: Key, anywhere: Cli
) -> None:
    signed, url = commit(git, ada), f"file://{git.path}"
    with Registry(url, refresh=0, verify=SignedBy(signers)) as application:
        refunds.set_alias("support.refunds", "production", 2)
        with pytest.raises(UntrustedCommitError) as caught:
            application.refresh()
        seen = anywhere("-C", url, "status", "--signers", signers, "--max-age", 300)
        assert seen.code == 1
        assert signed in seen.out
        assert "is not signed" in seen.out
        assert "is not signed" in str(caught.value)


def test_the_hint_for_a_rewritten_history_names_the_signers(
    refunds: Registry, git: Git, signers: Path, ada: Key, anywhere: Cli
) -> None:
    url, ground = f"file://{git.path}", git("rev-parse", "HEAD")
    ada.always(git)
    refunds.set_alias("support.refunds", "production", 2)
    with Registry(url, refresh=0, verify=SignedBy(signers)) as application:
        git("reset", "-q", "--hard", ground)
        refunds.set_alias("support.refunds", "production", 3)
        with pytest.raises(ConflictError, match="history was rewritten") as caught:
            application.refresh()
        words = str(caught.value.hint).partition("promptgit ")[2].partition(",")[0].split()
        assert words[words.index("--signers") + 1] == str(signers)
        assert anywhere(*words).code == 0
        application.refresh()
        assert application.load("support.refunds@production").version == 3
