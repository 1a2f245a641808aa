"""What a type checker knows of the package, as an application that uses it sees it."""

from __future__ import annotations

from pathlib import Path

from mypy import api

PROGRAM = """
import promptgit
from promptgit import Registry, genai

registry = Registry("prompts", rev="HEAD")
reveal_type(registry.load("faq"))
reveal_type(registry.load("faq", allow_missing=True))
reveal_type(registry.load("faq", allow_missing=True, fallback="Answer politely."))
reveal_type(promptgit.load_prompt("faq"))
reveal_type(genai.load_prompt("faq", 1, True))
with registry.snapshot() as prompts:
    reveal_type(prompts.load("faq").created_at)
values: dict[str, str] = {}
registry.load("faq").format(**values)
registry.load("faq").format(values, allow_partial=True)
registry.load("faq").verison
"""


def test_loads_are_typed_and_a_slip_is_found(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(PROGRAM)
    found, failed, _ = api.run(
        ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path), str(tmp_path / "app.py")]
    )
    told = [line.partition(": ")[2] for line in found.replace("promptgit.model.", "").splitlines()]
    assert told == [
        'note: Revealed type is "PromptVersion"',
        'note: Revealed type is "PromptVersion | None"',
        'note: Revealed type is "PromptVersion"',
        'note: Revealed type is "PromptVersion"',
        'note: Revealed type is "PromptVersion | None"',
        'note: Revealed type is "datetime.datetime | None"',
        'error: "PromptVersion" has no attribute "verison"; maybe "version"?  [attr-defined]',
    ], failed
