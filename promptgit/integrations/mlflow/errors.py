"""promptgit's errors as MLflow's: the message as it is, under the error code that MLflow's clients expect."""

from __future__ import annotations

import contextlib

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INTERNAL_ERROR,
    INVALID_PARAMETER_VALUE,
    INVALID_STATE,
    NOT_IMPLEMENTED,
    PERMISSION_DENIED,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_CONFLICT,
    RESOURCE_DOES_NOT_EXIST,
    TEMPORARILY_UNAVAILABLE,
)

from promptgit import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# The first that fits counts. A missing registry must not be RESOURCE_DOES_NOT_EXIST: to `allow_missing=True` that is a
# missing prompt, and a missing alias is INVALID_PARAMETER_VALUE in MLflow.
_CODES: tuple[tuple[type[errors.PromptGitError], int], ...] = (
    (errors.RegistryNotFoundError, INVALID_STATE),
    (errors.RevisionNotFoundError, INVALID_STATE),
    (errors.AliasNotFoundError, INVALID_PARAMETER_VALUE),
    (errors.NotFoundError, RESOURCE_DOES_NOT_EXIST),
    (errors.InvalidReferenceError, INVALID_PARAMETER_VALUE),
    (errors.InvalidDocumentError, INVALID_PARAMETER_VALUE),
    (errors.TemplateError, INVALID_PARAMETER_VALUE),
    (errors.PolicyError, PERMISSION_DENIED),
    (errors.ImmutableVersionError, PERMISSION_DENIED),
    (errors.RegistryBusyError, TEMPORARILY_UNAVAILABLE),
    (errors.RemoteUnavailableError, TEMPORARILY_UNAVAILABLE),
    (errors.ConflictError, RESOURCE_CONFLICT),
    (errors.PromptGitError, INTERNAL_ERROR),
)


@contextlib.contextmanager
def as_mlflow_errors() -> Iterator[None]:
    """Raise what promptgit raises inside as an `MlflowException`.

    Raises:
        MlflowException: with promptgit's message and hint.
    """
    try:
        yield
    except errors.PromptGitError as error:
        raise MlflowException(str(error), next(code for kind, code in _CODES if isinstance(error, kind))) from error


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
