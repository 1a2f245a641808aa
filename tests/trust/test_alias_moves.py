"""Moves of aliases in tags: whose they are, what they are called, and that they never go back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signing import Key, commit, raw, tag, write
from support import Git, git_init

from promptgit import Registry
from promptgit.errors import CorruptObjectError, UntrustedCommitError
from promptgit.gitrepo.repository import GitRepository
from promptgit.trust import SignedBy, check_moves

pytest_plugins = ["signing_fixtures"]

NAME = "support.refunds@production/2"
_COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(["support.refunds", "faq"]), st.sampled_from(["production", "beta"])), st.integers(1, 9)
)


@pytest.fixture
def repository(git: Git) -> GitRepository:
    return GitRepository.open(str(git.path))


def refusal(repository: GitRepository, signers: Path, oid: str, name: str = NAME) -> str:
    with pytest.raises(UntrustedCommitError) as caught:
        SignedBy(signers).check_tag(repository, oid, name)
    return caught.value.message


def test_it_says_who_moved(git: Git, repository: GitRepository, signers: Path, ada: Key, mallory: Key) -> None:
    verifier = SignedBy(signers)
    oid = tag(git, ada, NAME)
    assert verifier.check_tag(repository, oid, NAME).key == ada.fingerprint
    assert verifier.check_tag(repository, oid, NAME).principal == ada.address
    assert (
        refusal(repository, signers, tag(git, None, "faq@beta/1"), "faq@beta/1") == "the tag faq@beta/1 is not signed"
    )
    assert "does not list" in refusal(repository, signers, tag(git, mallory, "faq@beta/2"), "faq@beta/2")


def test_a_move_under_another_name_is_refused(git: Git, repository: GitRepository, signers: Path, ada: Key) -> None:
    oid = tag(git, ada, NAME)
    verifier = SignedBy(signers)
    verifier.check_tag(repository, oid, NAME)
    for name in ("support.refunds@production/9", "support.refunds@beta/2", "faq@production/2"):
        with pytest.raises(UntrustedCommitError, match=f"was made as {NAME}, and was given another name"):
            verifier.check_tag(repository, oid, name)


def test_text_behind_the_signature_is_refused(git: Git, repository: GitRepository, signers: Path, ada: Key) -> None:
    signed = raw(git, tag(git, ada, NAME))
    turned = write(git, "tag", signed + b"\nTarget: 1\n")
    git("update-ref", "refs/tags/turned", turned)
    assert git("-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-tag", turned) == ""  # git takes it
    assert "text behind its signature" in refusal(repository, signers, turned)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"Target: 2", b"Target: 1", "changed after it was signed"),
        (b"type commit", b"type tree", "not on a commit"),
        (b"tag support", b"tag Support", "given another name"),
        (b"tagger Ada", b"tagger Eve", "changed after it was signed"),
        (b"type commit\n", b"type commit\ngpgsig x\n", "malformed"),
        (b"tagger ", b"tugger ", "malformed"),
    ],
)
def test_a_move_that_was_changed_is_refused(
    git: Git, repository: GitRepository, signers: Path, ada: Key, old: bytes, new: bytes, why: str
) -> None:
    signed = raw(git, tag(git, ada, NAME))
    assert signed.count(old) == 1
    assert why in refusal(repository, signers, write(git, "tag", signed.replace(old, new)))


def test_a_move_on_anything_but_a_commit_of_the_repository_is_refused(
    git: Git, repository: GitRepository, signers: Path, ada: Key
) -> None:
    tree = tag(git, ada, NAME, target="HEAD^{tree}")
    assert refusal(repository, signers, tree) == f"the tag {NAME} is not on a commit"
    elsewhere = raw(git, tag(git, ada, "faq@beta/1"))
    head = git("rev-parse", "HEAD").encode()
    with pytest.raises(CorruptObjectError, match="is missing"):
        SignedBy(signers).check_tag(
            repository, write(git, "tag", elsewhere.replace(head, b"1" * len(head))), "faq@beta/1"
        )


def test_a_key_counts_as_of_the_day_of_the_move(git: Git, repository: GitRepository, signers: Path, ada: Key) -> None:
    commit(git, None)
    signers.write_text(ada.line('valid-before="20260101"'))
    git(*ada.config(), "tag", "-s", "-m", "x", NAME, GIT_COMMITTER_DATE="2025-07-01T12:00:00Z")
    assert SignedBy(signers).check_tag(repository, git("rev-parse", f"refs/tags/{NAME}"), NAME).principal == ada.address
    git(*ada.config(), "tag", "-s", "-m", "x", "faq@beta/1", GIT_COMMITTER_DATE="2026-07-01T12:00:00Z")
    assert "key has expired" in refusal(repository, signers, git("rev-parse", "refs/tags/faq@beta/1"), "faq@beta/1")


def test_a_registry_serves_signed_moves_only(tmp_path: Path, signers: Path, ada: Key) -> None:
    git = git_init(tmp_path / "tagged", config="format: 1\naliases: tags\n")
    ada.always(git)
    with Registry(git.path) as writer:
        for tone in ("briefly", "kindly"):
            writer.register("support.refunds", f"Answer {tone}: {{{{question}}}}\n", f"Answer {tone}")
        writer.set_alias("support.refunds", "production", 1)
        with Registry(git.path, rev="main", verify=SignedBy(signers)) as reader:
            assert reader.load("support.refunds@production").version == 1
            git("config", "tag.gpgSign", "false")
            writer.set_alias("support.refunds", "production", 2)
            with pytest.raises(UntrustedCommitError, match="production/2 is not signed"):
                reader.load("support.refunds@production")
            with pytest.raises(UntrustedCommitError, match="production/2 is not signed"):
                reader.at("main").load("support.refunds@production")
            git("config", "tag.gpgSign", "true")
            writer.set_alias("support.refunds", "production", 1)
            assert reader.load("support.refunds@production").version == 1


def test_a_count_that_goes_back_is_told() -> None:
    known = {("support.refunds", "production"): 4, ("faq", "beta"): 2, ("faq", "production"): 1}
    new = {("support.refunds", "production"): 3, ("faq", "production"): 2, ("triage", "beta"): 1}
    assert [str(setback) for setback in check_moves(known, new)] == [
        "faq@beta had moved 2 times, now there are none: moves were taken away",
        "support.refunds@production had moved 4 times, now 3: moves were taken away",
    ]


@given(_COUNTS, _COUNTS)
def test_nothing_is_told_where_no_count_goes_back(
    known: dict[tuple[str, str], int], new: dict[tuple[str, str], int]
) -> None:
    lost = {alias for alias, count in known.items() if new.get(alias, 0) < count}
    assert {(found.prompt, found.alias) for found in check_moves(known, new)} == lost
