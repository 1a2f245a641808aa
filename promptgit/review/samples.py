"""Two versions rendered with the same values, so that a reviewer sees what a model will be sent."""

from __future__ import annotations

from promptgit.errors import PromptGitError
from promptgit.review.compare import spoken, spoken_template
from promptgit.review.model import Sample, Size
from promptgit.review.tokens import estimate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptgit.model import PromptVersion
    from promptgit.templates import VariableSpec


def size(prompt: PromptVersion) -> Size:
    """How long a version's template is."""
    texts = [text for _, text in spoken(prompt)]
    return Size(characters=sum(map(len, texts)), tokens=sum(map(estimate, texts)))


def samples(old: PromptVersion | None, new: PromptVersion | None) -> tuple[Sample | None, Sample | None]:
    """Both versions rendered; what they have in common has one value."""
    values: dict[str, object] = {}
    for prompt in (old, new):  # the newer contract has the last word
        if prompt is not None:
            for name, spec in prompt.variables.items():
                if spec.example is not None or name not in values:
                    values[name] = _value(spec)
    return (_sample(old, values) if old else None, _sample(new, values) if new else None)


def _sample(prompt: PromptVersion, values: dict[str, object]) -> Sample:
    own = {name: values[name] for name in prompt.variables}
    try:
        rendered = prompt.format(own)
    except PromptGitError as error:
        return Sample(values=own, messages=(), error=error.message)
    return Sample(values=own, messages=tuple(spoken_template(rendered)))


def _value(spec: VariableSpec) -> object:
    """The example, else the default, else something of the type that shows the variable's name."""
    if spec.example is not None:
        return spec.example
    if spec.has_default:
        return spec.default
    name = f"⟨{spec.name}⟩"
    if spec.placeholder:
        return [{"role": "user", "content": name}]
    kinds: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "array": [name], "object": {"key": name}}
    return kinds.get(spec.type, name)
