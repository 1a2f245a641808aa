"""The backend `tags`: each move of an alias appends an annotated tag `NAME@ALIAS/<n>`, n counting the moves.

Nothing is ever moved by force. Two movers collide on n, which is the compare-and-swap; a tag can be signed; n must grow. The
tag's text says why, and in its last line where the alias leads: `Target: 3`, `Target: 3=90 4=10` or `Target: none`.
"""

from __future__ import annotations

import os
import re

from promptgit import stamp
from promptgit.aliases.protocol import AliasEdit, AliasMove
from promptgit.aliases.target import Target
from promptgit.changeset import TagMove
from promptgit.errors import ConflictError
from promptgit.layout import parse_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.aliases.protocol import AliasView
    from promptgit.gitrepo.tags import Tag

_TARGET = re.compile(r"^Target: (\S.*)$", re.MULTILINE)
_NAME = re.compile(r"(?P<name>[^@/]+)@(?P<alias>[^@/]+)/(?P<count>[1-9][0-9]*)\Z")


class TagAliases:
    """Aliases in annotated tags."""

    def __init__(self, view: AliasView) -> None:
        self._view = view
        self._kept: dict[str, tuple[tuple[tuple[str, stamp.Stamp], ...], dict[str, dict[int, Tag]]]] = {}

    def read(self, name: str) -> Mapping[str, Target]:
        """See `AliasBackend.read`."""
        aliases: dict[str, Target] = {}
        for alias, moves in self._moves(name).items():
            newest = moves[max(moves)]
            if self._view.verify is not None:
                self._view.verify(newest.oid, newest.name)
            target = _target(newest.message)
            if target is not None:
                aliases[alias] = target
        return aliases

    def edit(
        self, name: str, alias: str, target: Target | None, message: str, *, instead_of: str | None = None
    ) -> AliasEdit:
        """See `AliasBackend.edit`."""
        if instead_of is not None:
            raise ConflictError(
                f"{name} has the alias {instead_of}, which {alias} cannot take the place of",
                hint="Tags stay, and some file systems cannot have both. Delete the one and pick another name.",
            )
        count = max(self._moves(name).get(alias, {0: None})) + 1
        return AliasEdit(tags=(_move(name, alias, count, target, message),))

    def rename(self, old: str, new: str) -> AliasEdit:
        """See `AliasBackend.rename`. The old name's tags stay: they are history."""
        counts = {alias: max(moves) for alias, moves in self._moves(new).items()}
        why = f"{old} is now {new}"
        made = (_move(new, alias, counts.get(alias, 0) + 1, target, why) for alias, target in self.read(old).items())
        ended = (_move(old, alias, max(moves) + 1, None, why) for alias, moves in self._moves(old).items())
        return AliasEdit(tags=(*made, *ended))

    def history(self, names: tuple[str, ...], tip: str | None, prefix: str) -> list[AliasMove]:
        """See `AliasBackend.history`."""
        found: list[AliasMove] = []
        for name in names:
            for alias, moves in self._moves(name).items():
                before = None
                for count in sorted(moves):
                    tag, after = moves[count], _target(moves[count].message)
                    found.append(
                        AliasMove(
                            alias=alias,
                            old=before,
                            new=after,
                            commit=tag.target,
                            author=tag.tagger,
                            email=tag.email.strip("<>"),
                            time=tag.time,
                            message=_TARGET.sub("", tag.message).strip(),
                        )
                    )
                    before = after
        found.reverse()  # of moves within one second the later comes first
        return sorted(found, key=lambda move: -move.time)

    def watched(self, name: str) -> tuple[list[str], tuple[tuple[str, stamp.Stamp], ...]]:
        """See `AliasBackend.watched`."""
        self._moves(name)
        return [], self._kept[name][0]

    def all_moves(self) -> list[Tag]:
        """The tags of all moves of all prompts at this state."""
        return self._find("*")

    def _moves(self, name: str) -> dict[str, dict[int, Tag]]:
        seen = tuple((path, stamp.of_path(path)) for path in self._files(name))
        kept = self._kept.get(name)
        if kept and kept[0] == seen and all(stamp.settled(at) for _, at in seen):
            return kept[1]
        moves = self._read_moves(name)
        self._kept[name] = (seen, moves)
        return moves

    def _files(self, name: str) -> list[str]:
        """A new alias changes `refs/tags`, a move the alias's own folder in it, packing both `packed-refs`."""
        repository = self._view.repository()
        packed = repository.ref_files("refs/tags/x")[1:]
        tags = os.path.join(repository.common_dir, "refs", "tags")
        try:
            own = [os.path.join(tags, entry) for entry in os.listdir(tags) if entry.startswith(f"{name}@")]
        except OSError:  # refs are in a reftable
            own = []
        return [tags, *packed, *sorted(own)]

    def _read_moves(self, name: str) -> dict[str, dict[int, Tag]]:
        moves: dict[str, dict[int, Tag]] = {}
        for tag in self._find(name):
            match = _NAME.match(tag.name)
            if match and match["name"] == name:
                moves.setdefault(match["alias"], {})[int(match["count"])] = tag
        return moves

    def _find(self, name: str) -> list[Tag]:
        from promptgit.gitrepo import tags

        found = tags.find(self._view.repository(), f"{name}@*/*", merged=self._view.commit)
        return [tag for tag in found if self._view.as_of is None or tag.time <= self._view.as_of]


def _move(name: str, alias: str, count: int, target: Target | None, message: str) -> TagMove:
    return TagMove(tag=f"{name}@{alias}/{count}", message=f"{message.strip()}\n\nTarget: {target or 'none'}\n")


def parse_move(tag: str, message: str) -> tuple[str, str, Target | None] | None:
    """Prompt, alias and target of a move, or None if the tag is none."""
    match = _NAME.match(tag)
    return (match["name"], match["alias"], _target(message)) if match else None


def _target(message: str) -> Target | None:
    """Where a move leads; None if the alias was removed, or the tag was not made by promptgit."""
    found = _TARGET.findall(message)
    words = found[-1].split() if found else []
    if len(words) == 1 and (version := parse_version(words[0])):
        return Target.single(version)
    pairs = (word.partition("=") for word in words)
    try:
        weights = {version: float(weight) for text, _, weight in pairs if (version := parse_version(text))}
    except ValueError:
        return None
    return Target.split(weights) if any(weights.values()) else None
