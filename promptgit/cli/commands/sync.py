"""`promptgit sync`."""

from __future__ import annotations

import time
from typing import Any

import click

from promptgit.cli import options, output
from promptgit.cli.options import json_option


@click.command()
@click.argument("url", required=False)
@click.option("--branch", metavar="NAME", help="The branch to follow; else the remote's default branch.")
@click.option(
    "--signers", metavar="FILE", help="Take only commits that are signed by a key in this allowed_signers file."
)
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=300.0, show_default=True, help="Seconds it may take."
)
@click.option("--accept-rewrite", is_flag=True, help="Take the remote's commit even if its history was rewritten.")
@json_option
def sync(
    url: str | None, branch: str | None, signers: str | None, timeout: float, accept_rewrite: bool, as_json: bool
) -> None:
    """Fetch a remote registry into this machine's cache.

    An application that opens the same URL then starts from the cache: in an image build, before a deployment, on a machine
    that will have no network. URL may be left out where -C or PROMPTGIT_REGISTRY names one.
    """
    from promptgit.errors import InvalidReferenceError, RemoteUnavailableError
    from promptgit.registry.registry import Registry
    from promptgit.trust import SignedBy

    place = url or options.place()
    if not options.is_url(place):
        raise InvalidReferenceError(
            f"{place} is no URL: there is nothing to fetch into the cache",
            hint="Write promptgit sync https://HOST/REPOSITORY; a clone is brought up to date by promptgit pull.",
        )
    verify = SignedBy(signers) if signers else None
    how: dict[str, Any] = {"branch": branch, "folder": options.folder(), "refresh": 0, "verify": verify}
    with Registry(place, offline=True, **how) as cached:
        old = cached.status().commit
    begun = time.time()
    with Registry(place, offline=False, timeout=timeout, **how) as registry:
        asked = registry.status().attempted_at
        if accept_rewrite or asked is None or asked.timestamp() < begun:  # else opening it has done so
            registry.refresh(accept_rewrite=accept_rewrite)
        status, names = registry.status(), registry.prompts()
    if status.error:
        raise RemoteUnavailableError(status.error)
    if as_json:
        output.say_json({**status.to_dict(), "prompts": len(names), "old": old})
        return
    count = f"{len(names)} prompt{'s' if len(names) != 1 else ''}"
    output.say(f"{status.place} is at {(status.commit or '')[:10]} ({status.branch}): {count}")
    if old and old != status.commit:
        output.say(f"before: {old[:10]}")
    for warning in status.warnings:
        output.warn(warning)
