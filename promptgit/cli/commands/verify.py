"""`promptgit verify`."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output, report
from promptgit.cli.options import open_registry, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promptgit.registry.verifying import Deed, Proof

_SHOWN = 20


@click.command()
@click.option(
    "--signers", metavar="FILE", type=click.Path(), help="Also ask who signed what; FILE lists whom to trust."
)
@reading
def verify(signers: str | None, rev: str | None, as_json: bool) -> None:
    """Prove from history that no version ever changed.

    Every commit behind HEAD, or behind --rev, is looked at. With --signers, each commit that added a version or moved an
    alias must be signed with an SSH key that FILE lists, in the form of git's allowed signers; where aliases are tags, each
    tag of a move. FILE must not lie in the repository.

    The exit code is 1 if a version changed, if anything is not signed, or if not all of it could be looked at.
    """
    from promptgit.registry.verifying import prove
    from promptgit.trust import SignedBy

    trusted = SignedBy(signers) if signers else None
    registry = open_registry(rev)
    proof = prove(registry if registry.commit else registry.at("HEAD"), trusted, _progress())
    if as_json:
        output.say_json(_values(proof, signed=trusted is not None))
    else:
        _say(proof)
        if trusted is not None:
            _say_signed(proof, trusted.path)
    if not proof.holds:
        raise output.ProblemsFound


def _say(proof: Proof) -> None:
    from promptgit.cli.moments import day

    report.say_text(proof.problems)
    count = len(proof.problems)
    verdict = f"{count:,} problem{'' if count == 1 else 's'}" if count else "none ever changed"
    looked = f"checked {_count(proof.commits, 'commit')}, {day(proof.first)} to {day(proof.last)}"
    output.say(f"{_count(proof.versions, 'version')} of {_count(proof.prompts, 'prompt')}: {verdict} ({looked})")


def _say_signed(proof: Proof, path: str) -> None:
    from promptgit.cli.tables import table

    unsigned = proof.unsigned
    if unsigned:
        rows = [(deed.prompt, deed.what, deed.author, deed.trouble) for deed in unsigned[:_SHOWN]]
        table(["prompt", "what", "who", "why it is not trusted"], rows)
        if len(unsigned) > _SHOWN:
            output.say(f"... and {len(unsigned) - _SHOWN:,} more: --json lists all")
    by: dict[str, list[Deed]] = {}
    for deed in proof.deeds:
        if deed.signature is not None:
            by.setdefault(deed.signature.principal, []).append(deed)
    for principal, deeds in sorted(by.items()):
        output.say(f"signed by {principal}: {_kinds(deeds)}")
    output.say(f"not signed by anybody in {path}: {_kinds(unsigned)}" if unsigned else "all of it is signed")


def _kinds(deeds: Sequence[Deed]) -> str:
    """`12 versions, 1 move of an alias`."""
    count = Counter(deed.kind for deed in deeds)
    said = [_count(count["version"], "version")] if count["version"] else []
    if count["alias"]:
        said.append(_count(count["alias"], "move of an alias", "moves of aliases"))
    return ", ".join(said)


def _count(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def _values(proof: Proof, *, signed: bool) -> dict[str, Any]:
    return {
        "holds": proof.holds,
        "commit": proof.commit,
        "prompts": proof.prompts,
        "versions": proof.versions,
        "commits": proof.commits,
        "first": proof.first,
        "last": proof.last,
        "problems": report.to_json(proof.problems),
        "signed": [_deed(deed) for deed in proof.deeds] if signed else None,
    }


def _deed(deed: Deed) -> dict[str, Any]:
    by = deed.signature
    return {
        "kind": deed.kind,
        "prompt": deed.prompt,
        "what": deed.what,
        "commit": deed.commit or None,
        "tag": deed.tag[0] if deed.tag else None,
        "author": deed.author,
        "time": deed.time,
        "signer": by.principal if by else None,
        "key": by.key if by else None,
        "key_type": by.kind if by else None,
        "trouble": deed.trouble or None,
    }


def _progress() -> Callable[[int, int], None] | None:
    """A count on stderr, where a person waits for more than half a second."""
    import sys

    if not output.in_colour(sys.stderr):
        return None
    start = time.monotonic()

    def show(count: int, of: int) -> None:
        if time.monotonic() - start > 0.5:
            click.echo(f"\r{count:,} of {of:,} signatures verified\x1b[K\r", nl=False, err=True)

    return show
