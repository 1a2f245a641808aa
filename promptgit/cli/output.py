"""All printing: lines, texts, JSON and errors. Nothing from a prompt or a commit reaches a terminal as it is.

What people read goes to stdout as lines, what a program reads as one JSON document, and what went wrong to
stderr.
"""

from __future__ import annotations

import os
import sys
from typing import IO, Any

import click

from promptgit.errors import InvalidDocumentError, PolicyError, PromptGitError
from promptgit.sanitise import sanitise, sanitise_json


class ProblemsFound(Exception):  # noqa: N818 - no error: the command has said all there is to say
    """Raised by a command that ran as it should and found problems."""


def on_terminal(stream: IO[Any] | None = None) -> bool:
    """Whether a person looks at stdout, or at another stream."""
    stream = stream or sys.stdout
    return bool(getattr(stream, "isatty", lambda: False)())


def interactive() -> bool:
    """Whether a person can be asked: both ends are a terminal."""
    return on_terminal() and on_terminal(sys.stdin)


def in_colour(stream: IO[Any] | None = None) -> bool:
    """Whether to colour: on a terminal that can, and not with NO_COLOR (https://no-color.org)."""
    return on_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns of the terminal."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def styled(text: str, colour: str | None = None, *, bold: bool = False, dim: bool = False) -> str:
    """`text`, which must be safe already, with a style where colour is wanted."""
    if not (colour or bold or dim) or not in_colour():
        return text
    return click.style(text, fg=colour, bold=bold or None, dim=dim or None)


def say(text: str = "", colour: str | None = None, *, bold: bool = False, dim: bool = False) -> None:
    """Print lines."""
    click.echo(styled(sanitise(text), colour, bold=bold, dim=dim))


def say_styled(text: str) -> None:
    """Print lines that are sanitised and styled already."""
    click.echo(text)


def say_text(text: str) -> None:
    """Print the text of a prompt: byte for byte; on a terminal safe to look at, and ended by a newline."""
    if on_terminal():
        click.echo(sanitise(text), nl=not text.endswith("\n"))
    else:
        click.echo(text.encode("utf-8", "surrogatepass"), nl=False)


def say_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json_text(value))


def json_text(value: Any, indent: int | None = 2) -> str:
    """One JSON document, safe to print; on one line if `indent` is None."""
    import json

    return sanitise_json(json.dumps(value, indent=indent, ensure_ascii=False, default=_plain))


def warn(text: str) -> None:
    """Print a warning to stderr."""
    _to_stderr("warning", "yellow", text)


def note(text: str) -> None:
    """Print to stderr what was done on the way; stdout is for the answer."""
    click.echo(sanitise(text), err=True)


def show_error(error: PromptGitError) -> None:
    """Print an error to stderr: what is wrong, and what to do on a line of its own."""
    text, hint = str(error), error.hint or ""
    if hint and text.endswith(f"\n{hint}"):
        text = text[: -len(hint) - 1]
    if isinstance(error, InvalidDocumentError | PolicyError):  # each line says already what it is
        click.echo(sanitise(text), err=True)
    else:
        _to_stderr("error", "red", text)
    if hint:
        _to_stderr("hint", "cyan", hint)


def show_usage_error(error: click.UsageError) -> None:
    """Print what cannot be read on the command line, and how the command is to be written."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
        error.show()
        return
    _to_stderr("error", "red", error.format_message())
    if error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
        _to_stderr("hint", "cyan", f"{error.ctx.command_path} -h explains it")


def show_os_error(error: OSError) -> None:
    """Print what the operating system refused."""
    where = f": {error.filename}" if error.filename else ""
    _to_stderr("error", "red", f"{error.strerror or error}{where}")


def show_bug(error: Exception, debug: str) -> None:
    """Print that promptgit itself is at fault.

    Args:
        debug: the environment variable that asks for a traceback.
    """
    from promptgit import __version__

    said = next(iter(str(error).splitlines()), "")
    _to_stderr("error", "red", f"this is a bug in promptgit {__version__}: {type(error).__name__}: {said}")
    if not os.environ.get(debug):
        _to_stderr("hint", "cyan", f"Please report it to its maintainers with what {debug}=1 prints.")


def show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """The callback of `--version`."""
    if wanted and not context.resilient_parsing:
        from promptgit import __version__

        click.echo(f"promptgit {__version__}")
        context.exit()


def subject(message: str) -> str:
    """The first line of a commit message."""
    return message.partition("\n")[0].strip()


def _to_stderr(label: str, colour: str, text: str) -> None:
    shown = click.style(f"{label}:", fg=colour, bold=True) if in_colour(sys.stderr) else f"{label}:"
    click.echo(f"{shown} {sanitise(text)}", err=True)


def _plain(value: Any) -> Any:
    """Dates as ISO 8601 in UTC, tuples and sets as lists."""
    import datetime

    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
