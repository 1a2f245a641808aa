"""Whom to believe: a file of allowed signers, kept outside of the repository that it judges.

What stands in a repository can be changed by whoever can push to it, so a list of signers in there would vouch for itself.
Verified is what the signed bytes say, by keys that the file lists as of now; see `promptgit.gitrepo.signatures` for how.
"""

from __future__ import annotations

import hashlib
import os
import stat

from promptgit import stamp
from promptgit.errors import UntrustedCommitError
from promptgit.gitrepo.signers import MANUAL, check_signers, problem, require_outside
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn, Protocol

    from promptgit.gitrepo.repository import GitRepository
    from promptgit.gitrepo.signatures import Parts

MAX_SIGNERS = 1024 * 1024  # bytes of the file
KEPT = 10_000  # signatures that were verified
_SIGN = "git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"


class Signature(Record):
    """Who signed an object.

    Attributes:
        principal: as the signers file has it: an address, or the pattern that the key is listed under.
        key: the key's fingerprint, `SHA256:…`.
        kind: of the key, such as `ED25519`, or `ED25519-CERT` for one that an authority vouches for.
    """

    principal: str
    key: str
    kind: str


if TYPE_CHECKING:

    class Verifier(Protocol):
        """Decides which commits and which moves of aliases may be served."""

        @property
        def identity(self) -> str:
            """A hex digest of whom it trusts: what was served under another is not taken over."""

        def check_commit(self, repository: GitRepository, commit: str) -> Signature:
            """Who signed a commit.

            Raises:
                UntrustedCommitError: nobody who is trusted.
            """

        def check_tag(self, repository: GitRepository, oid: str, name: str) -> Signature:
            """Who signed a tag object that stands under the name `refs/tags/<name>`.

            Raises:
                UntrustedCommitError: nobody who is trusted, or it was made under another name, or not on a commit.
            """


