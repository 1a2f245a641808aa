"""MLflow's client at one URI. It is the only module here that calls MLflow.

MLflow tries an HTTP request eight times, two minutes each; makes a database (its folders too) where a path has a slip;
and lets through whatever its drivers raise. Here a request ends within a minute, a path must exist to be read, and an
error is a sentence without credentials.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings

from promptgit.errors import HostError, InvalidReferenceError, PromptGitError
from promptgit.gitrepo.run import redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

SCHEMES = ("http", "https", "sqlite", "postgresql", "mysql", "mssql")
_FORMS = "Write sqlite:///PATH, postgresql://HOST/DATABASE or https://HOST."
_PASSWORD = re.compile(r"\w[\w+.-]*://[^/\s@]*:[^/\s@]*@|[?&](password|token|access_token)=", re.IGNORECASE)
_PAGE = 500
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
}
"""How long a request may take, unless the environment says something else: 20 s, three times."""

IS_PROMPT = "mlflow.prompt.is_prompt"
_PROMPTS = f"tags.`{IS_PROMPT}` = 'true'"
_REFUSALS = frozenset(
    [
        "ALREADY_EXISTS",
        "BAD_REQUEST",
        "INVALID_PARAMETER_VALUE",
        "NOT_FOUND",
        "PERMISSION_DENIED",
        "RESOURCE_ALREADY_EXISTS",
        "RESOURCE_DOES_NOT_EXIST",
    ]
)


class RefusedError(PromptGitError):
    """MLflow refused one call, and others may go through. The callers in this package report it and go on."""


class Connection:
    """The prompts of MLflow at one URI.

    Args:
        uri: `sqlite:///PATH`, another database, or a server's `http(s)://`.
        creates: whether a SQLite file that is not there is to be made.

    Raises:
        PromptGitError: MLflow is not installed.
        InvalidReferenceError: the URI cannot be used, or there is nothing at it.
        HostError: MLflow does not answer.
    """

    def __init__(self, uri: str, *, creates: bool = False) -> None:
        _require_uri(uri, creates)
        self._uri = uri
        self.label = redact(uri)
        with self._asking():
            try:
                from mlflow import MlflowClient
            except ImportError:
                hint = "Run: pip install 'promptgit[mlflow]'"
                raise PromptGitError("MLflow is not installed here", hint=hint) from None
            self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    # --- reading ----------------------------------------------------------------------------------------------------

    def prompts(self, name: str | None = None) -> Iterator[Any]:
        """The registered models that are prompts, by name: with description, tags, aliases and creation time.

        `search_prompts` gives the same without the aliases, and the versions that a search finds have none either.
        """
        wanted = _PROMPTS if name is None else f"name = '{name}' AND {_PROMPTS}"
        token = None
        while True:
            with self._asking():
                page = self._client.search_registered_models(wanted, _PAGE, ["name ASC"], token)
            yield from page
            token = page.token
            if not token:
                return

    def versions(self, name: str) -> Iterator[Any]:
        """The versions of a prompt, newest first.

        Raises:
            RefusedError: MLflow cannot read one of them, so it gives none.
        """
        token = None
        while True:
            with self._asking():
                page = self._client.search_prompt_versions(name, _PAGE, token)
            yield from page
            token = page.token
            if not token:
                return

    def numbers(self, name: str) -> Iterator[int]:
        """The numbers of a prompt's versions, those among them that MLflow cannot read."""
        token = None
        while True:
            with self._asking():
                found = f"name = '{name}' AND {_PROMPTS}"
                page = self._client.search_model_versions(found, _PAGE, ["version_number ASC"], token)
            yield from (int(version.version) for version in page)
            token = page.token
            if not token:
                return

    def version(self, name: str, number: int) -> Any:
        """One version; None if MLflow has it and cannot read it.

        Raises:
            RefusedError: there is no such version.
        """
        with self._asking():
            return self._client.get_prompt_version(name, number)

    # --- writing ----------------------------------------------------------------------------------------------------

    def create(self, name: str, description: str, tags: Mapping[str, str]) -> None:
        """Make a prompt without versions."""
        with self._asking():
            self._client.create_prompt(name, description or None, dict(tags))

    def add_version(self, name: str, template: Any, **rest: Any) -> int:
        """Add a version; returns the number that MLflow gave it.

        Nothing links it to an experiment, as `register_prompt` would do from a thread of its own.
        """
        with self._asking():
            return int(self._client.create_prompt_version(name, template, **rest).version)

    def delete_version(self, name: str, number: int) -> None:
        """Delete a version; MLflow gives its number to no other."""
        with self._asking():
            self._client.delete_prompt_version(name, str(number))

    def set_tag(self, name: str, version: int | None, key: str, value: str) -> None:
        """Set a tag of a prompt, or of one of its versions."""
        with self._asking():
            if version is None:
                self._client.set_prompt_tag(name, key, value)
            else:
                self._client.set_prompt_version_tag(name, version, key, value)

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Point an alias to a version."""
        with self._asking():
            self._client.set_prompt_alias(name, alias, version)

    # --- without asking anybody -------------------------------------------------------------------------------------

    def refusal(self, template: Any) -> str:
        """Why MLflow takes a template for none; empty if it is one. MLflow itself finds out when it has stored it."""
        from mlflow.entities.model_registry import PromptVersion

        try:
            PromptVersion("candidate", 1, template)
        except ValueError as error:
            return _sentence(error)
        return ""

    def model_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A model configuration as MLflow keeps it.

        Raises:
            RefusedError: MLflow does not take it.
        """
        from mlflow.entities.model_registry import PromptModelConfig

        try:
            kept: dict[str, Any] = PromptModelConfig.from_dict(dict(config)).to_dict()
        except ValueError as error:
            raise RefusedError(_sentence(error)) from None
        return kept

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """Whatever a call of MLflow raises, as an error of this package."""
        try:
            with _quietly():
                yield
        except PromptGitError:
            raise
        except Exception as error:  # noqa: BLE001 - MLflow lets through whatever its drivers raise
            said = redact(_sentence(error).replace(self._uri, self.label))
            code = getattr(error, "error_code", None)
            if code in _REFUSALS or (isinstance(error, ValueError) and code is None):
                raise RefusedError(said) from None
            raise HostError(f"MLflow at {self.label} cannot be used: {said}", hint=_hint(self._uri)) from None


