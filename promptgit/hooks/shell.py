"""The shell that git runs for us: hooks, the merge driver, the textconv.

All find promptgit the same way: the one that installed them, if it is still there, else the one on PATH. `-P` keeps Python
from importing modules of the folder that git happens to stand in, which is somebody's working tree.
"""

from __future__ import annotations

import re
import shlex
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

BEGIN = "# >>> promptgit >>>"
END = "# <<< promptgit <<<"
_BLOCK = re.compile(rf"^{re.escape(BEGIN)}.*?^{re.escape(END)}[^\n]*\n?", re.MULTILINE | re.DOTALL)
_CHECKED = re.compile(r"^promptgit_check (.+)$", re.MULTILINE)
_SHELLS = re.compile(
    rb"#![ \t]*/[^\s]*?(?:/env[ \t]+(?:-S[ \t]+)?)?(?:/|\b)(?:sh|bash|dash|ksh|zsh|ash)(?:[ \t][^\n]*)?\r?\n"
)


def merge_driver(python: str = sys.executable) -> str:
    """The command of the merge driver. Without promptgit the merge is git's own."""
    own, command = shlex.quote(python), "merge-driver %O %A %B %L %P"
    return (
        f"if {own} -P -c 'import promptgit' 2>/dev/null; then {own} -P -m promptgit {command}; "
        f"elif command -v promptgit >/dev/null; then promptgit {command}; "
        "else git merge-file --marker-size=%L %A %O %B; fi"
    )


def textconv(python: str = sys.executable) -> str:
    """The command of the textconv. Without promptgit, files are compared as they are."""
    own, command = shlex.quote(python), 'textconv "$1"'
    return f'f() {{ {{ {own} -P -m promptgit {command} || promptgit {command}; }} 2>/dev/null || cat "$1"; }}; f'


def pre_commit(folders: Sequence[str], python: str = sys.executable) -> str:
    """The block of a pre-commit hook.

    Args:
        folders: of the registries, relative to the top of the working tree; `.` is the top itself.
    """
    return "\n".join(
        [
            f"{BEGIN} checks prompts before they are committed; to remove it: promptgit hook uninstall",
            *_runner(python),
            "promptgit_check() {  # no registry there, or nothing of it in this commit: there is nothing to check",
            '    [ ! -f "$1/promptgit.yaml" ] ||',
            '        git --literal-pathspecs diff --cached --quiet -- "$1/prompts" "$1/promptgit.yaml" ||',
            '        promptgit_run -C "$1" check --staged || exit 1',
            "}",
            *(f"promptgit_check {shlex.quote(folder)}" for folder in sorted(folders)),
            f"{END}\n",
        ]
    )


def pre_receive(folder: str = "", python: str = sys.executable) -> str:
    """The block of a server's pre-receive hook. What git says on stdin is kept for what stands below.

    Args:
        folder: where the registry lies in the repository; empty for its top.
    """
    where = f" --folder {shlex.quote(folder)}" if folder else ""
    return "\n".join(
        [
            f"{BEGIN} checks every commit that is pushed; to remove it: promptgit hook uninstall --server",
            *_runner(python),
            "promptgit_refs=$(cat)",
            f"printf '%s\\n' \"$promptgit_refs\" | promptgit_run hook pre-receive{where} || exit 1",
            "exec <<PROMPTGIT_REFS",
            "$promptgit_refs",
            "PROMPTGIT_REFS",
            f"{END}\n",
        ]
    )


def _runner(python: str) -> list[str]:
    return [
        "promptgit_run() {",
        f"    if {shlex.quote(python)} -P -c 'import promptgit' 2>/dev/null; then",
        f'        {shlex.quote(python)} -P -m promptgit "$@"',
        "    elif command -v promptgit >/dev/null; then",
        '        promptgit "$@"',
        "    else",
        '        echo "promptgit is not installed here, so prompts cannot be checked: pip install promptgit" >&2',
        "        return 1",
        "    fi",
        "}",
    ]


# --- blocks in a script ---------------------------------------------------------------------------------------------


def is_shell(script: bytes) -> bool:
    """Whether a hook is a shell script that a block can stand in."""
    return _SHELLS.match(script) is not None


def checked(script: str) -> list[str]:
    """The folders of the registries that a script's block checks."""
    found = _BLOCK.search(script)
    return [shlex.split(row)[0] for row in _CHECKED.findall(found[0])] if found else []


def with_block(script: str, block: str) -> str:
    """The script with the block in it: where it stands already, else first, before anything can end the script."""
    if _BLOCK.search(script):
        return _BLOCK.sub(lambda _: block, script, count=1)
    first, _, rest = script.partition("\n")
    return f"{first}\n{block}{rest}"


def without_block(script: str) -> str:
    """The script as it was before `with_block`."""
    return _BLOCK.sub("", script, count=1)