class SignedBy:
    """Believes what a key of a file has signed.

    The file has a line for each signer, as `gpg.ssh.allowedSignersFile` of git does, and is read anew when it changes.

    Args:
        path: the file. It must not lie in the repository that it judges; `~` is the home folder.

    Raises:
        InvalidDocumentError: it cannot be read, a line of it cannot, or it lists nobody.

    May be shared by registries and threads, and lives through a fork.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.path.abspath(os.path.expanduser(os.fspath(path)))
        # of the path, not of the content: keys are replaced, and what was served under the old ones stays the past
        self.identity = hashlib.sha256(os.fsencode(self.path)).hexdigest()
        self._kept = self._read()

    def __repr__(self) -> str:
        return f"SignedBy({self.path!r})"

    def check_commit(self, repository: GitRepository, commit: str) -> Signature:
        """See `Verifier.check_commit`.

        Raises:
            UntrustedCommitError: it is not signed by a key of the file.
            InvalidDocumentError: the file cannot be used.
            CorruptObjectError: the commit is not what it is named.
            GitError: ssh-keygen is missing.
        """
        from promptgit.gitrepo.signatures import commit_parts

        signers = self._signers(repository)
        found = signers.verified.get(commit)
        if found is None:
            parts = commit_parts(repository.reader.read(commit, "commit"), repository.algorithm)
            found = self._keep(signers, commit, self._verify(signers, parts, f"commit {commit[:10]}"))
        return found

    def check_tag(self, repository: GitRepository, oid: str, name: str) -> Signature:
        """See `Verifier.check_tag`.

        Args:
            oid: the tag object.
            name: what it is called now, after `refs/tags/`: a move that was signed once must not come back as another.

        Raises:
            UntrustedCommitError: it is not signed by a key of the file, was made under another name, or is not on a commit.
            InvalidDocumentError, CorruptObjectError, GitError: as `check_commit`.
        """
        from promptgit.gitrepo.signatures import tag_parts

        signers = self._signers(repository)
        key = f"{oid} {name}"
        found = signers.verified.get(key)
        if found is None:
            parts = tag_parts(repository.reader.read(oid, "tag"))
            made = parts.headers.get(b"tag", b"").decode("utf-8", "replace")
            if made != name:
                _refuse(f"the tag {name} was made as {made or 'one without a name'}, and was given another name since")
            if parts.headers.get(b"type") != b"commit":
                _refuse(f"the tag {name} is not on a commit")
            repository.reader.read(parts.headers.get(b"object", b"").decode("ascii", "replace"), "commit")
            found = self._keep(signers, key, self._verify(signers, parts, f"the tag {name}"))
        return found

    def _verify(self, signers: _Signers, parts: Parts, what: str) -> Signature:
        from promptgit.gitrepo import signatures

        if parts.kind != signatures.SSH:
            how = f"signed with {parts.kind}, and only SSH signatures are verified here" if parts.kind else "not signed"
            _refuse(f"{what} is {how}", hint=f"Sign with SSH: {_SIGN}. {MANUAL}")
        if not parts.sound or parts.time is None:
            _refuse(f"{what} is malformed: its headers are not as git writes them")
        key = signatures.signing_key(parts.signature)
        verdict = signatures.verify(parts, signers.content, self.path, likely=signers.principals.get(key, ""))
        if verdict.trouble:
            _refuse(f"{what} {verdict.trouble}", hint=MANUAL)
        signers.principals[key] = verdict.principal
        return Signature(principal=verdict.principal, key=verdict.key, kind=verdict.kind)

    @staticmethod
    def _keep(signers: _Signers, key: str, found: Signature) -> Signature:
        if len(signers.verified) >= KEPT:
            signers.verified.clear()
            signers.principals.clear()
        signers.verified[key] = found
        return found

    def _signers(self, repository: GitRepository) -> _Signers:
        """The file as it is now, if it may judge this repository."""
        require_outside(self.path, repository)
        kept = self._kept
        if kept.seen is None or not stamp.settled(kept.seen) or _stamp(self.path) != kept.seen:
            read = self._read()
            if read.content == kept.content:
                kept.seen = read.seen
            else:
                self._kept = kept = read
        return kept

    def _read(self) -> _Signers:
        """
        Raises:
            InvalidDocumentError: see the class.
        """
        seen = _stamp(self.path)  # before it is read: what changes meanwhile is read again
        try:
            status = os.stat(self.path)
            if not stat.S_ISREG(status.st_mode):
                raise problem(self.path, "it is not a file")
            if status.st_size > MAX_SIGNERS:
                raise problem(self.path, f"it has more than {MAX_SIGNERS} bytes")
            with open(self.path, "rb") as file:
                content = file.read(MAX_SIGNERS + 1)
        except OSError as error:
            raise problem(self.path, f"the file of signers cannot be read: {error.strerror}") from None
        check_signers(content, self.path)
        return _Signers(content, seen)


class _Signers:
    """The file at one state, and what was verified by it. Filled by any thread: the worst is that one verifies again."""

    __slots__ = ("content", "principals", "seen", "verified")

    def __init__(self, content: bytes, seen: stamp.Stamp) -> None:
        self.content = content
        self.seen = seen
        self.verified: dict[str, Signature] = {}
        self.principals: dict[bytes, str] = {}


def _stamp(path: str) -> stamp.Stamp:
    """Follows links: where a file is mounted from a secret, a link on the way to it is what changes."""
    try:
        return stamp.of_status(os.stat(path))
    except OSError:
        return None


def _refuse(message: str, hint: str | None = None) -> NoReturn:
    raise UntrustedCommitError(message, hint=hint)


class Setback(Record):
    """An alias that is offered with fewer moves than are known.

    Attributes:
        prompt, alias: which.
        known: how many moves there were.
        offered: how many there are now; 0 if it is gone.
    """

    prompt: str
    alias: str
    known: int
    offered: int

    def __str__(self) -> str:
        now = f"now {self.offered}" if self.offered else "now there are none"
        return f"{self.prompt}@{self.alias} had moved {self.known} times, {now}: moves were taken away"


def check_moves(known: Mapping[tuple[str, str], int], new: Mapping[tuple[str, str], int]) -> list[Setback]:
    """The aliases that went back. Signatures cannot tell: an older move was signed, too, and stays so.

    Args:
        known: (prompt, alias) -> the highest count that was ever seen.
        new: the same as it is offered now. An alias that is not in `known` is new, and fine.

    Returns:
        Sorted; empty if all is well. The tag of a removal counts as well, so that an alias never goes away by itself.
    """
    return [
        Setback(prompt=prompt, alias=alias, known=count, offered=new.get((prompt, alias), 0))
        for (prompt, alias), count in sorted(known.items())
        if new.get((prompt, alias), 0) < count
    ]
