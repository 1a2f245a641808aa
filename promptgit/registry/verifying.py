"""What a registry's history proves: that no version ever changed, and who signed what.

Every commit behind the state, and every folder of prompts in it, is read and hashed; what git tells of the history is compared
with what the commits themselves say. What cannot be looked at is a problem: silence proves nothing. The severities in
`promptgit.yaml` have no say here, as the registry would judge itself.
"""

from __future__ import annotations

import datetime
import os

from promptgit import layout
from promptgit.aliases.file import alias_moves
from promptgit.aliases.tags import parse_move
from promptgit.checks import version_reused, version_rewritten
from promptgit.checks.change import Change
from promptgit.checks.subject import State
from promptgit.errors import CorruptObjectError, RevisionNotFoundError, UntrustedCommitError
from promptgit.gitrepo import history, tags
from promptgit.gitrepo.objects import TREE_MODE
from promptgit.problems import ERROR, Problem
from promptgit.record import Record
from promptgit.registry import views
from promptgit.registry.history import as_utc, shallow_commits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from promptgit.gitrepo.history import Commit
    from promptgit.gitrepo.repository import GitRepository
    from promptgit.registry.registry import Registry
    from promptgit.trust import Signature, Verifier

VERSION, ALIAS = "version", "alias"
_GIT_S = 300.0
_LAST = 253_402_300_799  # the end of the year 9999


class Deed(Record):
    """A version that was added, or an alias that was moved, and who answers for it.

    Attributes:
        kind: `version` or `alias`.
        prompt: its name at the time.
        what: `version 3`, or `production: 1 -> 2`.
        commit: the commit that did it, or that the tag is on; empty if it is not in this clone.
        tag: after `refs/tags/`, and its object, if the alias was moved by a tag; else empty.
        author: who says to have done it.
        time: when, in UTC; None if the commit is not in this clone.
        signature: who signed the commit or the tag; None if nobody who is trusted.
        trouble: why not; empty if it is signed.
    """

    kind: str
    prompt: str
    what: str
    commit: str = ""
    tag: tuple[str, str] | tuple[()] = ()
    author: str = ""
    time: datetime.datetime | None = None
    signature: Signature | None = None
    trouble: str = ""


class Proof(Record):
    """What was found.

    Attributes:
        commit: the commit whose history this is.
        prompts, versions: how many it has.
        commits: how many were looked at.
        first, last: when the oldest and the newest of them were committed, in UTC.
        problems: what speaks against it; errors, all of them.
        deeds: newest first; empty if nobody asked for signatures.
    """

    commit: str
    prompts: int
    versions: int
    commits: int
    first: datetime.datetime
    last: datetime.datetime
    problems: tuple[Problem, ...]
    deeds: tuple[Deed, ...] = ()

    @property
    def unsigned(self) -> list[Deed]:
        """What nobody who is trusted has signed."""
        return [deed for deed in self.deeds if deed.trouble]

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.problems and not self.unsigned


def prove(
    registry: Registry, verifier: Verifier | None = None, progress: Callable[[int, int], None] | None = None
) -> Proof:
    """Look at the whole history of a registry.

    Args:
        registry: at a commit.
        verifier: whom to trust; None asks for no signatures.
        progress: called with how many signatures were verified so far, and of how many.

    Raises:
        RevisionNotFoundError: there is no commit yet.
        CorruptObjectError: an object is missing, damaged or was tampered with.
        InvalidDocumentError: the file of signers cannot be used, or a file of the registry cannot be read.
    """
    repository, tip, prefix = registry.repository(), registry.commit, registry.prefix
    if tip is None:
        raise RevisionNotFoundError(
            "nothing is committed yet", hint="Commit first, then there is a history to look at."
        )
    times = _walk(repository, tip, f"{prefix}{layout.PROMPTS}")
    catalog = registry.catalog
    versions = {name: list(catalog.versions(name)) for name in catalog.names()}
    problems = [*_other_history(repository, tip, set(times)), *_changed(registry, tip, versions)]
    deeds: list[Deed] = []
    if verifier is not None:
        in_tags = views.read_config(catalog.files, registry.path).aliases == "tags"
        moves = _tag_moves(repository) if in_tags else []
        problems += _missing_moves(moves)
        deeds = [*_by_commits(repository, tip, prefix, aliases=not in_tags), *moves]
        deeds += _unknown(deeds, versions)
        deeds = _judged(repository, deeds, verifier, progress)
    return Proof(
        commit=tip,
        prompts=len(versions),
        versions=sum(map(len, versions.values())),
        commits=len(times),
        first=as_utc(min(times.values())),
        last=as_utc(max(times.values())),
        problems=tuple(dict.fromkeys(problem.replace(severity=ERROR) for problem in problems)),
        deeds=tuple(sorted(deeds, key=_newest_first)),
    )


