"""MLflow's client at one URI. It is the only module here that calls MLflow.

MLflow tries an HTTP request eight times, two minutes each; makes a database (its folders too) where a path has a slip,
and its tables in whatever database it is given; and lets through whatever its drivers raise. Here a request ends within a
minute, what is read must be there and be MLflow's, and an error is a sentence without credentials. It is the client of the
registry alone: `MlflowClient` opens the tracking store, too, and makes an experiment in one that has none.
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
_PAGE = 200
"""Versions or prompts that one request asks for. A version may have 100,000 characters, so more would not be quicker."""
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
        creates: whether tables are to be made where there are none, and a SQLite file that is not there.
        pretends: whether such a place is to pass for one without prompts, for a dry run: nothing is made or can be written.

    Raises:
        PromptGitError: MLflow is not installed.
        InvalidReferenceError: the URI cannot be used, or there is nothing at it.
        HostError: MLflow does not answer.
    """

    def __init__(self, uri: str, *, creates: bool = False, pretends: bool = False) -> None:
        _require_uri(uri, creates or pretends)
        self._uri = uri
        self.label = redact(uri)
        try:
            from mlflow.tracking._model_registry.client import ModelRegistryClient
        except ImportError:
            hint = "Run: pip install 'promptgit[mlflow]'"
            raise PromptGitError("MLflow is not installed here", hint=hint) from None
        with self._asking():
            found = self._has_tables()
            if not found and not creates and not pretends:
                raise self._wrong_database("is empty")
            self._client: Any = ModelRegistryClient(uri, uri) if found or creates else None

    def _has_tables(self) -> bool:
        if self._uri.startswith("http"):
            return True
        if self._uri.startswith("sqlite") and not os.path.isfile(_path(self._uri)):
            return False  # to look into it would make it
        from mlflow.store.db import utils

        engine = utils.create_sqlalchemy_engine(self._uri)
        try:
            tables = utils.sqlalchemy.inspect(engine).get_table_names()
        finally:
            engine.dispose()
        if tables and "registered_models" not in tables:
            raise self._wrong_database("has tables, but none of MLflow")
        return bool(tables)

    def _wrong_database(self, what: str) -> InvalidReferenceError:
        return InvalidReferenceError(f"the database at {self.label} {what}", hint="Is that the right one?")

    # --- reading ----------------------------------------------------------------------------------------------------

    def prompts(self, name: str | None = None) -> Iterator[Any]:
        """The registered models that are prompts, by name: with description, tags, aliases and creation time.

        `search_prompts` gives the same without the aliases.
        """
        wanted = _PROMPTS if name is None else f"name = '{name}' AND {_PROMPTS}"
        token = None
        while self._client is not None:
            with self._asking():
                page = self._client.search_registered_models(wanted, _PAGE, ["name ASC"], token)
            yield from page
            token = page.token
            if not token:
                return

    def versions(self, name: str | None = None) -> Iterator[tuple[str, int, Any]]:
        """The versions of all prompts, or of one: name, number, and the version, or a RefusedError if MLflow cannot read it.

        MLflow's own `search_prompt_versions` asks for one prompt after the other, and gives none of a prompt's versions if
        it cannot read one.
        """
        wanted = _PROMPTS if name is None else f"name = '{name}' AND {_PROMPTS}"
        token = None
        while self._client is not None:
            with self._asking():
                page = self._client.search_model_versions(wanted, _PAGE, ["name ASC", "version_number ASC"], token)
            for model in page:
                yield model.name, int(model.version), _readable(model)
            token = page.token
            if not token:
                return

    # --- writing ----------------------------------------------------------------------------------------------------

    def create(self, name: str, description: str, tags: Mapping[str, str]) -> None:
        """Make a prompt without versions."""
        with self._telling():
            self._client.create_prompt(name, description or None, dict(tags))

    def add_version(self, name: str, template: Any, **rest: Any) -> int:
        """Add a version; returns the number that MLflow gave it.

        Nothing links it to an experiment, as `register_prompt` would do from a thread of its own.
        """
        with self._telling():
            return int(self._client.create_prompt_version(name, template, **rest).version)

    def delete_version(self, name: str, number: int) -> None:
        """Delete a version; MLflow gives its number to no other."""
        with self._telling():
            self._client.delete_prompt_version(name, str(number))

    def set_tag(self, name: str, version: int | None, key: str, value: str) -> None:
        """Set a tag of a prompt, or of one of its versions."""
        with self._telling():
            if version is None:
                self._client.set_prompt_tag(name, key, value)
            else:
                self._client.set_prompt_version_tag(name, str(version), key, value)

    def delete_tag(self, name: str, version: int, key: str) -> None:
        """Take a tag of a version away."""
        with self._telling():
            self._client.delete_prompt_version_tag(name, str(version), key)

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Point an alias to a version."""
        with self._telling():
            self._client.set_prompt_alias(name, alias, str(version))

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
            said = f"MLflow at {self.label} cannot be used: {self._said(error)}"
            raise HostError(said, hint=_hint(self._uri)) from None

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """The same for a write, which MLflow may refuse without anything being wrong with the rest."""
        with self._asking():
            try:
                yield
            except Exception as error:
                code = getattr(error, "error_code", None)
                if code in _REFUSALS or (isinstance(error, ValueError) and code is None):
                    raise RefusedError(self._said(error)) from None
                raise

    def _said(self, error: Exception) -> str:
        return redact(_sentence(error).replace(self._uri, self.label))


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
    scheme, separator, _ = uri.partition("://")
    if not separator or scheme.partition("+")[0] not in SCHEMES:
        shown = redact(uri)
        hint = f"Write sqlite:///{uri}" if not separator and os.path.isfile(uri) else _FORMS
        raise InvalidReferenceError(f"{shown!r} is no URI of a registry of MLflow", hint=hint)
    path = _path(uri)
    if (
        scheme == "sqlite"
        and not os.path.isfile(path)
        and not (creates and os.path.isdir(os.path.dirname(path) or "."))
    ):
        raise InvalidReferenceError(
            f"there is no database at {path or uri}",
            hint="sqlite:///mlflow.db is a file in the current folder, sqlite:////home/ada/mlflow.db one anywhere.",
        )


def _path(uri: str) -> str:
    """Where the file of a SQLite URI is."""
    return uri.partition("://")[2][1:].partition("?")[0]


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


def _readable(model: Any) -> Any:
    """The prompt version that MLflow makes of a model version, or a RefusedError that says why it cannot."""
    from mlflow.prompt.registry_utils import model_version_to_prompt_version

    try:
        return model_version_to_prompt_version(model)
    except Exception as error:  # noqa: BLE001 - it parses what is stored, and lets through whatever that raises
        return RefusedError(_sentence(error))


def _sentence(error: Exception) -> str:
    """The first line of what an error says, at most 300 characters, without a final period."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return (said if len(said) <= 300 else f"{said[:299]}…").rstrip(".")


def _hint(uri: str) -> str:
    if uri.startswith("http"):
        return "Is the server running, and is that its address? A login: MLFLOW_TRACKING_USERNAME and _PASSWORD."
    return "Is the database up, is its driver installed, and is it of the MLflow that is installed here?"
