"""`promptgit completion`, and the words that the shell is answered with."""

from __future__ import annotations

import os
import shlex

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

VARIABLE = "_PROMPTGIT_COMPLETE"

_BASH = r"""%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            file,*|dir,*) compopt -o default ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done < <(env COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
        %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class UriBashComplete(BashComplete):
    """Bash splits words at ':' and '@', which cuts a URI into pieces: this reads the line as it was typed.

    A completion then replaces only what stands after the last of these characters.
    """

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        line = os.environ["COMP_LINE"].encode()[: int(os.environ["COMP_POINT"])].decode("utf-8", "ignore")
        words = split_arg_string(line)
        incomplete = "" if not words or line[-1:].isspace() else words.pop()
        self._replaced = 0 if _in_quotes(line) else _start_of_piece(incomplete, os.environ["COMP_WORDBREAKS"])
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """A line for the script."""
        return f"{item.type},{item.value[self._replaced :] if item.type == 'plain' else item.value}"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes words in a shell.

    Commands, prompt names, aliases and URIs are completed.

    \b
    bash: eval "$(promptgit completion bash)" in ~/.bashrc
    zsh:  eval "$(promptgit completion zsh)" in ~/.zshrc
    fish: promptgit completion fish > ~/.config/fish/completions/promptgit.fish
    """
    install()
    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"this version of click completes nothing in {shell}")
    root = click.get_current_context().find_root()
    click.echo(complete(root.command, {}, "promptgit", VARIABLE).source())


def install() -> None:
    """Make click answer bash with `UriBashComplete`; called only when a shell asks."""
    add_completion_class(UriBashComplete)


def _start_of_piece(word: str, breaks: str) -> int:
    """Where the piece starts that bash replaces: after the last ':' or '=', but at an '@', not after it."""
    starts = [word.rfind(mark) + 1 for mark in ":=" if mark in breaks]
    return max(0, *starts, word.rfind("@") if "@" in breaks else 0)


def _in_quotes(line: str) -> bool:
    """Whether a quote is open at the end: bash splits nothing there, and replaces all that follows it."""
    try:
        shlex.split(line)
    except ValueError:
        return True
    return False