def _changed(registry: Registry, tip: str, names: Iterable[str]) -> Iterator[Problem]:
    """What the checks of versions say of this history."""
    repository = registry.repository()
    change = Change(State(registry.catalog, repository.algorithm), repository=repository, tip=tip)
    yield from version_rewritten.check_history(change, tip, registry.prefix)
    for name in names:
        yield from version_reused.check_prompt(change.subject(name))


# --- the commits ------------------------------------------------------------------------------------------------------


def _walk(repository: GitRepository, tip: str, folder: str) -> dict[str, int]:
    """Read and hash every commit behind a state, and the folders of prompts in it: commit -> when it was committed."""
    times: dict[str, int] = {}
    trees: set[str] = set()
    cut = shallow_commits(repository)
    todo = [tip]
    while todo:
        commit = todo.pop()
        if commit in times:
            continue
        headers = repository.reader.commit(commit)
        times[commit] = _committed(commit, headers)
        tree: str | None = headers["tree"]
        for part in folder.split("/"):
            mode, oid = repository.reader.tree(tree).get(part, ("", "")) if tree else ("", "")
            tree = oid if mode == TREE_MODE else None
        if tree:
            _hash_below(repository, tree, trees)
        if commit not in cut:
            todo += headers.get("parent", "").split()
    return times


def _committed(commit: str, headers: Mapping[str, str]) -> int:
    words = headers.get("committer", "").split()
    if len(words) < 2 or not words[-2].isdigit() or int(words[-2]) > _LAST:
        raise CorruptObjectError(f"commit {commit} does not say when it was committed", hint="git fsck shows more.")
    return int(words[-2])


def _hash_below(repository: GitRepository, tree: str, known: set[str]) -> None:
    todo = [tree]
    while todo:
        oid = todo.pop()
        if oid not in known:
            known.add(oid)
            todo += (below for mode, below in repository.reader.tree(oid).values() if mode == TREE_MODE)


def _other_history(repository: GitRepository, tip: str, commits: set[str]) -> Iterator[Problem]:
    """Git goes by more than commits: grafts give one other parents, and a commit graph may tell anything."""
    told = set(repository.git(["rev-list", "--end-of-options", tip], deadline=_GIT_S).text.split())
    if told != commits:
        yield Problem(
            code="history-altered",
            message=f"git tells of {len(told)} commits, and the commits themselves lead to {len(commits)}",
            hint="Remove .git/info/grafts, write the commit graph anew (git commit-graph write), and try again.",
        )


# --- what was done, and by whom ---------------------------------------------------------------------------------------


def _by_commits(repository: GitRepository, tip: str, prefix: str, *, aliases: bool) -> Iterator[Deed]:
    cut = shallow_commits(repository)
    for commit in history.log(repository, tip, [f"{prefix}{layout.PROMPTS}"], graph=False, full=True):
        if commit.commit in cut:  # there everything looks as if it had just been added
            continue
        for file in commit.files:
            at = layout.parse_path(file.path.removeprefix(prefix))
            if at is None:
                continue
            if at.version and file.old is None and file.new is not None:
                yield _deed(commit, VERSION, at.name, f"version {at.version}")
            elif at.file == layout.ALIASES_FILE and aliases:
                for move in alias_moves(repository, [commit.replace(files=(file,))]):
                    what = f"{move.alias}: {move.old or 'new'} -> {move.new or 'removed'}"
                    yield _deed(commit, ALIAS, at.name, what)


