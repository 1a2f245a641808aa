"""Which refs may be pushed, and how branches and tags may move."""

from __future__ import annotations

import fnmatch
import re

from promptgit.errors import GitError
from promptgit.hooks.push.refusal import of_ref
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from promptgit.hooks.push.refusal import Refusal
    from promptgit.hooks.push.server import Server

HEADS, TAGS = "refs/heads/", "refs/tags/"
_ALLOWED = (f"{HEADS}*", f"{TAGS}*")
_NEVER = ("refs/replace/*", "refs/promptgit/*")
_LINE = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs/[^\n]+)")
_OBJECT_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")


class Update(Record):
    """What a push wants with one ref.

    Attributes:
        ref: its full name.
        old: what it points to; None if it is new.
        new: what it is to point to; None if it is to go.
    """

    ref: str
    old: str | None
    new: str | None

    @property
    def name(self) -> str:
        """The ref's name without what every branch's or tag's begins with."""
        return self.ref.removeprefix(HEADS).removeprefix(TAGS)


def parse(lines: bytes) -> list[Update]:
    """Read what git tells a pre-receive hook: `OLD NEW REF`, https://git-scm.com/docs/githooks#pre-receive.

    Raises:
        GitError: it is something else.
    """
    found = []
    for row in lines.decode("utf-8", "surrogateescape").split("\n"):
        match = _LINE.fullmatch(row)
        if match is not None:
            old, new = (None if not oid.strip("0") else oid for oid in match.groups()[:2])
            found.append(Update(ref=match[3], old=old, new=new))
        elif row:
            raise GitError("standard input is not what git tells a pre-receive hook", hint="It has lines: OLD NEW REF")
    return found


class Refs:
    """The rules for refs.

    Args:
        rules: `policies.push` of `promptgit.yaml`.
    """

    def __init__(self, server: Server, rules: Mapping[str, Any]) -> None:
        self._server = server
        self._allowed = tuple(rules.get("refs", _ALLOWED))
        self._protected = tuple(rules.get("protected", ()))

    def is_protected(self, ref: str) -> bool:
        """Whether a ref is the default branch, or treated like it."""
        if ref == self._server.head:
            return True
        name = ref.removeprefix(HEADS)
        return ref.startswith(HEADS) and any(fnmatch.fnmatchcase(name, pattern) for pattern in self._protected)

    def refused(self, updates: Sequence[Update]) -> Iterator[Refusal]:
        """What is wrong with how refs move."""
        yield from self._headless(updates)
        for update in updates:
            if not _matches(update.ref, self._allowed) or _matches(update.ref, _NEVER):
                hint = f"Allowed are: {', '.join(self._allowed)}"
                yield of_ref(update.ref, "push-ref", "this ref may not be pushed", hint)
            elif update.ref.startswith(HEADS):
                yield from self._branch(update)
            elif update.ref.startswith(TAGS):
                yield from self._tag(update)

    def _headless(self, updates: Sequence[Update]) -> Iterator[Refusal]:
        """Without the default branch there are no rules: it has to come first."""
        head = self._server.head
        if updates and self._server.tip is None and not any(update.ref == head and update.new for update in updates):
            message = "the server's default branch is not there yet"
            hint = "Push it first; or, if it is called otherwise, on the server: git symbolic-ref HEAD refs/heads/NAME"
            yield of_ref(head, "push-head", message, hint)

    def _branch(self, update: Update) -> Iterator[Refusal]:
        ref, old, new = update.ref, update.old, update.new
        if new is not None and self._server.kind(new) != "commit":
            yield of_ref(ref, "push-branch", "a branch points to a commit, and this is none")
        elif new is not None and old is None and _OBJECT_ID.match(update.name):
            yield of_ref(ref, "push-branch", "it is called like a commit", "Who pins that commit would get the branch.")
        elif not self.is_protected(ref):
            return
        elif new is None:
            yield of_ref(ref, "push-delete", "the branch is protected: it may not be deleted")
        elif old is not None and not self._server.contains(new, old):
            hint = "Fetch, and merge or rebase onto what is there: promptgit pull"
            yield of_ref(ref, "push-force", "the branch is protected: its history may not be overwritten", hint)
        elif old is None and self._server.tip and not self._related(new):
            message = "the branch is protected: it has to begin at a commit of the default branch"
            yield of_ref(ref, "push-branch", message)

    def _related(self, commit: str) -> bool:
        args = ["merge-base", commit, self._server.tip or commit]
        return self._server.git(args, accept=(0, 1)).code == 0

    def _tag(self, update: Update) -> Iterator[Refusal]:
        ref, old, new = update.ref, update.old, update.new
        if old is not None:
            what = "deleted" if new is None else "moved"
            hint = "Whoever has pinned it relies on it. Make another one."
            yield of_ref(ref, "push-tag", f"a tag that is there may not be {what}", hint)
        elif new is None:
            yield of_ref(ref, "push-tag", "there is no such tag")
        elif _OBJECT_ID.match(update.name):
            yield of_ref(ref, "push-tag", "it is called like a commit", "Who pins that commit would get the tag.")
        else:
            yield from self._tag_object(update, new)

    def _tag_object(self, update: Update, new: str) -> Iterator[Refusal]:
        kind = self._server.kind(new)
        if kind == "tag":
            headers = self._server.pushed.reader.headers(new, "tag")
            if headers.get("type") != "commit":
                yield of_ref(update.ref, "push-tag", f"it is on a {headers.get('type')}, and a tag belongs on a commit")
            elif headers.get("tag") != update.name:
                hint = "A signature under another name proves nothing: make the tag under its own name."
                yield of_ref(update.ref, "push-tag", f"the tag calls itself {headers.get('tag')}", hint)
        elif kind != "commit":
            yield of_ref(update.ref, "push-tag", f"it is on a {kind}, and a tag belongs on a commit")


def _matches(ref: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(ref, pattern) for pattern in patterns)
