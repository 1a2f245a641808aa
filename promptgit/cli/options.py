"""Options that several commands share, and the registry that a command works on."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from promptgit.errors import RegistryNotFoundError

if TYPE_CHECKING:
    from promptgit.registry.registry import Registry

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
rev_option = click.option(
    "--rev",
    metavar="REV",
    envvar="PROMPTGIT_REV",
    help="As of a branch, tag, commit or date such as 2026-11-01.",
)


def format_option(formats: Sequence[str], text: str) -> Callable[[F], Callable[..., Any]]:
    """`--format`, whose first choice is the default, handed over as `style`; and `--json`, as every command has it."""

    def add(command: F) -> Callable[..., Any]:
        @wraps(command)
        def with_style(*args: Any, style: str, as_json: bool, **values: Any) -> Any:
            return command(*args, style="json" if as_json else style, **values)

        choice = click.option("--format", "style", type=click.Choice(formats), default=formats[0], help=text)
        return choice(click.option("--json", "as_json", is_flag=True, help="The same as --format json.")(with_style))

    return add


def message_option(*, required: bool = False) -> Callable[[F], F]:
    """`-m`: why. Where it is required and left out, a person at a terminal is asked for it."""
    return click.option(
        "-m",
        "--message",
        metavar="TEXT",
        required=required,
        cls=_AskedFor,
        help="Why; it becomes the commit message.",
    )


class _AskedFor(click.Option):
    """A required option that is asked for on a terminal instead of refused."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        from promptgit.cli import output

        asks = self.required and self.value_is_missing(value) and not ctx.resilient_parsing
        if asks and output.interactive():
            return click.prompt("Message (why)")
        return super().process_value(ctx, value)


def reading(command: F) -> F:
    """The options of a command that reads: --rev and --json."""
    return rev_option(json_option(command))


def writing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that writes, handed over as one `promptgit.cli.write.Write` named `write`."""

    @wraps(command)
    def with_write(*args: Any, dry_run: bool, push: bool, as_json: bool, **values: Any) -> Any:
        from promptgit.cli.write import Write

        return command(*args, write=Write(dry_run=dry_run, push=push, as_json=as_json), **values)

    with_write = click.option("--push", is_flag=True, help="Succeed only once the remote has it too.")(with_write)
    with_write = click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")(
        with_write
    )
    return json_option(with_write)


def open_registry(rev: str | None = None) -> Registry:
    """The registry that the command line means; closed when the command ends.

    Raises:
        RegistryNotFoundError: there is none.
        RevisionNotFoundError: it has no such revision.
    """
    from promptgit.registry.registry import Registry

    where = place()
    remote: dict[str, Any] = {"refresh": 0} if is_url(where) else {}
    registry = Registry(where, rev=rev or None, folder=folder(), **remote)
    click.get_current_context().call_on_close(registry.close)
    if remote:
        warn_of_age(registry)
    return registry


def folder() -> str:
    """Where the registry lies in its repository, if the command line says so."""
    named: str | None = click.get_current_context().find_root().params.get("folder")
    return named or ""


def warn_of_age(registry: Registry) -> None:
    """Say so if what is shown may not be the newest, because the remote is away."""
    from promptgit.cli import output

    status = registry.status()
    if status.error and status.commit:
        since = f" (as of {status.fetched_at:%Y-%m-%d %H:%M} UTC)" if status.fetched_at else ""
        output.warn(f"{status.error}; this is what was fetched last{since}")


def is_url(text: str) -> bool:
    """Whether a registry is named by the URL of a remote."""
    from promptgit.remote.address import is_remote

    return ":" in text and is_remote(text)


def place() -> str:
    """The path or the URL of the registry that the command line means.

    Raises:
        RegistryNotFoundError: there is none.
    """
    from promptgit.registry.views import find_root

    directory = click.get_current_context().find_root().params.get("directory")
    if directory:
        found = None if is_url(directory) or os.path.isfile(directory) else find_root(directory)
        return str(found or directory)
    named = os.environ.get("PROMPTGIT_REGISTRY")
    if named:
        return named
    found = find_root(os.getcwd())
    if found is None:
        raise RegistryNotFoundError(
            f"there is no registry at {os.getcwd()} or above it",
            hint="Name one (promptgit -C DIR, or PROMPTGIT_REGISTRY), or make one: promptgit init DIR",
        )
    return found