def _deed(commit: Commit, kind: str, prompt: str, what: str) -> Deed:
    when = as_utc(commit.time)
    return Deed(kind=kind, prompt=prompt, what=what, commit=commit.commit, author=commit.author, time=when)


def _tag_moves(repository: GitRepository) -> list[Deed]:
    """All moves in tags, also those on commits of other branches: an alias does not ask which branch its tags are on."""
    found = []
    for tag in tags.find(repository, "*@*/*"):
        move = parse_move(tag.name, tag.message)
        if move is not None:
            name, alias, target = move
            what = f"{alias}: move {tag.name.rpartition('/')[2]} -> {target or 'removed'}"
            found.append(
                Deed(
                    kind=ALIAS,
                    prompt=name,
                    what=what,
                    commit=tag.target,
                    tag=(tag.name, tag.oid),
                    author=tag.tagger,
                    time=as_utc(tag.time),
                )
            )
    return found


def _missing_moves(moves: Sequence[Deed]) -> Iterator[Problem]:
    """Moves are counted, so it shows where one was taken away, unless it was the last."""
    counts: dict[str, set[int]] = {}
    for move in moves:
        alias, _, count = move.tag[0].rpartition("/") if move.tag else ("", "", "0")
        counts.setdefault(alias, set()).add(int(count))
    for alias, there in sorted(counts.items()):
        for missing in sorted(set(range(1, max(there))) - there):
            yield Problem(
                code="alias-move-missing",
                message=f"{alias}: move {missing} of {max(there)} is missing",
                hint="Fetch it, if the remote has it: git fetch --tags. Else somebody deleted the tag.",
            )


def _unknown(deeds: Sequence[Deed], versions: dict[str, list[int]]) -> Iterator[Deed]:
    """The versions that are there, and that no commit of this clone has added."""
    added = {(deed.prompt, deed.what) for deed in deeds}
    for name, numbers in versions.items():
        for number in numbers:
            if (name, f"version {number}") not in added:
                trouble = "the commit that added it is not in this clone"
                yield Deed(kind=VERSION, prompt=name, what=f"version {number}", trouble=trouble)


def _judged(
    repository: GitRepository,
    deeds: Sequence[Deed],
    verifier: Verifier,
    progress: Callable[[int, int], None] | None,
) -> list[Deed]:
    """The same with their signatures: each commit is verified once, and some at a time, as each is a process or two."""
    from concurrent.futures import ThreadPoolExecutor

    def verify(key: tuple[str, ...]) -> Signature | str:
        try:
            if len(key) > 1:
                return verifier.check_tag(repository, key[1], key[0])
            return verifier.check_commit(repository, key[0])
        except UntrustedCommitError as error:
            return error.message

    keys = list(dict.fromkeys(deed.tag or (deed.commit,) for deed in deeds if deed.commit))
    found: dict[tuple[str, ...], Signature | str] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for key, answer in zip(keys, pool.map(verify, keys), strict=True):
            found[key] = answer
            if progress is not None:
                progress(len(found), len(keys))
    return [_signed(deed, found.get(deed.tag or (deed.commit,))) for deed in deeds]


def _signed(deed: Deed, answer: Signature | str | None) -> Deed:
    if answer is None:
        return deed
    changed: Deed = deed.replace(trouble=answer) if isinstance(answer, str) else deed.replace(signature=answer)
    return changed


def _newest_first(deed: Deed) -> tuple[float, str, str]:
    return (-deed.time.timestamp() if deed.time else 0.0, deed.prompt, deed.what)
