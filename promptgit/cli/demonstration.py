"""What `promptgit demo` shows: real commands and real Python lines, each followed by what it printed."""

from __future__ import annotations

import code
import io
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from promptgit.cli import output
from promptgit.errors import PromptGitError

_FIRST = """\
You answer customers of a web shop about refunds.

Question: {{question}}
Answer in {{language}}.
"""
_SECOND = """\
You answer customers of a web shop about refunds. Be kind, and brief.

Question: {{question}}
Answer in {{language}}.
"""
_CHAT = """\
[
  {"role": "system", "content": "Summarize the ticket for {{team}} in two sentences."},
  {"placeholder": "ticket"}
]
"""
_JINJA = """\
{% for item in items %}- {{ item }}
{% endfor %}Which of these did the customer ask about: {{ question }}
"""
_FILES = {"refunds-1.md": _FIRST, "refunds-2.md": _SECOND, "triage.json": _CHAT, "classify.md": _JINJA}
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


_STEPS = """\
# A registry is a Git repository
$ promptgit init {registry}
$ export PROMPTGIT_REGISTRY={registry}
# Register versions: a text, chat messages, a Jinja2 template; each is a file, and a commit
$ promptgit register shop.refunds refunds-1.md -m "Answer refund questions"
$ promptgit register shop.refunds refunds-2.md -m "Kinder and shorter"
$ promptgit register shop.triage triage.json -m "Summarize tickets"
$ promptgit register shop.classify classify.md -m "Find the item"
$ promptgit alias set shop.refunds production 1 -m "Go live"
# An application loads by alias. It needs a clone, and no server
>>> from promptgit import Registry
>>> registry = Registry({registry!r})
>>> prompt = registry.load("prompts:/shop.refunds@production")
>>> prompt
>>> print(prompt.format(question="Where is my refund?", language="French"))
# Promote the second version: the running application sees it at once
$ promptgit diff shop.refunds@production shop.refunds
$ promptgit alias set shop.refunds production 2 --expect 1 -m "Customers like it"
>>> registry.load("prompts:/shop.refunds@production").version
# Roll back, and see who did what, when and why
$ promptgit rollback shop.refunds production -m "Answers got too short"
>>> registry.load("prompts:/shop.refunds@production").version
$ promptgit alias log shop.refunds
$ git -C {registry} log --oneline -3
"""
_FIRST_LINE = ("promptgit init",)  # its advice on what to do next is what the demonstration does


def demonstrate(registry: str) -> None:
    """Run and show the steps.

    Args:
        registry: the folder where the registry is made; it must not exist.

    Raises:
        PromptGitError: a step failed.
    """
    python = _Python({"__name__": "__demo__"})
    with _isolated():
        for line in _STEPS.format(registry=registry).splitlines():
            mark, _, step = line.partition(" ")
            if mark == "#":
                output.say(f"\n# {step}", "cyan", bold=True)
                continue
            output.say(line, bold=True)
            if mark == ">>>":
                sys.stdout.flush()
                python.runsource(step)
            else:
                _run(step)
        python.runsource("registry.close()")


class _Python(code.InteractiveInterpreter):
    """The interactive interpreter, but an error ends the demonstration."""

    def showtraceback(self) -> None:
        """Called where the error is being handled."""
        raise  # noqa: PLE0704


@contextmanager
def _isolated() -> Iterator[None]:
    """A folder with the prompts' texts, an identity of its own, and no setting of the user's."""
    before, folder = dict(os.environ), os.getcwd()
    with tempfile.TemporaryDirectory(prefix="promptgit-demo-") as here:
        for name, text in _FILES.items():
            with open(os.path.join(here, name), "w", encoding="utf-8") as file:
                file.write(text)
        for key in [key for key in os.environ if key.startswith(("GIT_", "PROMPTGIT_"))]:
            del os.environ[key]
        os.environ.update(_IDENTITY)
        os.chdir(here)
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)


def _run(line: str) -> None:
    """Run a command line and show what it printed."""
    program, *args = shlex.split(line)
    if program == "export":
        name, _, value = args[0].partition("=")
        os.environ[name] = value
        return
    shown = _promptgit(args) if program == "promptgit" else _program(program, args)
    output.say(shown.partition("\n")[0] if line.startswith(_FIRST_LINE) else shown.rstrip("\n"))


def _promptgit(args: list[str]) -> str:
    """What promptgit prints, run as its own process would run it, but ten times as quick."""
    from promptgit.cli.main import INTERRUPTED, run

    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out):
        code = run(args)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise PromptGitError(f"a step failed: promptgit {shlex.join(args)}")
    out.seek(0)
    return out.read()


def _program(program: str, args: list[str]) -> str:
    done = subprocess.run([program, *args], capture_output=True, text=True, check=False)  # noqa: S603 - our own steps
    if done.returncode:
        raise PromptGitError(f"a step failed: {program} {shlex.join(args)}\n{done.stderr.strip()}")
    return done.stdout
