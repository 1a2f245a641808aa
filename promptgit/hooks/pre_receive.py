"""What a push is held against before a server takes it: all of it, or nothing of it.

Nothing that is pushed decides about itself. The rules are those of the default branch before the push; who pushes is what
the server says; when something happened is when the server saw it; and every new commit is judged, not the tips alone,
since any commit can be pinned by its id once it is there.
"""

from __future__ import annotations

import contextlib

from promptgit import layout
from promptgit.checks import policies
from promptgit.hooks.push import content, trees
from promptgit.hooks.push.commits import new_commits, steps
from promptgit.hooks.push.content import States
from promptgit.hooks.push.moves import Moves, was_renamed
from promptgit.hooks.push.past import Past
from promptgit.hooks.push.refs import Refs, parse
from promptgit.hooks.push.refusal import Refusal, of_commit
from promptgit.hooks.push.server import Server
from promptgit.hooks.push.versions import Versions
from promptgit.problems import Problem
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promptgit.hooks.push.commits import Commit, Step
    from promptgit.hooks.push.refs import Update
    from promptgit.hooks.push.trees import Difference

_UNKNOWN = "The server does not say who pushes: promptgit hook pre-receive --pusher-env NAME tells where to look."


def refusals(
    lines: bytes,
    environ: Mapping[str, str],
    pusher: Sequence[str],
    *,
    folder: str = "",
    deadline: float = 120.0,
) -> list[Refusal]:
    """Why a push may not be taken; empty if it may.

    Args:
        lines: what git says on standard input.
        environ: as git started the hook, in the repository's folder.
        pusher: names and addresses of whoever pushes.
        folder: the registry's folder in the repository; empty for the top.
        deadline: seconds that it may take.

    Raises:
        GitError: it could not be found out; the push is to be refused.
    """
    updates = parse(lines)
    with contextlib.closing(Server(environ, folder, deadline)) as server:
        push = _Push(server, updates, tuple(pusher))
        found = list(push.refs.refused(updates))
        return list(dict.fromkeys(found or push.refused()))


class _Branch(Record):
    """A protected branch that moves: its full name, where it is compared from (None: from nothing), and its new tip."""

    ref: str
    old: str | None
    new: str


