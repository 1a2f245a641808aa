"""Alias tags: in a registry that keeps its aliases in tags, each move is a tag `NAME@ALIAS/<n>` that is pushed.

A move counts once its tag is there, so it must be whole and true: annotated, counted on by one, on a commit of the default
branch that has the version. An alias cannot be taken back by deleting a tag: see `refs`.
"""

from __future__ import annotations

import re
import time

from promptgit import layout
from promptgit.aliases.tags import parse_move
from promptgit.changeset import Changeset, TagMove
from promptgit.checks import policies
from promptgit.errors import InvalidReferenceError
from promptgit.gitrepo import tags
from promptgit.hooks.push.refs import TAGS
from promptgit.hooks.push.refusal import Refusal, of_ref
from promptgit.problems import ERROR
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptgit.aliases.target import Target
    from promptgit.checks.subject import State
    from promptgit.hooks.push.content import States
    from promptgit.hooks.push.past import Past
    from promptgit.hooks.push.refs import Update
    from promptgit.hooks.push.server import Server

_LIKE_A_MOVE = re.compile(r"[^/]*@.*/")
_MOVE = re.compile(r"(?P<name>[^@/]+)@(?P<alias>[^@/]+)/(?P<count>[1-9][0-9]{0,8})\Z")
_SAID = re.compile(r"^Target: (\S.*)$", re.MULTILINE)
_WEIGHT = r"[1-9][0-9]{0,8}=[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,2})?"
_TARGET = re.compile(rf"none|[1-9][0-9]{{0,8}}|{_WEIGHT}(?: {_WEIGHT})+")
_DAY_S = 86_400
_HINT = "promptgit alias set makes the tag as it must be."


class Move(Record):
    """A move that is pushed.

    Attributes:
        ref: of the tag.
        name, alias, count: what the tag is called after.
        target: where the alias is to lead; None ends it.
        commit: what the tag is on.
        time: when it was made, as it says itself; in seconds since the epoch.
        message: its text.
    """

    ref: str
    name: str
    alias: str
    count: int
    target: Target | None
    commit: str
    time: int
    message: str


