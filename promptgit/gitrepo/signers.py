"""The file of allowed signers: what its lines may be, and where it may lie.

`ssh-keygen` passes over a line that it cannot read. That would leave out a signer in silence, so here every line must be right.
The format: https://man.openbsd.org/ssh-keygen#ALLOWED_SIGNERS
"""

from __future__ import annotations

import base64
import binascii
import os
import re

from promptgit.errors import InvalidDocumentError
from promptgit.problems import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.gitrepo.repository import GitRepository

MANUAL = "See docs/trust.md, or ALLOWED SIGNERS in the manual of ssh-keygen."

_LINE = re.compile(
    r"""(?:"[^"]+"|[^\s"]+)\s+                                  # who: patterns, joined by commas
        (?:(?P<options>(?:[^\s"]|"(?:[^"\\]|\\.)*")+)\s+)?
        (?P<type>(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+)\s+
        (?P<key>[A-Za-z0-9+/]+={0,2})(?:\s.*)?\Z""",
    re.VERBOSE,
)
_OPTION = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_DATE = r'"(?:[0-9]{8}|[0-9]{12}|[0-9]{14})Z?"'
_OPTIONS = (
    re.compile(r"cert-authority", re.IGNORECASE),
    re.compile(r'namespaces="[^"]+"', re.IGNORECASE),
    re.compile(rf"valid-(?:after|before)={_DATE}", re.IGNORECASE),
)


def check_signers(content: bytes, path: str) -> None:
    """Look for lines that `ssh-keygen` would pass over: a signer who is silently left out, or let in for longer than was meant.

    Raises:
        InvalidDocumentError: with each such line; or if the file lists nobody.
    """
    problems = []
    count = 0
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        count += 1
        why = _fault(text)
        if why:
            hint = f"Write a line as: ada@example.com ssh-ed25519 AAAAC3… {MANUAL}"
            problems.append(Problem(code="signers", message=why, path=path, line=number, column=1, hint=hint))
    if problems:
        raise InvalidDocumentError(problems)
    if not count:
        raise problem(path, "it lists nobody, so that nothing could be trusted")


def _fault(line: str) -> str:
    """What is wrong with a line; empty if it is fine."""
    found = _LINE.match(line)
    if found is None:
        return "a signer has a name, options if need be, the type of a key, and the key"
    for option in _OPTION.findall(found["options"] or ""):
        if not any(known.fullmatch(option) for known in _OPTIONS):
            return f"the option {option!r} is not known, or its value cannot be read"
    try:
        blob = base64.b64decode(found["key"], validate=True)
    except binascii.Error:
        return "the key is not whole"
    size = int.from_bytes(blob[:4])
    if blob[4 : 4 + size] != found["type"].encode() or len(blob) <= 4 + size:
        return f"the key is no {found['type']} key, or is not whole"
    return ""


def problem(path: str, message: str) -> InvalidDocumentError:
    """The error for a file that cannot be used at all."""
    return InvalidDocumentError([Problem(code="signers", message=message, path=path, hint=MANUAL)])


def require_outside(path: str, repository: GitRepository) -> None:
    """Raise unless the file is out of reach of whoever can push to a repository.

    Raises:
        InvalidDocumentError: the way to the file leads through the repository, or one of its working trees.
    """
    roots = [os.path.realpath(root) for root in _roots(repository)]
    for step in _steps(path):
        for root in roots:
            if step == root or step.startswith(f"{root.rstrip(os.sep)}{os.sep}"):
                message = f"it lies in the repository that it is to judge ({root}), and would vouch for itself"
                hint = (
                    "Keep it where nobody can change it by a push: in the image, in a secret, beside the application."
                )
                raise InvalidDocumentError([Problem(code="signers", message=message, path=path, hint=hint)])


def _roots(repository: GitRepository) -> Iterator[str]:
    """The folders of a repository and of all its working trees."""
    common = repository.common_dir
    yield from (repository.git_dir, common)
    if repository.work_tree is not None:
        yield repository.work_tree
    if os.path.basename(common) == ".git":
        yield os.path.dirname(common)
    worktrees = os.path.join(common, "worktrees")
    for name in os.listdir(worktrees) if os.path.isdir(worktrees) else ():
        try:
            with open(os.path.join(worktrees, name, "gitdir"), encoding="utf-8", errors="surrogateescape") as file:
                yield os.path.dirname(file.read().rstrip("\n"))
        except OSError:  # it is being removed
            continue


def _steps(path: str) -> Iterator[str]:
    """Every place on the way to a file, symbolic links followed one by one: each of them could be turned elsewhere."""
    parts = path.split(os.sep)[::-1]
    here = os.sep
    links = 0
    while parts and links < 40:  # the limit of Linux; beyond it the file could not be read either
        part = parts.pop()
        if part in ("", os.curdir):
            continue
        if part == os.pardir:
            here = os.path.dirname(here)
            continue
        step = os.path.join(here, part)
        yield step
        if os.path.islink(step):
            links += 1
            target = os.readlink(step)
            parts += target.split(os.sep)[::-1]
            here = os.sep if os.path.isabs(target) else here
        else:
            here = step
