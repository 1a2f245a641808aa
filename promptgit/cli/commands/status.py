"""`promptgit status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptgit.cli import options, output
from promptgit.cli.options import json_option, rev_option

if TYPE_CHECKING:
    from promptgit.remote.status import Status


@click.command()
@click.option(
    "--max-age", metavar="SECONDS", type=click.FloatRange(min=0), help="Fail if the remote was silent for longer."
)
@click.option("--signers", metavar="FILE", help="As an application sees it that has verify=SignedBy(FILE).")
@rev_option
@json_option
def status(max_age: float | None, signers: str | None, rev: str | None, as_json: bool) -> None:
    """Say which commit is served, how fresh it is, and what went wrong.

    Of a remote it tells what this machine's cache knows; it does not use the network. The exit code is 1 if there is nothing to
    serve. With --max-age, for a health check, it is also 1 if the remote was silent for longer, or has a commit that may not be
    served.
    """
    from promptgit.registry.registry import Registry
    from promptgit.trust import SignedBy

    place = options.place()
    remote = {"refresh": 0.0, "offline": True} if options.is_url(place) else {}
    verify = SignedBy(signers) if signers else None
    with Registry(place, rev=rev or None, folder=options.folder(), verify=verify, **remote) as registry:  # type: ignore[arg-type]
        found = registry.status()
    if as_json:
        output.say_json(found.to_dict())
    else:
        _say(found)
    if not found.healthy(max_age):
        raise output.ProblemsFound


def _say(found: Status) -> None:
    rows = {
        "registry": found.place,
        "reads": found.source + (f" {found.branch}" if found.branch else ""),
        "commit": found.commit or ("none: nothing was fetched yet" if found.source == "remote" else ""),
        "made": f"{found.committed_at:%Y-%m-%d %H:%M:%S} UTC" if found.committed_at else "",
        "fetched": f"{found.fetched_at:%Y-%m-%d %H:%M:%S} UTC, {_span(found.age or 0.0)} ago"
        if found.fetched_at
        else "",
        "failing": f"since {found.failing_since:%Y-%m-%d %H:%M:%S} UTC" if found.failing_since else "",
        "error": found.error or "",
        "not served": f"{found.pending} ({found.lag} commits ahead)" if found.pending else "",
    }
    for name, value in rows.items():
        if value:
            output.say(f"{name:<11} {value}", "red" if name in ("error", "not served", "failing") else None)
    for warning in found.warnings:
        output.warn(warning)


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