class Moves:
    """Judges the alias tags of one push.

    Args:
        tip: the default branch as it will be; None if there is none.
        facts: who pushes, and since when versions are there.
    """

    def __init__(self, server: Server, states: States, past: Past, tip: str | None, facts: policies.Facts) -> None:
        self._server = server
        self._states = states
        self._past = past
        self._tip = tip
        self._facts = facts
        self._now: dict[str, dict[str, tuple[int, Target | None]]] = {}

    def refused(self, updates: Iterable[Update]) -> Iterator[Refusal]:
        """What is wrong with the alias tags that are new."""
        found: list[Move] = []
        for update in updates:
            if update.ref.startswith(TAGS) and update.old is None and update.new and _LIKE_A_MOVE.match(update.name):
                read = self._read(update, update.new)
                if isinstance(read, Refusal):
                    yield read
                else:
                    found.append(read)
        for move in sorted(found, key=lambda move: (move.name, move.alias, move.count)):
            yield from self._judge(move)

    def served(self, name: str) -> dict[str, Target]:
        """Where the aliases of a prompt will lead, after what was judged."""
        return {alias: target for alias, (_, target) in self._state(name).items() if target is not None}

    # --- one tag ----------------------------------------------------------------------------------------------------

    def _read(self, update: Update, oid: str) -> Move | Refusal:
        match = _MOVE.match(update.name)
        if match is None or not _are_names(match["name"], match["alias"]):
            return of_ref(update.ref, "alias-tag", "it is no alias tag: these are called NAME@ALIAS/1 and so on", _HINT)
        if self._server.kind(oid) != "tag":
            return of_ref(
                update.ref, "alias-tag", "an alias tag is annotated: its text says where the alias leads", _HINT
            )
        headers = self._server.pushed.reader.headers(oid, "tag")
        message = self._server.pushed.reader.read(oid, "tag").partition(b"\n\n")[2].decode("utf-8", "replace")
        said = _SAID.findall(message)
        move = parse_move(update.name, message) if said and _TARGET.fullmatch(said[-1]) else None
        if move is None:
            return of_ref(
                update.ref, "alias-tag", "its text does not end with the line that says where the alias leads", _HINT
            )
        when = headers.get("tagger", "").split(" ")
        return Move(
            ref=update.ref,
            name=move[0],
            alias=move[1],
            count=int(match["count"]),
            target=move[2],
            commit=headers.get("object", ""),
            time=int(when[-2]) if len(when) > 1 and when[-2].isdigit() else 0,
            message=message,
        )

    def _judge(self, move: Move) -> Iterator[Refusal]:
        count, before = self._state(move.name).get(move.alias, (0, None))
        faults = [*self._place(move, count), *self._policies(move, before)]
        yield from faults
        if not faults:
            self._state(move.name)[move.alias] = (move.count, move.target)

    def _place(self, move: Move, count: int) -> Iterator[Refusal]:
        if move.count != count + 1:
            again = f"promptgit alias set {move.name} {move.alias} VERSION -m WHY"
            hint = f"Fetch the tags and move it again: git fetch --tags && {again}"
            yield of_ref(move.ref, "alias-tag", f"the next move of {move.alias} is number {count + 1}", hint)
        twin = next((alias for alias in self._state(move.name) if _is_twin(alias, move.alias)), None)
        if twin is not None:
            yield of_ref(move.ref, "alias-twin", f"{move.alias} differs from {twin} only by case")
        if move.target is None and not count:
            yield of_ref(move.ref, "alias-tag", f"it ends {move.alias}, and there is no such alias")
        if self._tip is None or not self._server.contains(self._tip, move.commit):
            yield of_ref(move.ref, "alias-tag", "it is on a commit that is not on the default branch", _HINT)
            return
        for version in move.target.versions if move.target else ():
            path = layout.version_path(move.name, version)
            missing = [commit for commit in (move.commit, self._tip) if self._states.at(commit).blob(path) is None]
            if missing:
                message = f"it leads to version {version}, which commit {missing[0][:10]} does not have"
                yield of_ref(move.ref, "alias-target", message)
        if self._past.has_ages and abs(time.time() - move.time) > _DAY_S:
            message = "it says that it was made on another day, and a policy counts the days"
            yield of_ref(move.ref, "alias-tag", message, f"Delete it here and make it again. {_HINT}")

    def _policies(self, move: Move, before: Target | None) -> Iterator[Refusal]:
        state = self._states.at(self._server.tip or self._tip)
        if self._server.tip is None or self._is_rename(move, before):
            return
        tag = TagMove(tag=f"{move.name}@{move.alias}/{move.count}", message=move.message)
        changeset = Changeset(message="", writes={}, tags=(tag,))
        catalog = state.catalog
        for problem in policies.broken(self._states.config.policies, changeset, catalog, catalog.backend, self._facts):
            if problem.severity == ERROR:
                yield Refusal(problem=problem, ref=move.ref)

    def _is_rename(self, move: Move, before: Target | None) -> bool:
        """Whether a prompt is renamed, and its alias goes along: it ends under the old name, or begins under the new one."""
        after = self._states.at(self._tip)
        former = after.prompt(move.name).notes.former_names[-1:]
        if former and before is None and not after.prompt(former[0]).exists:
            return self._before(former[0]).get(move.alias) == move.target
        return move.target is None and was_renamed(after, move.name)

    def _before(self, name: str) -> dict[str, Target]:
        """The aliases of a prompt before the push."""
        found: dict[str, Target] = {}
        for past in reversed(self._past.moves((name,))):
            found.pop(past.alias, None)
            if past.new is not None:
                found[past.alias] = past.new
        return found

    def _state(self, name: str) -> dict[str, tuple[int, Target | None]]:
        """Count and target of each alias of a prompt."""
        if name not in self._now:
            found: dict[str, tuple[int, Target | None]] = {}
            for tag in tags.find(self._server.served, f"{name}@*/*"):
                match, move = _MOVE.match(tag.name), parse_move(tag.name, tag.message)
                if match and move and match["name"] == name:
                    count = int(match["count"])
                    if count > found.get(move[1], (0, None))[0]:
                        found[move[1]] = (count, move[2])
            self._now[name] = found
        return self._now[name]


def was_renamed(state: State, name: str) -> bool:
    """Whether there is no such prompt any more, and another one says that it was called so."""
    if state.prompt(name).exists:
        return False
    return any(name in state.prompt(other).notes.former_names for other in state.catalog.names())


def _is_twin(alias: str, other: str) -> bool:
    return alias != other and alias.casefold() == other.casefold()


def _are_names(name: str, alias: str) -> bool:
    try:
        return bool(layout.check_name(name) and layout.check_alias(alias))
    except InvalidReferenceError:
        return False
