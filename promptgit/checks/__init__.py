"""Checks: rules that yield problems. Each is a module whose docstring is its manual.

To add one: write `checks/x.py` with any of the functions below, list it in `CHECKS`, and put examples into
`tests/checks/examples/x/{good,bad}/`.

    check_folder(folder)      a folder under `prompts/` and what is in it
    check_file(file)          one file; `KINDS` says of which kinds, without it all are looked at
    check_prompt(subject)     a prompt, and what it was before
    check_change(change)      the change as a whole
    check_history(…)          the commits behind it; only where history is asked for
    fix(problem, mender)      mends a problem of it in the working tree where that is safe; says what was done, or None
"""

from __future__ import annotations

from promptgit.errors import NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

_NAMES = (
    "yaml",
    "schema",
    "name",
    "name-twin",
    "file-mode",
    "file-name",
    "version-changed",
    "version-deleted",
    "version-reused",
    "version-gap",
    "version-collision",
    "version-rewritten",
    "alias-target",
    "alias-deprecated",
    "alias-contract",
    "alias-twin",
    "alias-weights",
    "alias-layout",
    "notes-version",
    "template",
    "variable-unused",
    "variable-undeclared",
    "response-format",
    "model-parameter",
    "size",
    "secret",
    "invisible",
    "policy",
)
CHECKS: Mapping[str, str] = {name: f"promptgit.checks.{name.replace('-', '_')}" for name in _NAMES}
"""Name -> module. A problem's code is the name of its check, or begins with it: `yaml-duplicate-key` is of `yaml`."""


def check_of(code: str) -> str:
    """The name of the check that a problem's code belongs to.

    Raises:
        NotFoundError: there is none; the hint names the nearest.
    """
    name = code
    while name and name not in CHECKS:
        name = name.rpartition("-")[0]
    if not name:
        from difflib import get_close_matches

        near = get_close_matches(code, CHECKS, n=3, cutoff=0.5)
        known = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(CHECKS)}."
        raise NotFoundError(f"there is no check {code}", hint=known)
    return name


def module_of(name: str) -> ModuleType:
    """The module of a check. Imported here, so that nobody pays for checks that do not run."""
    import importlib

    return importlib.import_module(CHECKS[name])


def manual(code: str) -> str:
    """What a check finds, why, and how to mend it.

    Raises:
        NotFoundError: there is no such check.
    """
    return (module_of(check_of(code)).__doc__ or "").strip()


def summary(code: str) -> str:
    """The first sentence of the manual."""
    return manual(code).partition("\n")[0]
