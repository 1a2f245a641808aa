"""`promptgit register`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptgit.cli.arguments import NAME, pairs
from promptgit.cli.options import message_option, open_registry, writing

if TYPE_CHECKING:
    from promptgit.cli.write import Write


@click.command()
@click.argument("name", type=NAME)
@click.argument("source", metavar="[FILE|-]", required=False)
@click.option("--template", metavar="TEXT", help="The template itself.")
@click.option("--file", "file", metavar="FILE", help="A file with it; '-' is stdin.")
@click.option("--tag", "tags", metavar="K=V", multiple=True, help="A tag of this version; may be repeated.")
@click.option(
    "--model-config",
    "model_config",
    metavar="FILE",
    help="YAML or JSON: provider, model_name, temperature, ...",
)
@click.option(
    "--response-format",
    "response_format",
    metavar="FILE",
    help="YAML or JSON: the JSON Schema of the answer.",
)
@click.option(
    "--syntax",
    type=click.Choice(["double-brace", "single-brace", "jinja2"]),
    help="Left out, it is found in the template.",
)
@click.option("--alias", metavar="ALIAS", help="Point this alias to the new version in the same commit.")
@message_option(required=True)
@writing
def register(
    name: str,
    source: str | None,
    template: str | None,
    file: str | None,
    tags: tuple[str, ...],
    model_config: str | None,
    response_format: str | None,
    syntax: str | None,
    alias: str | None,
    message: str,
    write: Write,
) -> None:
    """Register the next version of the prompt NAME.

    \b
    promptgit register support.refunds --template "Answer: {{question}}" -m "First version"
    promptgit register support.refunds --file refunds.md -m "Kinder"
    cat refunds.md | promptgit register support.refunds - -m "Kinder"

    A prompt that does not exist is made. A file is a text, which is stored byte for byte; or a whole version
    with variables and settings (.yaml); or a list of chat messages (.json).
    """
    from promptgit.cli.files import read_mapping
    from promptgit.registry import contents, edits

    given = [one for one in (template, file, source) if one is not None]
    if len(given) != 1:
        raise click.UsageError("give the template once: --template TEXT, --file FILE, or '-' for stdin")
    found: dict[str, Any] = {"template": template} if template is not None else _read(given[0])
    content = contents.version_content(
        found["template"],
        syntax=syntax or found.get("syntax") or ("double-brace" if len(found) > 1 else None),
        variables=found.get("variables"),
        model_config=read_mapping(model_config) if model_config else found.get("model_config"),
        response_format=read_mapping(response_format) if response_format else found.get("response_format"),
        tools=found.get("tools"),
        tags={**(found.get("tags") or {}), **pairs(tags, "tag")},
    )
    write(open_registry(), edits.register(name, content, message, alias=alias))


def _read(path: str) -> dict[str, Any]:
    """What a file gives: a whole version, or its template alone."""
    from promptgit.cli import files
    from promptgit.cli.drafts import read_draft

    if path.endswith((".yaml", ".yml")):
        return read_draft(files.read_bytes(path), path)
    if path.endswith(".json"):
        value = files.read_json(path)
        return value if isinstance(value, dict) and "template" in value else {"template": value}
    return {"template": files.read_text(path)}
