"""A mutation as a value: which files of the registry to write and remove, and why."""

from __future__ import annotations

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class TagMove(Record):
    """An annotated tag to create: the alias backend `tags` moves aliases with these.

    Attributes:
        tag: the name after `refs/tags/`.
        message: the tag's text.
        expect: the tag that must be the newest one before this is made, or None.
    """

    tag: str
    message: str


class Changeset(Record):
    """What one commit changes.

    Attributes:
        message: the commit message.
        writes: path relative to the registry's root -> new content. None removes the file.
        tags: annotated tags to create on the new tip, in the same step.
        creates: paths in `writes` that must not exist yet.
        note: one line for people, such as "support.refunds: version 4".
        base: a commit that checks in hooks are to compare with instead of the branch's tip; empty for the tip.
        author: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, where somebody else than the committer wrote it.
    """

    message: str
    writes: Mapping[str, bytes | None]
    tags: tuple[TagMove, ...] = ()
    creates: frozenset[str] = frozenset()
    note: str = ""
    base: str = ""
    author: Mapping[str, str] = {}