def require_no_password(uri: str) -> None:
    """Raise if a URI holds a password: on a command line all users of the machine can read it.

    Raises:
        InvalidReferenceError: it does; the password is not shown.
    """
    if _PASSWORD.search(uri):
        raise InvalidReferenceError(
            f"there is a password in the URI {redact(uri)}",
            hint="Leave the URI out of the command and set MLFLOW_REGISTRY_URI to it; for a server set "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
        )


def _require_uri(uri: str, creates: bool) -> None:
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme.partition("+")[0] not in SCHEMES:
        shown = redact(uri)
        hint = f"Write sqlite:///{uri}" if not separator and os.path.isfile(uri) else _FORMS
        raise InvalidReferenceError(f"{shown!r} is no URI of a registry of MLflow", hint=hint)
    path = rest[1:].partition("?")[0]
    if (
        scheme == "sqlite"
        and not os.path.isfile(path)
        and not (creates and os.path.isdir(os.path.dirname(path) or "."))
    ):
        raise InvalidReferenceError(
            f"there is no database at {path or uri}",
            hint="sqlite:///mlflow.db is a file in the current folder, sqlite:////home/ada/mlflow.db one anywhere.",
        )


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """MLflow with our patience, and without its talk: warnings, logs of migrations, links to its page."""
    known = {key: os.environ.get(key) for key in _PATIENCE}
    os.environ.update({key: value for key, value in _PATIENCE.items() if known[key] is None})
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for key, value in known.items():
            if value is None:
                os.environ.pop(key, None)


def _sentence(error: Exception) -> str:
    """The first line of what an error says, at most 300 characters, without a final period."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return (said if len(said) <= 300 else f"{said[:299]}…").rstrip(".")


def _hint(uri: str) -> str:
    if uri.startswith("http"):
        return "Is the server running, and is that its address? A login: MLFLOW_TRACKING_USERNAME and _PASSWORD."
    return "Is the database up, is its driver installed, and is it of the MLflow that is installed here?"
