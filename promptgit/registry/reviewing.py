"""`Registry.review`: what a range means, and the review of it."""

from __future__ import annotations

from promptgit.errors import InvalidReferenceError, RevisionNotFoundError
from promptgit.registry import views
from promptgit.registry.checking import Scope, merge_base, prepare
from promptgit.review.build import Range, build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from promptgit.gitrepo.repository import GitRepository
    from promptgit.registry.registry import Registry
    from promptgit.review.model import Review

_BASES = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master")


def review(registry: Registry, spec: str = "", progress: Callable[[int], None] | None = None) -> Review:
    """The review of a range.

    Args:
        spec: `BASE..HEAD`; `BASE` alone goes to what the registry reads, which may be the working tree; empty begins at
            the remote's default branch, else at HEAD. A change begins where HEAD forked off from BASE, so what was
            committed to BASE since is not part of it.

    Raises:
        InvalidReferenceError: the range cannot be read.
        RevisionNotFoundError: there is no such revision, or the two have no common history.
    """
    repository = registry.repository()
    base_label, head_label = _ends(registry, repository, spec)
    state = registry.at(head_label) if head_label else registry
    head = state.commit or ""
    tip = head or repository.ref_commit("HEAD") or ""
    if not tip:
        raise RevisionNotFoundError(
            "there is no commit yet to compare with", hint="Commit first; promptgit check needs none."
        )
    named = views.resolve(registry.opened, base_label).commit
    base = merge_base(repository, named, tip)
    if base is None:
        hint = "In CI, fetch the whole history: fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab."
        raise RevisionNotFoundError(f"{base_label} and {head_label or 'HEAD'} have no common history here", hint=hint)
    checking = prepare(state, Scope(base=base_label))
    reviewed = Range(
        checking.change,
        repository,
        base=base,
        head=head,
        labels=(base_label, head_label or ("the working tree" if not head else str(registry.rev))),
        tip=tip,
        prefix=registry.prefix,
    )
    return build(reviewed, checking.problems(progress))


def _ends(registry: Registry, repository: GitRepository, spec: str) -> tuple[str, str]:
    """Both ends as the user called them; the head is empty for what the registry reads."""
    if not spec:
        tip = registry.commit or repository.ref_commit("HEAD")
        for ref in _BASES:
            found = repository.ref_commit(ref)
            if found is not None and found != tip:
                return ref.removeprefix("refs/remotes/"), ""
        return "HEAD", ""
    base, dots, head = spec.partition("..")
    head = head.removeprefix(".")
    if dots and not (base or head):
        raise InvalidReferenceError(
            "this is no range", text=spec, position=0, hint="Write BASE..HEAD, such as main..my-branch."
        )
    return base or "HEAD", head or ("HEAD" if dots else "")
