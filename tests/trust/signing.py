"""Keys, files of signers, and signed objects, made with ssh-keygen and git as their users make them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support import Git


class Key:
    """An SSH key of somebody, without a passphrase."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.path = folder / name
        if not self.path.exists():
            ssh_keygen("-q", "-t", "ed25519", "-N", "", "-C", self.address, "-f", str(self.path))

    @property
    def address(self) -> str:
        """Who it is."""
        return f"{self.name}@example.com"

    @property
    def public(self) -> str:
        """Type and key, as a line of a signers file ends."""
        return " ".join(self.path.with_suffix(".pub").read_text().split()[:2])

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen prints it."""
        return ssh_keygen("-l", "-f", str(self.path)).split()[1]

    def line(self, options: str = "", who: str = "") -> str:
        """A line of a signers file."""
        return " ".join(filter(None, [who or self.address, options, self.public])) + "\n"

    def config(self) -> tuple[str, ...]:
        """Options with which git signs."""
        return ("-c", "gpg.format=ssh", "-c", f"user.signingKey={self.path}.pub")

    def always(self, git: Git) -> None:
        """Let the repository's commits and tags be signed."""
        for option in ("gpg.format=ssh", f"user.signingKey={self.path}.pub", "commit.gpgSign=true", "tag.gpgSign=true"):
            git("config", *option.split("=", 1))


def ssh_keygen(*args: str) -> str:
    return subprocess.run(["ssh-keygen", *args], check=True, capture_output=True, text=True).stdout


def commit(git: Git, key: Key | None, when: str = "") -> str:
    """An empty commit on top, signed if there is a key; return its id."""
    sign = (*key.config(), "commit", "-S") if key else ("commit", "--no-gpg-sign")
    git(*sign, "--allow-empty", "-qm", "Answer kindly", GIT_AUTHOR_DATE=when, GIT_COMMITTER_DATE=when)
    return git("rev-parse", "HEAD")


def tag(git: Git, key: Key | None, name: str, message: str = "Release\n\nTarget: 2\n", target: str = "HEAD") -> str:
    """An annotated tag; return the object's id."""
    sign = (*key.config(), "tag", "-s") if key else ("tag", "--no-sign", "-a")
    git(*sign, "-m", message, name, target)
    return git("rev-parse", f"refs/tags/{name}")


def raw(git: Git, oid: str) -> bytes:
    """An object's bytes."""
    kind = git("cat-file", "-t", oid)
    done = subprocess.run(["git", "cat-file", kind, oid], cwd=git.path, check=True, capture_output=True)
    return done.stdout


def write(git: Git, kind: str, data: bytes) -> str:
    """An object of any bytes; return its id."""
    return git("hash-object", "-t", kind, "-w", "--stdin", "--literally", stdin=data)
