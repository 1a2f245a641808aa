"""`promptgit render`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli import output
from promptgit.cli.arguments import REFERENCE, pairs
from promptgit.cli.chat import as_blocks
from promptgit.cli.options import open_registry, reading
from promptgit.errors import MissingVariablesError

if TYPE_CHECKING:
    from promptgit.model import PromptVersion


@click.command()
@click.argument("uri", type=REFERENCE)
@click.option("-v", "--value", "given", metavar="NAME=VALUE", multiple=True, help="Fill a variable; may be repeated.")
@click.option("--values", "file", metavar="FILE", help="Fill variables from a YAML or JSON file; -v goes before it.")
@click.option("--partial", is_flag=True, help="Leave variables that are missing as they stand.")
@click.option("--key", metavar="KEY", help="What a traffic split sticks to, such as a user's id.")
@reading
def render(
    uri: str,
    given: tuple[str, ...],
    file: str | None,
    partial: bool,
    key: str | None,
    rev: str | None,
    as_json: bool,
) -> None:
    """Fill the variables of a prompt and print it.

    A value of -v is a text, or JSON where the prompt declares a number, boolean, array or object. In a pipe
    the text is printed exactly, without a newline of its own.
    """
    from promptgit.model import PromptVersion

    prompt: PromptVersion = open_registry(rev).load(uri, key=key)
    values = values_of(prompt, given, file)
    try:
        made = prompt.format(values, allow_partial=partial)
    except MissingVariablesError as error:
        give = " ".join(f"-v {name}=..." for name in error.missing)
        raise MissingVariablesError(error.missing, hint=f"Give a value: {give}; or --partial") from None
    missing = list(made.variables) if isinstance(made, PromptVersion) else []
    content = made.template if isinstance(made, PromptVersion) else made
    if as_json:
        output.say_json(
            {
                "uri": prompt.uri,
                "name": prompt.name,
                "version": prompt.version,
                "variant": prompt.variant,
                "content": content,
                "missing": missing,
                "model_config": prompt.model_config,
            }
        )
    else:
        output.say_text(as_blocks(content))


def values_of(prompt: PromptVersion, given: tuple[str, ...], file: str | None) -> dict[str, Any]:
    """The values that a person gave, each as the type that the prompt declares."""
    from promptgit.cli.files import read_mapping

    values = read_mapping(file) if file else {}
    specs = prompt.variables
    for name, text in pairs(given, "value").items():
        spec = specs.get(name)
        values[name] = text if spec is None or spec.type == "string" else _typed(name, spec.type, text)
    return values


def _typed(name: str, kind: str, text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError:
        if kind == "any":
            return text
        raise click.UsageError(f"{name} is declared as {kind}: write its value as JSON, not {text!r}") from None
