"""Bundles whose commit, and whose alias moves, must be signed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support import CONFIG, Git, git_init

from promptgit import Registry
from promptgit.errors import UntrustedCommitError
from promptgit.remote.bundling import write_bundle
from promptgit.trust import SignedBy

NAME = "support.refunds"


@pytest.fixture
def signers(home: Path) -> SignedBy:
    """Believes the key that git signs with from now on."""
    key, allowed = home / "key", home / "signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, stdin=subprocess.DEVNULL)
    allowed.write_text(f'ada@example.com namespaces="git" {key.with_suffix(".pub").read_text()}')
    settings = f"[user]\n\tsigningKey = {key}\n[gpg]\n\tformat = ssh\n[commit]\n\tgpgSign\n[tag]\n\tgpgSign\n"
    with open(home / ".gitconfig", "a") as file:
        file.write(settings)
    return SignedBy(allowed)


@pytest.fixture
def shop(signers: SignedBy, tmp_path: Path) -> Git:
    """A registry whose commits and alias moves are signed."""
    git = git_init(tmp_path / "shop", config=f"{CONFIG}aliases: tags\n")
    with Registry(git.path) as registry:
        for tone in ("briefly", "kindly"):
            registry.register(NAME, f"Answer {tone}: {{{{question}}}}", f"Answer {tone}")
            registry.set_alias(NAME, "production", registry.versions(NAME)[-1])
    return git


def bundled(git: Git, *, history: bool = False) -> Path:
    with Registry(git.path) as registry:
        return Path(write_bundle(registry, f"{git.path}.bundle", history=history).path)


@pytest.mark.parametrize("history", [False, True], ids=["alone", "with history"])
def test_what_is_signed_is_served(shop: Git, signers: SignedBy, history: bool) -> None:
    with Registry(bundled(shop, history=history), verify=signers) as bundle:
        assert bundle.load(f"{NAME}@production").version == 2


def test_a_commit_that_is_not_signed_is_not_served(shop: Git, signers: SignedBy) -> None:
    shop("-c", "commit.gpgSign=false", "commit", "-q", "--allow-empty", "-m", "By hand")
    with pytest.raises(UntrustedCommitError, match="is not signed"):
        Registry(bundled(shop), verify=signers)


def test_an_alias_move_that_is_not_signed_is_not_served(shop: Git, signers: SignedBy) -> None:
    text = "Go back\n\nTarget: 1\n"
    shop("-c", "tag.gpgSign=false", "tag", "-a", "-m", text, f"{NAME}@production/3")
    with pytest.raises(UntrustedCommitError, match=f"{NAME}@production/3 is not signed"):
        Registry(bundled(shop), verify=signers)


def test_an_old_move_under_a_new_name_is_not_served(shop: Git, signers: SignedBy) -> None:
    shop("update-ref", f"refs/tags/{NAME}@production/3", shop("rev-parse", f"{NAME}@production/1"))
    with pytest.raises(UntrustedCommitError, match=f"{NAME}@production/3 was made as {NAME}@production/1"):
        Registry(bundled(shop), verify=signers)
