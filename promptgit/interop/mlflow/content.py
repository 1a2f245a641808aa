"""One version from MLflow to promptgit and back, and what of it the other side has no place for."""

from __future__ import annotations

import re

from promptgit.errors import PromptGitError, TemplateError
from promptgit.interop.mlflow.connection import RefusedError
from promptgit.interop.pointing import reason
from promptgit.problems import ERROR, WARNING, Problem
from promptgit.record import Record
from promptgit.registry import edits
from promptgit.sanitise import sanitise_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from promptgit.content import VersionBody
    from promptgit.interop.mlflow.connection import Connection
    from promptgit.interop.mlflow.reading import MlflowVersion

UNKNOWN = "unknown <unknown@mlflow>"
"""The author where MLflow knows none: nobody is named who did not write it."""

_OWN_TAGS = ("mlflow.", "_mlflow_", "promptgit.")
_PERSON = re.compile(r"[^<>\n\0]+ <[^<>\s]+>\Z")


class Carried(Record):
    """A version file that is to be made.

    Attributes:
        content: what it holds, besides the tags.
        data: its bytes.
        losses: what of the version could not be carried.
    """

    content: Mapping[str, Any]
    data: bytes
    losses: tuple[Problem, ...] = ()


def place(name: str, version: int | None = None) -> str:
    """What a problem is about, as its path."""
    return f"prompts:/{name}" + (f"/{version}" if version else "")


def loss(code: str, message: str, name: str, version: int | None = None, hint: str = "") -> Problem:
    """A warning: a part was left behind."""
    return _problem(WARNING, code, message, place(name, version), hint)


def left_out(code: str, message: str, name: str, version: int | None = None, hint: str = "") -> Problem:
    """An error: a prompt, a version or an alias was left out as a whole."""
    return _problem(ERROR, code, message, place(name, version), hint)


def _problem(severity: str, code: str, message: str, path: str, hint: str) -> Problem:
    """A problem on lines of its own, whatever a name, an alias or a tag of MLflow holds: it takes a newline at their ends."""
    said, where, advice = (sanitise_line(text) for text in (message, path, hint))
    return Problem(code=f"mlflow-{code}", message=said, severity=severity, path=where, hint=advice)


# --- from MLflow ------------------------------------------------------------------------------------------------------


def to_file(version: MlflowVersion, name: str, number: int) -> Carried:
    """The version file for a version of MLflow. A part that is not valid here is left behind, with a warning.

    Raises:
        PromptGitError: the template itself is not valid here.
    """
    core, data, losses = _core(version.template, name, number)
    parts = {
        "model_config": version.model_config or None,
        "response_format": version.response_format or None,
        "tags": own_tags(version.tags) or None,
    }
    for part, value in parts.items():
        if value is None:
            continue
        try:
            data = edits.version_file({**core, part: value})
            core[part] = value
        except PromptGitError as error:
            losses.append(loss(part.replace("_", "-"), f"its {part} is not valid here: {reason(error)}", name, number))
    losses += _foreign(version.tags, name, number)
    content = {key: value for key, value in core.items() if key != "tags"}
    return Carried(content=content, data=data, losses=tuple(losses))


def _core(template: Any, name: str, number: int) -> tuple[dict[str, Any], bytes, list[Problem]]:
    """Template and syntax, as a mapping and as a file: Jinja2 exactly where MLflow treats it so, if it is Jinja2 at all."""
    plain, losses = {"template": template}, []
    if treated_as_jinja2(template):
        jinja2 = {**plain, "syntax": "jinja2"}
        try:
            return jinja2, edits.version_file(jinja2), []
        except TemplateError as error:
            said = f"MLflow takes its {{% for Jinja2, which it is not ({error.message}); here its braces are {{{{double}}}}"
            losses.append(loss("syntax", said, name, number))
    return plain, edits.version_file(plain), losses


