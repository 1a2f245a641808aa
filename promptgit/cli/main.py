"""The entry point, and the only place with exit codes.

0    fine
1    problems were found, or an error that promptgit knows: it says what to do
2    the command line cannot be read
3    a bug in promptgit
130  interrupted
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from promptgit.cli import output
from promptgit.cli.commands import COMMANDS
from promptgit.cli.group import LazyGroup
from promptgit.errors import PromptGitError

FINE, PROBLEMS, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130
_DEBUG = "PROMPTGIT_DEBUG"


@click.command(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Without -C, the registry is what PROMPTGIT_REGISTRY names, else the nearest folder upwards that "
    "has a promptgit.yaml. 'promptgit COMMAND -h' explains a command.",
)
@click.option("-C", "directory", metavar="DIR|URL", help="Use the registry in DIR or a folder above it, or at a URL.")
@click.option(
    "--folder",
    metavar="DIR",
    envvar="PROMPTGIT_FOLDER",
    help="Where the registry lies in a bare repository or at a URL.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=output.show_version,
    help="Say which.",
)
def cli(directory: str | None, folder: str | None) -> None:
    """The Git-native prompt registry: versions, aliases, review and rollback, kept in a Git repository."""


def main() -> None:
    """Run the command line of this process, and end it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character shows its escape
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError as error:
        if code == FINE and not isinstance(error, BrokenPipeError):  # else it was said already
            output.show_os_error(error)
        code = PROBLEMS
        # what is left in the buffer has nowhere to go, and the interpreter must not complain about it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Errors are printed to stderr."""
    if "_PROMPTGIT_COMPLETE" in os.environ:  # a shell asks what may stand at the cursor
        from promptgit.cli.commands.completion import install

        install()
    try:
        code = cli.main(list(args), prog_name="promptgit", standalone_mode=False)
        return code if isinstance(code, int) else FINE
    except output.ProblemsFound:
        return PROBLEMS
    except PromptGitError as error:
        _trace()
        output.show_error(error)
        return PROBLEMS
    except click.UsageError as error:
        output.show_usage_error(error)
        return USAGE
    except click.ClickException as error:
        output.show_error(PromptGitError(error.format_message()))
        return PROBLEMS
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        return PROBLEMS
    except OSError as error:
        _trace()
        output.show_os_error(error)
        return PROBLEMS
    except Exception as error:  # noqa: BLE001 - the last resort: a bug has an exit code of its own
        _trace()
        output.show_bug(error, _DEBUG)
        return BUG


def _trace() -> None:
    if os.environ.get(_DEBUG):
        import traceback

        traceback.print_exc()


if __name__ == "__main__":
    main()
