"""One prompt's history as one list: versions, alias moves, and what else happened, newest first."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from promptgit.aliases import AliasMove
from promptgit.aliases.target import Target
from promptgit.record import Record
from promptgit.registry.history import Event, as_utc
from promptgit.registry.registry import Registry

VERSION, ALIAS, CHANGE = "version", "alias", "change"


class Entry(Record):
    """One thing that happened to a prompt.

    Attributes:
        kind: `version` (one was added), `alias` (one was moved) or `change` (notes, deletions, renames).
        said: what happened, in some words.
        version: the version that was added.
        move: the move of an alias.
        aliases: the aliases that lead to that version now, with its share where traffic is split.
        commit, author, email, time, message: of the commit; empty and None for what is not committed.
    """

    kind: str
    said: str
    version: int | None = None
    move: AliasMove | None = None
    aliases: tuple[str, ...] = ()
    commit: str = ""
    author: str = ""
    email: str = ""
    time: datetime.datetime | None = None
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The entry for JSON."""
        moved = self.move
        return {
            "kind": self.kind,
            "what": self.said,
            "version": self.version,
            "aliases": list(self.aliases),
            "alias": moved.alias if moved else None,
            "from": moved.old.to_value() if moved and moved.old else None,
            "to": moved.new.to_value() if moved and moved.new else None,
            "commit": self.commit or None,
            "author": self.author,
            "email": self.email,
            "time": self.time,
            "message": self.message,
        }


def timeline(registry: Registry, name: str) -> list[Entry]:
    """Everything that happened to a prompt, also to one that was deleted since.

    Raises:
        PromptNotFoundError: there is no such prompt, and there never was.
    """
    moves = registry.alias_history(name)
    entries = [*_moves(moves), *_versions(registry, name), *_others(registry.history(name), moves)]
    if not entries:
        registry.catalog.require(name)
    ahead = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return sorted(entries, key=lambda entry: entry.time or ahead, reverse=True)


def _moves(moves: list[AliasMove]) -> Iterator[Entry]:
    for move in moves:
        yield Entry(
            kind=ALIAS,
            said=f"{move.alias}: {move.old or 'new'} -> {move.new or 'removed'}",
            move=move,
            commit=move.commit,
            author=move.author,
            email=move.email,
            time=as_utc(move.time),
            message=move.message,
        )


def _versions(registry: Registry, name: str) -> Iterator[Entry]:
    origins = registry.provenance(name)
    aliases = registry.catalog.aliases(name)
    existing = registry.catalog.versions(name)
    for version in sorted({*origins, *existing}, reverse=True):
        origin = origins.get(version)
        gone = "" if version in existing else ", deleted since"
        said = f"version {version}{gone if origin else ', not committed yet'}"
        serving = (_share(alias, target, version) for alias, target in sorted(aliases.items()))
        entry = Entry(kind=VERSION, said=said, version=version, aliases=tuple(filter(None, serving)))
        yield (
            entry
            if origin is None
            else entry.replace(
                commit=origin.commit,
                author=origin.author,
                email=origin.email,
                time=origin.created_at,
                message=origin.message,
            )
        )


def _share(alias: str, target: Target, version: int) -> str:
    """`production`, or `canary 10%` if it splits traffic; empty if it does not lead to this version."""
    weight = dict(target.weights).get(version, 0)
    whole = sum(each for _, each in target.weights)
    return "" if not weight else alias if weight == whole else f"{alias} {100 * weight / whole:.3g}%"


def _others(events: list[Event], moves: list[AliasMove]) -> Iterator[Entry]:
    """Commits that neither only added versions nor only moved aliases."""
    moving = {move.commit for move in moves}
    for event in events:
        rest = [
            what
            for _, what in event.changes
            if not (what.startswith("version ") and what.endswith(" added"))
            and not (what.startswith("aliases ") and event.commit in moving)
        ]
        names = {name for name, _ in event.changes}
        if rest:
            yield Entry(
                kind=CHANGE,
                said=_renamed(event) if len(names) > 1 else ", ".join(rest),
                commit=event.commit,
                author=event.author,
                email=event.email,
                time=event.time,
                message=event.message,
            )


def _renamed(event: Event) -> str:
    """A commit that concerns two names of one prompt gave it the other name."""
    old = sorted({name for name, what in event.changes if what.endswith(" removed")})
    new = sorted({name for name, what in event.changes if what.endswith(" added")})
    return f"renamed: {', '.join(old)} -> {', '.join(new)}"
