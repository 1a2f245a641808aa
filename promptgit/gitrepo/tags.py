"""Annotated tags: the alias backend `tags` appends one for each move."""

from __future__ import annotations

from promptgit.errors import GitError
from promptgit.gitrepo.commits import RefMovedError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.gitrepo.repository import GitRepository

_FIELDS = (
    "refname",
    "objectname",
    "*objectname",
    "taggername",
    "taggeremail:trim",
    "taggerdate:unix",
    "contents",
)
_FORMAT = "%00".join(f"%({field})" for field in _FIELDS) + "%00%01"


class Tag(Record):
    """An annotated tag.

    Attributes:
        name: after `refs/tags/`.
        oid: the tag object.
        target: the commit it was put on.
        tagger, email: who made it.
        time: when, in seconds since the epoch.
        message: its text.
    """

    name: str
    oid: str
    target: str
    tagger: str
    email: str
    time: int
    message: str


def create(repository: GitRepository, name: str, target: str, message: str) -> None:
    """Make an annotated tag, signed if tag.gpgSign says so. It never replaces one.

    Raises:
        RefMovedError: there is one of that name already.
    """
    args = ["tag", "--annotate", "--cleanup=verbatim", "--file=-", "--end-of-options", name, target]
    try:
        repository.git(args, stdin=(message.rstrip() + "\n").encode(), deadline=None)
    except GitError as error:
        if "already exists" in error.stderr or "cannot lock ref" in error.stderr:
            raise RefMovedError(f"the tag {name} was made by somebody else") from None
        raise


def find(repository: GitRepository, prefix: str, *, merged: str | None = None, since: str | None = None) -> list[Tag]:
    """The annotated tags whose name starts with `prefix`, a name up to a slash, or all of them.

    Args:
        merged: only those on this commit or an ancestor of it.
        since: only those that are neither on this commit nor on an ancestor of it.
    """
    args = [
        "for-each-ref",
        f"--format={_FORMAT}",
        *([f"--merged={merged}"] if merged else []),
        *([f"--no-merged={since}"] if since else []),
        f"refs/tags/{prefix}",
    ]
    found = []
    for row in repository.git(args).out.decode("utf-8", "replace").split("\0\x01\n"):
        fields = row.split("\0")
        if len(fields) == len(_FIELDS) and fields[2]:
            name, oid, target, tagger, email, time, message = fields
            name = name.removeprefix("refs/tags/")
            found.append(
                Tag(
                    name=name,
                    oid=oid,
                    target=target,
                    tagger=tagger,
                    email=email,
                    time=int(time or 0),
                    message=message,
                )
            )
    return found
