"""Who signed a commit or a tag: the object's own bytes, held against a file of keys by `ssh-keygen`.

Why not `git verify-commit`: what it believes is decided by `gpg.*` in the configuration, which may be the repository's own, and
its programs are started from there. Here git only hands over bytes, and those are hashed. What is signed, and as of when a key
must be valid, is as git has it (`gpg-interface.c`), so that what git signs verifies, and what git refuses does not.

Only SSH signatures are known. An OpenPGP key ring has states (trust, expiry, revocation) that no single file outside shows.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time

from promptgit.errors import GitError
from promptgit.gitrepo import run
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SSH, OPENPGP, X509, UNKNOWN = "SSH", "OpenPGP", "X.509", "unknown"
DEADLINE_S = 20.0  # of one question to ssh-keygen

_ARMOR = {
    b"-----BEGIN SSH SIGNATURE-----": SSH,
    b"-----BEGIN PGP SIGNATURE-----": OPENPGP,
    b"-----BEGIN PGP MESSAGE-----": OPENPGP,
    b"-----BEGIN SIGNED MESSAGE-----": X509,
}
_END = b"-----END SSH SIGNATURE-----"
# A commit may bear both: that of the repository's own kind of object id counts
_HEADERS = {"sha1": b"gpgsig", "sha256": b"gpgsig-sha256"}
_COMMIT_ORDER = re.compile(rb"tree(?: parent)* author committer(?: |\Z)")
_TAG_ORDER = re.compile(rb"object type tag tagger(?: |\Z)")
_TIME = re.compile(rb"[^\n]*> ([0-9]{1,12}) [+-][0-9]{4}\Z")
_EMPTY = re.compile(rb"^[ \t\r]*$", re.MULTILINE)  # some ssh-keygen say of an empty line that its key is missing
_GOOD = re.compile(r'Good "git" signature (?:for (?P<principal>.*) )?with (?P<kind>\S+) key (?P<key>SHA256:\S+)')
_TOO_OLD = re.compile(
    r"^(usage:|unknown option|illegal option|Invalid option|Unsupported operation)", re.MULTILINE | re.I
)


class Parts(Record):
    """A signed object, taken apart.

    Attributes:
        kind: `SSH`, `OpenPGP`, `X.509`, `unknown`, or empty if it is not signed.
        payload: what the signature is over.
        signature: the armor.
        headers: of the object, the first of each name, without those of signatures.
        sound: whether those that git needs come first, and in its order: a signature between them, which nobody signed, would
            hide what follows from git, and not from others.
        time: when it was committed or tagged, in seconds since the epoch; None if it does not say.
    """

    kind: str
    payload: bytes
    signature: bytes
    headers: Mapping[bytes, bytes]
    sound: bool
    time: int | None


class Verdict(Record):
    """What `verify` found.

    Attributes:
        principal: whose the key is, as the file has it; empty if the signature is not to be trusted.
        kind: of the key, such as `ED25519`; empty if the signature itself is wrong.
        key: its fingerprint, `SHA256:…`; likewise.
        trouble: why the signature is not to be trusted, as the end of a sentence; empty if it is.
    """

    principal: str = ""
    kind: str = ""
    key: str = ""
    trouble: str = ""


def commit_parts(raw: bytes, algorithm: str) -> Parts:
    """Take a commit apart: the signature is a header, and what it is over is all the rest.

    Args:
        raw: the object's verified bytes.
        algorithm: `sha1` or `sha256`: each kind of repository has a header of its own.
    """
    payload, headers, signatures, order = _split(raw)
    own = b"".join(text for key, text in signatures if key == _HEADERS[algorithm])
    return Parts(
        kind=_kind(own) or (UNKNOWN if own else ""),
        payload=payload,
        signature=own,
        headers=headers,
        sound=bool(_COMMIT_ORDER.match(order)),
        time=_seconds(headers.get(b"committer", b"")),
    )


def tag_parts(raw: bytes) -> Parts:
    """Take a tag apart: the signature is the end of its text, and what it is over is all before.

    Args:
        raw: the object's verified bytes.
    """
    at = max((at for at in _line_starts(raw) if _kind(raw[at : at + 80])), default=len(raw))
    payload, headers, _, order = _split(raw[:at])
    return Parts(
        kind=_kind(raw[at:]),
        payload=payload,
        signature=raw[at:],
        headers=headers,
        sound=bool(_TAG_ORDER.match(order)),
        time=_seconds(headers.get(b"tagger", b"")),
    )


def _split(raw: bytes) -> tuple[bytes, dict[bytes, bytes], list[tuple[bytes, bytes]], bytes]:
    """The object without headers of signatures, its headers, the signatures in them, and the names of all in their order."""
    head, separator, body = raw.partition(b"\n\n")
    kept: list[bytes] = []
    headers: dict[bytes, bytes] = {}
    signatures: list[tuple[bytes, bytes]] = []
    order: list[bytes] = []
    for key, lines in _headers(head):
        first = lines[0].partition(b" ")[2]
        order.append(key)
        if key in _HEADERS.values():
            signatures.append((key, b"\n".join([first, *(line[1:] for line in lines[1:])]) + b"\n"))
        else:
            kept += lines
            headers.setdefault(key, first)
    return b"\n".join(kept) + separator + body, headers, signatures, b" ".join(order)


def _seconds(who: bytes) -> int | None:
    found = _TIME.match(who)
    return int(found[1]) if found else None


def _headers(head: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """Each header with its lines: those that begin with a space go on with the one before."""
    found: list[list[bytes]] = []
    for line in head.split(b"\n"):
        if line.startswith(b" ") and found:
            found[-1].append(line)
        else:
            found.append([line])
    for lines in found:
        yield lines[0].partition(b" ")[0], lines


def _line_starts(raw: bytes) -> Iterator[int]:
    at = 0
    while 0 <= at < len(raw):
        yield at
        at = raw.find(b"\n", at) + 1 or len(raw)


def _kind(text: bytes) -> str:
    return next((kind for begin, kind in _ARMOR.items() if text.startswith(begin)), "")


def is_whole(signature: bytes) -> bool:
    """Whether an SSH signature is one armor and nothing more.

    What stands behind it is not signed, and yet it is a part of a tag's text: a line there could turn the move of an alias.
    """
    marks = (signature.count(b"-----BEGIN"), signature.count(b"-----END"))
    return marks == (1, 1) and signature.rstrip(b"\n").endswith(b"\n" + _END)


def signing_key(signature: bytes) -> bytes:
    """The public key that an SSH signature says it is from; empty if it cannot be read. Proves nothing by itself.

    The format: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
    """
    with contextlib.suppress(ValueError):
        blob = base64.b64decode(b"".join(signature.split(b"\n")[1:-1]).removesuffix(_END))
        size = int.from_bytes(blob[10:14])
        if blob.startswith(b"SSHSIG") and 14 + size <= len(blob):
            return blob[14 : 14 + size]
    return b""


def verify(parts: Parts, signers: bytes, path: str, *, likely: str = "") -> Verdict:
    """Hold an SSH signature against a file of allowed signers.

    Args:
        parts: the signed object.
        signers: the file's content, https://man.openbsd.org/ssh-keygen#ALLOWED_SIGNERS.
        path: where it is from, for messages.
        likely: the principal whose key it was the last time: one question less, if it still is.

    Raises:
        GitError: `ssh-keygen` is missing, too old, or did not answer in time.
    """
    if not is_whole(parts.signature):
        return Verdict(trouble="has text behind its signature, which nobody signed")
    try:
        when = time.strftime("%Y%m%d%H%M%S", time.localtime(parts.time))  # local, as the dates in the file are
    except (OverflowError, ValueError, OSError):
        return Verdict(trouble="has a date that no calendar knows")
    with tempfile.TemporaryDirectory(prefix="promptgit-") as folder:
        asking = _Asking(folder, parts, signers, f"-Overify-time={when}")
        good = asking.verify(likely) if likely else None
        for principal in () if good else asking.principals():
            good = good or asking.verify(principal)
        if good is not None:
            return good
        return asking.refusal(path)


class _Asking:
    """The questions to `ssh-keygen` about one signature; git asks the same ones."""

    def __init__(self, folder: str, parts: Parts, signers: bytes, when: str) -> None:
        self._signers = _write(folder, "signers", _EMPTY.sub(b"#", signers))
        self._signature = _write(folder, "signature", parts.signature)
        self._payload = parts.payload
        self._when = when
        self._said: list[str] = []

    def principals(self) -> list[str]:
        """Whose the key is, as the file has it."""
        done = self._ask("find-principals", "-f", self._signers, self._when)
        return done.text.splitlines() if done.code == 0 else []

    def verify(self, principal: str) -> Verdict | None:
        """The answer, if the signature is this principal's."""
        done = self._ask("verify", "-n", "git", "-f", self._signers, "-I", principal, self._when)
        found = _GOOD.match(done.text) if done.code == 0 else None
        return Verdict(principal=principal, kind=found["kind"], key=found["key"]) if found else None

    def refusal(self, path: str) -> Verdict:
        """Why it is nobody's."""
        done = self._ask("check-novalidate", "-n", "git")
        found = _GOOD.match(done.text) if done.code == 0 else None
        if found is None:
            return Verdict(trouble="has a signature that does not fit what it says: it was changed after it was signed")
        key = f"{found['kind']} key {found['key']}"
        reason = next((line for line in self._said if line.startswith(f"{self._signers}:")), "")
        where = reason.replace(self._signers, path, 1)
        trouble = f"is signed with the {key}, which is not valid for it: {where}" if reason else ""
        return Verdict(
            kind=found["kind"],
            key=found["key"],
            trouble=trouble or f"is signed with the {key}, which {path} does not list",
        )

    def _ask(self, verb: str, *options: str) -> run.Completed:
        done = _ssh_keygen(["-Y", verb, *options, "-s", self._signature], self._payload)
        self._said += done.err.splitlines()
        return done


def _write(folder: str, name: str, content: bytes) -> str:
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def _ssh_keygen(args: Sequence[str], stdin: bytes) -> run.Completed:
    """Run `ssh-keygen` as git is run: a clean environment, a process group of its own, a deadline."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise GitError(
            "ssh-keygen is not installed, or not on PATH: without it no signature can be verified",
            hint="Install the OpenSSH client, 8.9 or newer.",
        )
    process = run.spawn([program, *args], cwd=None, env=run.environment(), stdin=subprocess.PIPE)
    try:
        out, err = process.communicate(stdin, timeout=DEADLINE_S)
    except subprocess.TimeoutExpired:
        run.kill_group(process)
        raise run.DeadlineError(
            f"ssh-keygen did not end within {DEADLINE_S:g} s and was stopped", hint="Try again."
        ) from None
    except BaseException:
        run.kill_group(process)
        raise
    said = err.decode("utf-8", "replace").strip()
    if _TOO_OLD.search(said):
        raise GitError("ssh-keygen is too old", stderr=said, hint="Install OpenSSH 8.9 or newer.")
    return run.Completed(args, process.returncode, out, said)
