"""Every error that promptgit raises on purpose. All have one root, and most are also the built-in that fits.

    PromptGitError
    ├ InvalidReferenceError(ValueError)      a URI, name, alias or filter that cannot be read; caret under the fault
    ├ InvalidDocumentError(ValueError)       a file that breaks the format; .problems has file:line:column
    ├ NotFoundError(LookupError)             says what exists instead
    │ ├ RegistryNotFoundError
    │ ├ PromptNotFoundError
    │ ├ VersionNotFoundError
    │ ├ AliasNotFoundError
    │ └ RevisionNotFoundError
    ├ TemplateError(ValueError)              a template that cannot be compiled or rendered
    │ ├ MissingVariablesError                .missing
    │ └ UnknownVariablesError                .unknown
    ├ ImmutableVersionError                  an attempt to change what is committed
    ├ ConflictError                          somebody else was first
    │ ├ VersionExistsError
    │ ├ AliasMovedError
    │ ├ DirtyPathError
    │ └ RegistryBusyError
    ├ PolicyError                            .problems
    ├ HostError                              a code host refused a request, or did not answer
    └ GitError                               git refused or is not usable; .stderr
      ├ PushRejectedError
      ├ RemoteUnavailableError
      ├ CorruptObjectError
      └ UntrustedCommitError

An error's first line says what is wrong; `hint` says what to do about it and is printed as a second line.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptgit.problems import Problem


class PromptGitError(Exception):
    """Root of all errors of this package.

    Args:
        message: what is wrong, one sentence.
        hint: what to do about it, or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class InvalidReferenceError(PromptGitError, ValueError):
    """A string that should name something cannot be read.

    Args:
        message: what is wrong.
        text: the string, as given.
        position: 0-based offset of the fault in `text`, in characters.
    """

    def __init__(self, message: str, *, text: str = "", position: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.position = position

    def __str__(self) -> str:
        lines = [self.message]
        if self.position is not None:
            # repr-like escapes keep the caret aligned and the terminal safe when the text holds control characters
            shown, column = [], 0
            for offset, character in enumerate(self.text):
                printable = character if character.isprintable() else character.encode("unicode_escape").decode()
                shown.append(printable)
                if offset < self.position:
                    column += len(printable)
            lines += ["  " + "".join(shown), "  " + " " * column + "^"]
        if self.hint:
            lines.append(self.hint)
        return "\n".join(lines)


class InvalidDocumentError(PromptGitError, ValueError):
    """A file breaks the format. `problems` lists every finding; the message shows them all."""

    def __init__(self, problems: Sequence[Problem], *, hint: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), hint=hint)


class NotFoundError(PromptGitError, LookupError):
    """Something that was named does not exist."""


class RegistryNotFoundError(NotFoundError):
    """No `promptgit.yaml` where a registry was expected."""


class PromptNotFoundError(NotFoundError):
    """The registry has no prompt of this name."""


class VersionNotFoundError(NotFoundError):
    """The prompt has no such version, or it was deleted."""


class AliasNotFoundError(NotFoundError):
    """The prompt has no such alias."""


class RevisionNotFoundError(NotFoundError):
    """The repository has no such branch, tag, commit or date."""


class TemplateError(PromptGitError, ValueError):
    """A template cannot be compiled or rendered.

    Args:
        line, column: 1-based place inside the template, where known.
    """

    def __init__(
        self, message: str, *, line: int | None = None, column: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column


class MissingVariablesError(TemplateError):
    """`format` was not given all the required variables. `missing` lists them in the template's order."""

    def __init__(self, missing: Iterable[str], *, hint: str | None = None) -> None:
        self.missing = tuple(missing)
        super().__init__(f"missing variable{_s(self.missing)}: {', '.join(self.missing)}", hint=hint)


class UnknownVariablesError(TemplateError):
    """`format` was given names that the prompt does not have. `unknown` lists them."""

    def __init__(self, unknown: Iterable[str], *, hint: str | None = None) -> None:
        self.unknown = tuple(unknown)
        super().__init__(f"unknown variable{_s(self.unknown)}: {', '.join(self.unknown)}", hint=hint)


class ImmutableVersionError(PromptGitError):
    """An attempt to change a version that is committed."""


class ConflictError(PromptGitError):
    """The registry is not in the state that the caller expected; nothing was written."""


class VersionExistsError(ConflictError):
    """The version number is taken."""


class AliasMovedError(ConflictError):
    """`expect=` named a version that the alias no longer points to."""


class DirtyPathError(ConflictError):
    """A file that the change would write has edits that are not committed."""


class RegistryBusyError(ConflictError):
    """Another writer held the registry's lock for longer than the deadline."""


class PolicyError(PromptGitError):
    """The registry's policies refuse the change. `problems` says which and why."""

    def __init__(self, problems: Sequence[Problem], *, hint: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), hint=hint)


class HostError(PromptGitError):
    """A code host (GitHub, GitLab) refused a request, or did not answer in time."""


class GitError(PromptGitError):
    """Git refused, failed or is not usable here. `stderr` is what it printed, without credentials."""

    def __init__(self, message: str, *, stderr: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.stderr = stderr


class PushRejectedError(GitError):
    """The remote refused the push, for a reason that trying again does not mend."""


class RemoteUnavailableError(GitError):
    """The remote did not answer in time, or not at all."""


class CorruptObjectError(GitError):
    """An object's content does not match its id: the repository is damaged or was tampered with."""


class UntrustedCommitError(GitError):
    """A commit that must be signed by a trusted key is not."""


def _s(names: Sequence[str]) -> str:
    return "s" if len(names) > 1 else ""
