"""promptgit's errors as MLflow's: the same words, under the error code that MLflow's clients expect.

MLflow's page shows a message as one line. So the parts of one are sentences, and there is no caret and no list in it.
"""

from __future__ import annotations

import contextlib

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INTERNAL_ERROR,
    INVALID_PARAMETER_VALUE,
    NOT_IMPLEMENTED,
    PERMISSION_DENIED,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_CONFLICT,
    RESOURCE_DOES_NOT_EXIST,
    TEMPORARILY_UNAVAILABLE,
)

from promptgit import errors
from promptgit.problems import ERROR
from promptgit.sanitise import sanitise_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.problems import Problem

# The first that fits counts. A missing registry must not be RESOURCE_DOES_NOT_EXIST: to `allow_missing=True` that is a
# missing prompt, and a missing alias is INVALID_PARAMETER_VALUE in MLflow. Nor is it INVALID_STATE: a server sends that as
# HTTP 500, which MLflow's client retries for minutes, and then it does not say why.
_CODES: tuple[tuple[type[errors.PromptGitError], int], ...] = (
    (errors.RegistryNotFoundError, RESOURCE_CONFLICT),
    (errors.RevisionNotFoundError, RESOURCE_CONFLICT),
    (errors.AliasNotFoundError, INVALID_PARAMETER_VALUE),
    (errors.NotFoundError, RESOURCE_DOES_NOT_EXIST),
    (errors.InvalidReferenceError, INVALID_PARAMETER_VALUE),
    (errors.InvalidDocumentError, INVALID_PARAMETER_VALUE),
    (errors.TemplateError, INVALID_PARAMETER_VALUE),
    (errors.PolicyError, PERMISSION_DENIED),
    (errors.ImmutableVersionError, PERMISSION_DENIED),
    (errors.RegistryBusyError, TEMPORARILY_UNAVAILABLE),
    (errors.RemoteUnavailableError, TEMPORARILY_UNAVAILABLE),
    (errors.PushRejectedError, PERMISSION_DENIED),
    (errors.ConflictError, RESOURCE_CONFLICT),
    (errors.PromptGitError, INTERNAL_ERROR),
)

_LONGEST = 80
"""The longest text that an error about a name repeats, in characters."""


@contextlib.contextmanager
def as_mlflow_errors() -> Iterator[None]:
    """Raise what promptgit raises inside as an `MlflowException`.

    Raises:
        MlflowException: with promptgit's message and hint; see `said`.
    """
    try:
        yield
    except errors.PromptGitError as error:
        raise MlflowException(said(error), code_of(error)) from error
    except OSError as error:
        raise MlflowException(_sentence(f"the registry cannot be read: {error}"), INTERNAL_ERROR) from error


def code_of(error: errors.PromptGitError) -> int:
    """MLflow's code for an error.

    What was given and is not valid is the caller's fault; a file of the registry is not, and `allow_missing=True`, which
    takes INVALID_PARAMETER_VALUE for a missing alias, must not hide it.
    """
    damaged = isinstance(error, errors.InvalidDocumentError) and any(problem.path for problem in error.problems)
    code: int = RESOURCE_CONFLICT if damaged else next(code for kind, code in _CODES if isinstance(error, kind))
    return code


def said(error: errors.PromptGitError) -> str:
    """What an error says: what is wrong in one line, and what to do about it in the next, both as sentences."""
    if isinstance(error, errors.InvalidDocumentError | errors.PolicyError):
        found = [problem for problem in error.problems if problem.severity == ERROR] or error.problems
        lines = [line for problem in found for line in (_fault(problem), problem.hint)]
    elif isinstance(error, errors.InvalidReferenceError) and error.position is not None:
        lines = [f"{error.message}, in {error.text!r}" if len(error.text) <= _LONGEST else error.message]
    else:
        lines = [error.message]
    return "\n".join(_sentence(line) for line in [*lines, error.hint] if line)


def _fault(problem: Problem) -> str:
    """A finding. Where it is, is told of a file that is there; what is being written has no lines yet."""
    return f"{problem.path}:{problem.line}: {problem.message}" if problem.line and problem.path else problem.message


def _sentence(text: str) -> str:
    line = sanitise_line(" ".join(text.split()))
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def invalid(message: str) -> MlflowException:
    """The error for an argument that cannot be."""
    return MlflowException(message, INVALID_PARAMETER_VALUE)


def missing(message: str) -> MlflowException:
    """The error for something that does not exist."""
    return MlflowException(message, RESOURCE_DOES_NOT_EXIST)


def taken(message: str) -> MlflowException:
    """The error for a name that is taken."""
    return MlflowException(message, RESOURCE_ALREADY_EXISTS)


def denied(message: str) -> MlflowException:
    """The error for a change that is not allowed here."""
    return MlflowException(message, PERMISSION_DENIED)


def unsupported(message: str) -> MlflowException:
    """The error for what this store does not do."""
    return MlflowException(message, NOT_IMPLEMENTED)
