"""Completion, as the shells ask for it; bash is asked itself."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from commandline import Cli, environment, read_terminal

from promptgit import Registry
from promptgit.cli.main import run


def zsh_words(*args: str) -> list[str]:
    """What zsh is offered after these words; the last is the one at the cursor."""
    words = " ".join(["promptgit", *args])
    env = {"_PROMPTGIT_COMPLETE": "zsh_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(args))}
    with CliRunner().isolation(env=env) as streams:
        with pytest.raises(SystemExit):
            run([])
        assert streams[1].getvalue() == b""
        lines = streams[0].getvalue().decode().rstrip("\n").split("\n")
        return lines[1::3]


def test_commands_names_aliases_and_uris(cli: Cli, registry: Registry) -> None:
    registry.register("shop.cart", "x")
    assert "register" in zsh_words("re")
    assert zsh_words("alias", "") == ["list", "log", "rm", "set"]
    assert zsh_words("show", "s") == ["shop.cart", "support.refunds"]
    assert zsh_words("show", "prompts:/sh") == ["prompts:/shop.cart", "prompts:/shop.cart/1"]
    assert zsh_words("show", "support.refunds@") == ["support.refunds@production"]
    assert zsh_words("show", "support.refunds/") == [f"support.refunds/{end}" for end in ("production", "1", "2", "3")]
    assert zsh_words("log", "su") == ["support.refunds"]
    assert zsh_words("rollback", "support.refunds", "p") == ["production"]
    assert zsh_words("alias", "set", "support.refunds", "production", "") == ["3", "2", "1"]
    assert "--expect" in zsh_words("alias", "set", "--")


def test_completion_uses_the_registry_of_c(refunds: Registry, anywhere: Cli) -> None:
    assert zsh_words("-C", refunds.path, "log", "su") == ["support.refunds"]


def test_without_a_registry_nothing_is_offered_and_nothing_said(anywhere: Cli) -> None:
    assert zsh_words("show", "s") == []
    assert zsh_words("rollback", "x", "p") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(anywhere: Cli, shell: str) -> None:
    result = anywhere("completion", shell)
    assert "_PROMPTGIT_COMPLETE" in result.out
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=result.bytes, check=False).returncode == 0


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes_uris_although_it_splits_them(cli: Cli, registry: Registry, tmp_path: Path) -> None:
    """Typed into a bash of its own: there ':' and '@' split words, and a completion replaces one piece."""
    program = tmp_path / "promptgit"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m promptgit "$@"\n')
    program.chmod(0o755)
    (tmp_path / "rc").write_text("PS1='$ '\nbind 'set bell-style none'\neval \"$(promptgit completion bash)\"\n")
    env = environment(PATH=f"{tmp_path}:{os.environ['PATH']}", TERM="dumb", COLUMNS="200")
    typed = [
        "promptgit show prompts:/sup\t@pro\t--json",
        "promptgit show support.refunds@pro\t--json",
        "promptgit show 'prompts:/sup\t@pro\t--json",
        "promptgit rollb\tsup\tpro\t--to 1",
    ]
    shown = type_into(["bash", "--noprofile", "--rcfile", str(tmp_path / "rc"), "-i"], [*typed, "exit"], env)
    assert shown.count('"resolved_from": "production"') == 3, shown
    assert "production is 1 already" in shown, shown


def type_into(command: list[str], lines: list[str], env: dict[str, str]) -> str:
    """What a terminal of its own shows when these lines are typed into a program."""
    child, master = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, env)
    os.write(master, "".join(f"{line}\n" for line in lines).encode())
    shown = b""
    while chunk := read_terminal(master):
        shown += chunk
    os.close(master)
    os.waitpid(child, 0)
    return shown.decode("utf-8", "replace")