class _Push:
    """One push: its refs are in order, now to what they bring."""

    def __init__(self, server: Server, updates: Sequence[Update], pusher: tuple[str, ...]) -> None:
        head = next((update.new for update in updates if update.ref == server.head), server.tip)
        config = server.rules(head)
        past = Past(server, config)
        self._server = server
        self._updates = updates
        self._pusher = pusher
        self._differences: dict[tuple[str | None, str], Difference] = {}
        self._config = config
        self._states = States(server, config, past)
        self._versions = Versions(self._states, past)
        self._facts = policies.Facts(way=policies.PUSHED, who=lambda: pusher, added=past.added, prefix=server.prefix)
        self._moves = Moves(server, self._states, past, head, self._facts)
        self.refs = Refs(server, config.policies.get("push", {}))

    def refused(self) -> Iterator[Refusal]:
        """Why it may not be taken. Moves of aliases are judged last: they may need what the commits bring."""
        branches = [_Branch(ref=update.ref, old=self._old(update), new=new) for update, new in self._protected()]
        tips = [update.new for update in self._updates if update.new]
        commits = new_commits(self._server, tips, [(branch.old, branch.new) for branch in branches if branch.old])
        policed = self._steps(branches, commits)
        told = set()
        for commit in commits.values():
            self._server.remaining()
            for refusal in (*self._commit(commit), *self._policies(policed.get(commit.oid, ()))):
                told.add((refusal.problem.code, refusal.problem.path))
                yield refusal
        for branch in branches:
            ends = self._end(branch.old, branch.new) if branch.old else ()
            yield from (end for end in ends if (end.problem.code, end.problem.path) not in told)
        if self._config.aliases == "tags":
            yield from self._moves.refused(self._updates)
            for branch in branches:
                if branch.ref == self._server.head:
                    yield from self._stranded(branch)

    def _protected(self) -> Iterator[tuple[Update, str]]:
        """The protected branches that move, and where to."""
        for update in self._updates:
            if update.new and self.refs.is_protected(update.ref):
                yield update, update.new

    def _old(self, update: Update) -> str | None:
        """What a protected branch is compared with: its old tip; if it is new, where it left the default branch."""
        if update.old or not self._server.tip or not update.new:
            return update.old
        return self._server.git(["merge-base", self._server.tip, update.new], accept=(0, 1)).text or None

    # --- commits ----------------------------------------------------------------------------------------------------

    def _commit(self, commit: Commit) -> Iterator[Refusal]:
        differences = [self._difference(parent, commit.oid) for parent in commit.parents or (None,)]
        wrong = set.intersection(*(set(difference.problems) for difference in differences))
        found = [problem for problem in differences[0].problems if problem in wrong]
        found += self._versions.problems(commit, differences)
        parent = commit.parents[0] if commit.parents else None
        found += content.faults(self._states, commit.oid, parent, differences)
        yield from (of_commit(commit.oid, problem) for problem in found)

    def _difference(self, before: str | None, after: str) -> Difference:
        """What differs between two commits; kept for the step that follows on the commit."""
        pair = (before, after)
        if pair not in self._differences:
            reader = self._server.pushed.reader
            roots = [reader.commit(oid)["tree"] if oid else None for oid in pair]
            self._differences = {pair: trees.compare(reader, roots[0], roots[1], self._server.prefix)}
        return self._differences[pair]

    # --- protected branches -----------------------------------------------------------------------------------------

    def _steps(self, branches: Sequence[_Branch], commits: Mapping[str, Commit]) -> Mapping[str, list[Step]]:
        """Commit -> the steps that it is, of protected branches. A first push has no rules yet that it could break."""
        found: dict[str, list[Step]] = {}
        for branch in branches if self._server.tip else ():
            for step in steps(commits, branch.old, branch.new):
                found.setdefault(step.after.oid, []).append(step)
        return found

    def _policies(self, policed: Sequence[Step]) -> Iterator[Refusal]:
        """The policies bind at each step."""
        for step in policed:
            difference = self._difference(step.before, step.after.oid)
            found = content.broken(self._states, step.before, step.after.oid, difference, self._facts)
            for problem in (*self._maintained(difference), *found):
                yield of_commit(step.after.oid, self._named(problem))

    def _end(self, old: str, new: str) -> Iterator[Refusal]:
        """From end to end nothing is lost, and no alias leads nowhere."""
        whole = self._difference(old, new)
        lost = self._versions.lost(old, new, whole)
        for problem in (*lost, *content.dangling(self._states, old, new, whole)):
            yield of_commit(new, problem)

    def _maintained(self, difference: Difference) -> Iterator[Problem]:
        allowed = self._config.policies.get("push", {}).get("maintainers")
        if allowed is None or layout.REGISTRY_FILE not in difference.files:
            return
        if not {name.casefold() for name in self._pusher} & {name.casefold() for name in allowed}:
            message = f"{next(iter(self._pusher), 'whoever pushes')} may not change the registry's rules"
            hint = f"Ask one of: {', '.join(allowed)}" if self._pusher else _UNKNOWN
            yield Problem(code="push-maintainers", message=message, path=layout.REGISTRY_FILE, hint=hint)

    def _named(self, problem: Problem) -> Problem:
        """Without a pusher's name nobody is a promoter: then that is what to mend."""
        if problem.code != "policy-promoters" or self._pusher:
            return problem
        said: Problem = problem.replace(hint=_UNKNOWN)
        return said

    def _stranded(self, branch: _Branch) -> Iterator[Refusal]:
        """Alias tags whose version the push takes away. Those of a prompt that was renamed end in a push of their own."""
        after = self._states.at(branch.new)
        for name in sorted(self._difference(branch.old, branch.new).names()):
            there = set(after.prompt(name).versions)
            gone = [
                (alias, version)
                for alias, target in sorted(self._moves.served(name).items())
                for version in sorted(set(target.versions) - there)
            ]
            for alias, version in [] if gone and was_renamed(after, name) else gone:
                message = f"{alias} leads to version {version}, which does not exist"
                hint = f"Move it first: promptgit alias set {name} {alias} VERSION -m WHY"
                path = layout.version_path(name, version)
                yield of_commit(branch.new, Problem(code="alias-target", message=message, path=path, hint=hint))
