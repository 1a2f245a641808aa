"""A model parameter is none that promptgit or MLflow knows.

`temprature: 0.2` is kept, handed on, and ignored by the provider or refused at run time. Parameters that only one
provider has belong under `extra_params`, where anything may stand.

To mend it, correct the name, or move the parameter to `extra_params`.
"""

from __future__ import annotations

from itertools import islice

from promptgit.checks.subject import MAX_PROBLEMS, NOTES, VERSION
from promptgit.problems import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptgit.checks.subject import File
    from promptgit.problems import Problem

KINDS = (VERSION, NOTES)

# https://mlflow.org/docs/latest/genai/prompt-registry: the fields of PromptModelConfig
KNOWN = frozenset(
    (
        "provider",
        "model_name",
        "temperature",
        "max_tokens",
        "top_p",
        "top_k",
        "frequency_penalty",
        "presence_penalty",
        "stop_sequences",
        "extra_params",
    )
)

# what providers call the same
_OTHER_NAMES = {
    "model": "model_name",
    "stop": "stop_sequences",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "max_tokens_to_sample": "max_tokens",
}


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    for keys in islice((keys for keys in _parameters(file) if keys[-1] not in KNOWN), MAX_PROBLEMS):
        message = f"{keys[-1]} is no model parameter that is known"
        yield file.problem("model-parameter", message, keys, at_key=True, severity=WARNING, hint=_hint(keys[-1]))


def _parameters(file: File) -> Iterator[list[str]]:
    """The way to each parameter in a file: of the version, or of those that `prompt.yaml` has notes on."""
    if file.body is not None:
        yield from (["model_config", key] for key in file.body.model_config or ())
    elif file.kind == NOTES and file.document is not None and not file.schema_problems:
        for version, note in (file.document.get("versions") or {}).items():
            yield from (["versions", version, "model_config", key] for key in note.get("model_config") or ())


def _hint(key: str) -> str:
    from difflib import get_close_matches

    if key.lower() in _OTHER_NAMES:
        return f"It is called {_OTHER_NAMES[key.lower()]} here, as in MLflow."
    near = get_close_matches(key.lower(), KNOWN, n=1, cutoff=0.75)
    return f"Did you mean {near[0]}?" if near else f"If only its provider knows it: extra_params: {{{key}: ...}}"
