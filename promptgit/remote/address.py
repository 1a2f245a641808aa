"""Where a remote registry is. A URL comes from configuration, from an environment, from a colleague: it is read strictly.

Git takes `ext::COMMAND` for a program to run, `--upload-pack=COMMAND` for an option, and hands a host that starts with a
dash to ssh as one (CVE-2017-1000117). A password in a URL ends up in process lists, logs and the clone's configuration.
"""

from __future__ import annotations

import os
import re

from promptgit.errors import InvalidReferenceError
from promptgit.record import Record

SCHEMES = ("https", "ssh", "file", "git", "http")
_SCP = re.compile(r"(?:(?P<user>[^@:/\s]+)@)?(?P<host>[^@:/\s]{2,}|\[[^\]\s]+\]):(?P<path>(?!:)\S+)\Z")
_HELPER = re.compile(r"[A-Za-z0-9+.-]+::")
_FORMS = "Write https://HOST/REPOSITORY, ssh://HOST/REPOSITORY, git@HOST:REPOSITORY or file:///PATH."
_TOKENS = "Leave it out of the URL: set PROMPTGIT_TOKEN, or a credential helper of git."


class Address(Record):
    """The place of a remote repository.

    Attributes:
        url: as git takes it; it never holds a password.
        scheme: `https`, `ssh`, `file`, `git` or `http`.
        name: the last part of its path, for people: `prompts`.
    """

    url: str
    scheme: str
    name: str


def is_remote(text: str) -> bool:
    """Whether `text` means a URL and not a path. What exists as a path is one."""
    if "://" in text or _HELPER.match(text):
        return True
    return bool(_SCP.match(text)) and not os.path.exists(text)


def parse(text: str) -> Address:
    """Read a URL.

    Raises:
        InvalidReferenceError: it cannot be used, with a caret under the fault; a password in it is not shown.
    """
    for at, character in enumerate(text):
        if not character.isprintable() or character.isspace():
            raise _refuse("a URL has no spaces or control characters", text, at)
    if text.startswith("-"):
        raise _refuse("a URL cannot start with '-': git would take it for an option", text, 0)
    helper = _HELPER.match(text)
    if helper:
        raise _refuse(f"{helper[0]} would make git start a program", text, 0)
    return _with_scheme(text) if "://" in text else _scp(text)


def _with_scheme(text: str) -> Address:
    scheme, _, rest = text.partition("://")
    if scheme not in SCHEMES:
        raise _refuse(f"promptgit does not talk {scheme}", text, 0)
    authority, slash, path = rest.partition("/")
    user, _, host = authority.rpartition("@")
    if ":" in user or (user and scheme in ("https", "http") and _is_token(user)):
        raise InvalidReferenceError(
            "there is a password in the URL", text=f"{scheme}://***@{host}{slash}{path}", hint=_TOKENS
        )
    for mark in "?#":
        if mark in rest:
            shown = text.partition(mark)[0]
            raise InvalidReferenceError(
                f"a repository's URL has no {mark!r}",
                text=f"{shown}{mark}***",
                position=len(shown),
                hint=_TOKENS if mark == "?" else _FORMS,
            )
    if scheme == "file":
        if authority:
            raise _refuse("a file URL has three slashes", text, len("file://"))
    elif not host or host.startswith(("-", ":")) or user.startswith("-"):
        raise _refuse("the URL names no host", text, len(f"{scheme}://"))
    if not path.strip("/"):
        raise _refuse("the URL names no repository", text, len(text))
    return Address(url=text, scheme=scheme, name=_name(path))


def _scp(text: str) -> Address:
    found = _SCP.match(text)
    if not found:
        raise _refuse("not a URL", text, 0)
    if (found["user"] or "").startswith("-") or found["host"].startswith("-") or found["path"].startswith("-"):
        raise _refuse("a host or a path cannot start with '-': ssh would take it for an option", text, 0)
    if "::" in text.partition("/")[0]:  # git takes none of these for a helper today, and need not be asked tomorrow
        raise _refuse("'::' belongs to the helpers that git would start", text, text.index("::"))
    return Address(url=text, scheme="ssh", name=_name(found["path"]))


def _is_token(user: str) -> bool:
    """Whether what stands in the place of a user's name is a token: `https://ghp_…@github.com/…` is in wide circulation."""
    return bool(re.match(r"(gh[pousr]|github_pat|glpat|gldt|glcbt)[_-]", user)) or len(user) >= 32


def _name(path: str) -> str:
    last = path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return re.sub(r"[^A-Za-z0-9_.-]", "_", last).lstrip(".-")[:40] or "registry"


def _refuse(why: str, text: str, position: int) -> InvalidReferenceError:
    from promptgit.gitrepo.run import redact

    shown = redact(text)
    return InvalidReferenceError(why, text=shown, position=position if shown == text else 0, hint=_FORMS)
