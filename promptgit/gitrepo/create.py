"""Creating a repository with GitPython, whose commands go through `promptgit.gitrepo.run`.

`Repo.GitCommandWrapperType` is GitPython's own extension point: a `git.Git` whose `execute` runs git with a
clean environment, without hooks and with a deadline, as all of promptgit does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import git

from promptgit.gitrepo import run

BRANCH = "main"

_SHARED_SETTINGS: Mapping[tuple[str, str], str] = {
    ("receive", "denyNonFastForwards"): "true",  # versions and alias moves are history: nobody pushes over it
    (
        "core",
        "logAllRefUpdates",
    ): "true",  # who moved the branch, which a bare repository does not record by itself
}


class CleanGit(git.Git):
    """GitPython's command wrapper, run by `promptgit.gitrepo.run`."""

    def execute(self, command: str | Sequence[Any], *_: Any, with_extended_output: bool = False, **__: Any) -> Any:
        """Run a command that GitPython built.

        Returns:
            What it printed; with its exit code and stderr if `with_extended_output` is set.

        Raises:
            GitError: it failed.
        """
        words = [command] if isinstance(command, str) else [str(word) for word in command]
        folder = self.working_dir
        done = run.run(words[1:], cwd=os.fspath(folder) if folder else None)
        return (done.code, done.text, done.err) if with_extended_output else done.text


class CleanRepo(git.Repo):
    """A GitPython repository over `CleanGit`."""

    GitCommandWrapperType = CleanGit


def create_repository(path: str, *, bare: bool = False) -> None:
    """Make an empty repository whose branch is `main`.

    Args:
        path: its folder, which is made if it does not exist.
        bare: without a working tree, to be pushed to: history that was pushed cannot be overwritten there.

    Raises:
        GitError: git refused.
    """
    run.require_version()
    with CleanRepo.init(path, expand_vars=False, initial_branch=BRANCH, quiet=True, bare=bare) as repository:
        if bare:
            with repository.config_writer() as config:
                for (section, option), value in _SHARED_SETTINGS.items():
                    config.set_value(section, option, value)


def require_identity(folder: str) -> None:
    """Check that git knows who commits here, before anything is made.

    Args:
        folder: where git looks for a repository's own settings; it must exist.

    Raises:
        GitError: it does not; the hint says what to run.
    """
    run.require_version()
    for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        run.run(["var", who], cwd=folder)
