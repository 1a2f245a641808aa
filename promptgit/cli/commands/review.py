"""`promptgit review`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptgit.cli import output, report
from promptgit.cli.options import format_option, open_registry
from promptgit.problems import ERROR

if TYPE_CHECKING:
    from promptgit.review.model import Review

_FORMATS = ("terminal", "markdown", "json", "html")


@click.command()
@click.argument("spec", metavar="[BASE[..HEAD]]", default="")
@format_option(_FORMATS, "How to show it.")
@click.option("-o", "--output", "file", metavar="FILE", type=click.Path(), help="Write it to FILE.")
@click.option(
    "--fail-on",
    type=click.Choice(["never", "policy", "breaking"]),
    default="never",
    help="Exit with 1 on errors of the checks, policies among them; or also if an alias move breaks callers.",
)
@click.option("--post", is_flag=True, help="Post it as the pull request's one comment; for jobs on GitHub and GitLab.")
@click.option("--details", metavar="URL", default="", help="Where the whole review is, if a comment must be shortened.")
def review(spec: str, style: str, file: str | None, fail_on: str, post: bool, details: str) -> None:
    """Show what a change does in production.

    Each alias that moves is compared with what it served, each new version with the one before it.

    The change begins where HEAD forked off from BASE. With BASE alone it goes to the working tree; with nothing it begins at
    the remote's default branch, or at HEAD.
    """
    registry = open_registry()
    found = registry.review(spec)
    text = _rendered(found, style, details, in_colour=not file and output.in_colour())
    if file:
        Path(file).write_text(f"{text}\n", encoding="utf-8", newline="\n")
        output.note(f"wrote {file}")
    elif not post:
        output.say_styled(text)
    if style == "terminal" and found.problems and not file:
        output.say()
        report.say_text(found.problems)
        output.say(report.verdict(found.problems))
    if post:
        _post(found, details)
    errors = any(problem.severity == ERROR for problem in found.problems)
    if (fail_on != "never" and errors) or (fail_on == "breaking" and found.is_breaking):
        raise output.ProblemsFound


def _rendered(found: Review, style: str, details: str, *, in_colour: bool) -> str:
    if style == "json":
        return output.json_text(found.to_dict())
    if style == "markdown":
        from promptgit.review.markdown import render as markdown

        return markdown(found, details=details)
    if style == "html":
        from promptgit.review.html import render as html

        return html(found)
    from promptgit.review.report import render

    return render(found, colour=in_colour, width=output.width())


def _post(found: Review, details: str) -> None:
    from promptgit.integrations.comments import post
    from promptgit.review.markdown import render

    posted = post(render(found, details=details), environ=os.environ, is_empty=found.is_empty)
    if posted.url:
        output.note(f"{'posted' if posted.created else 'updated'} {posted.url}")
