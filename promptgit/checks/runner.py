"""Runs the checks over a change. One pass: each folder, file and prompt is read once, checked by all, and let go."""

from __future__ import annotations

from promptgit import layout
from promptgit.checks import CHECKS, check_of, module_of
from promptgit.errors import NotFoundError
from promptgit.problems import ERROR, WARNING, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    from promptgit.checks.change import Change
    from promptgit.checks.subject import File

OFF = "off"


def examine(
    change: Change,
    paths: frozenset[str] | None = None,
    *,
    only: frozenset[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Problem]:
    """What is wrong, by path and line.

    Args:
        change: what to check.
        paths: files to look at, and the prompts that they belong to; None looks at everything.
        only: names of checks to run; None runs all.
        progress: called with the number of files that were checked so far.
    """
    modules = [module_of(name) for name in CHECKS if only is None or name in only]
    found = list(_Run(change, paths, modules, progress).problems())
    levels = change.after.config.checks
    problems = [leveled for problem in found if (leveled := _leveled(problem, levels)) is not None]
    return sorted(
        dict.fromkeys(problems), key=lambda problem: (problem.path, problem.line, problem.column, problem.code)
    )


def _leveled(problem: Problem, levels: Mapping[str, str]) -> Problem | None:
    """The problem with the severity that `checks` of `promptgit.yaml` gives it; None if it is off there."""
    if not levels:
        return problem
    level = levels.get(problem.code)
    if level is None:
        try:
            level = levels.get(check_of(problem.code), problem.severity)
        except NotFoundError:
            return problem
    if level == OFF:
        return None
    leveled: Problem = problem.replace(severity=level)
    return leveled


class _Run:
    def __init__(
        self,
        change: Change,
        paths: frozenset[str] | None,
        modules: list[ModuleType],
        progress: Callable[[int], None] | None,
    ) -> None:
        self._change = change
        self._paths = paths
        self._wanted = None if paths is None else {path.rpartition("/")[0] for path in paths}
        self._progress = progress
        self._count = 0
        self._of_folders = [module for module in modules if hasattr(module, "check_folder")]
        self._of_prompts = [module for module in modules if hasattr(module, "check_prompt")]
        self._of_changes = [module for module in modules if hasattr(module, "check_change")]
        self._of_history = [module for module in modules if hasattr(module, "check_history")]
        files = [module for module in modules if hasattr(module, "check_file")]
        kinds = ("version", "aliases", "prompt", "promptgit")
        self._of_files = {
            kind: [module for module in files if kind in getattr(module, "KINDS", kinds)] for kind in kinds
        }

    def problems(self) -> Iterator[Problem]:
        change = self._change
        config = change.after.file(layout.REGISTRY_FILE)
        if config is not None and (self._paths is None or layout.REGISTRY_FILE in self._paths):
            yield from self._file(config)
        for folder in change.folders(self._paths):
            for module in self._of_folders:
                yield from module.check_folder(folder)
            name = change.names(folder)
            if name is None or not self._is_wanted(folder.path):
                continue
            for file in change.files(folder, self._paths):
                yield from self._file(file)
            yield from self._prompt(name)
            change.after.forget(name)
        for name in change.vanished():
            yield from self._prompt(name)
        for module in self._of_changes:
            yield from module.check_change(change)
        if change.repository is not None and change.tip is not None:
            prefix = change.facts.prefix if change.facts else change.repository.prefix
            for module in self._of_history:
                yield from module.check_history(change, change.tip, prefix)

    def _is_wanted(self, folder: str) -> bool:
        return self._wanted is None or folder in self._wanted

    def _file(self, file: File) -> Iterator[Problem]:
        self._count += 1
        if self._progress is not None and self._count % 100 == 0:
            self._progress(self._count)
        for module in self._of_files[file.kind]:
            yield from module.check_file(file)

    def _prompt(self, name: str) -> Iterator[Problem]:
        subject = self._change.subject(name)
        for module in self._of_prompts:
            yield from module.check_prompt(subject)


__all__ = ["ERROR", "OFF", "WARNING", "examine"]