def treated_as_jinja2(template: Any) -> bool:
    """Whether MLflow formats a template with Jinja2: one of its texts has both `{%` and `%}`."""
    texts = [template] if isinstance(template, str) else [message.get("content") for message in template]
    return any(isinstance(text, str) and "{%" in text and "%}" in text for text in texts)


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that users have set: those of MLflow, and of promptgit in MLflow, stand for content, authors and links."""
    return {key: value for key, value in tags.items() if not key.startswith(_OWN_TAGS)}


def _foreign(tags: Mapping[str, str], name: str, number: int | None) -> list[Problem]:
    """What MLflow notes in tags of its own and promptgit does not keep."""
    known = ("mlflow.user", "promptgit.")
    left = sorted(key for key in tags.keys() - own_tags(tags).keys() if not key.startswith(known))
    if not left:
        return []
    said = f"tags of MLflow itself are not carried: {', '.join(left)}"
    return [loss("tags", said, name, number, "Links to experiments and runs stay in MLflow.")]


def foreign_tags(tags: Mapping[str, str], name: str) -> list[Problem]:
    """The same for the tags of a prompt."""
    return _foreign(tags, name, None)


def author(user: str, default: str) -> str:
    """Git's form of a user of MLflow: `ann` is `ann <ann@mlflow>`, `ann@example.com` is `ann <ann@example.com>`.

    Args:
        user: as MLflow has it; empty if it has none.
        default: for that case.
    """
    shown = re.sub(r"[<>\s\0]+", " ", user).strip()
    if not shown:
        return default
    if _PERSON.match(user):
        return user
    if "@" in shown and " " not in shown:
        return f"{shown.partition('@')[0] or shown} <{shown}>"
    return f"{shown} <{re.sub(r'[^A-Za-z0-9._+-]+', '-', shown).strip('-.') or 'unknown'}@mlflow>"


# --- both ways --------------------------------------------------------------------------------------------------------


def differing(content: Mapping[str, Any], body: VersionBody, config: Mapping[str, Any] | None) -> list[str]:
    """Where what MLflow has differs from a version here. Syntax, variables and tools have no place there.

    Args:
        config: the model_config that the version has here, which may have been set later.
    """
    parts = {
        "template": (content["template"], body.template),
        "model_config": (content.get("model_config") or None, config or None),
        "response_format": (content.get("response_format") or None, body.response_format or None),
    }
    return [part for part, (one, other) in parts.items() if one != other]


# --- to MLflow --------------------------------------------------------------------------------------------------------


class Parts(Record):
    """What a new version in MLflow is given.

    Attributes:
        refusal: why MLflow cannot have it at all; empty if it can.
    """

    template: Any
    model_config: Mapping[str, Any] | None = None
    response_format: Mapping[str, Any] | None = None
    losses: tuple[Problem, ...] = ()
    refusal: str = ""


def to_mlflow(
    connection: Connection, body: VersionBody, config: Mapping[str, Any] | None, name: str, number: int
) -> Parts:
    """What MLflow takes of a version, and what it has no place for.

    Args:
        config: its model_config, which may have been set later.
    """
    losses = [*_unknown_there(body, name, number)]
    if config is not None:
        try:
            config = connection.model_config(config) or None
        except RefusedError as error:
            losses.append(loss("model-config", f"MLflow refuses its model_config: {error.message}", name, number))
            config = None
    return Parts(
        template=body.template,
        model_config=config,
        response_format=body.response_format or None,
        losses=tuple(losses),
        refusal=connection.refusal(body.template),
    )


def _unknown_there(body: VersionBody, name: str, number: int) -> list[Problem]:
    found = []
    for part, value in (("variables", body.declared), ("tools", body.tools)):
        if value:
            found.append(loss(part, f"MLflow has no place for its {part}", name, number))
    guessed = "jinja2" if treated_as_jinja2(body.template) else "double-brace"
    if body.syntax != guessed:
        said = f"its syntax is {body.syntax}, and MLflow will take it for {guessed}"
        found.append(loss("syntax", said, name, number))
    return found
