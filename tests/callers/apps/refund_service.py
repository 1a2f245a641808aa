"""A web service: one registry for the process, one snapshot for a request, prompts loaded off the event loop."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import promptgit
from promptgit import Registry

REFUNDS = "prompts:/support.refunds"
CHANNEL = os.environ.get("PROMPT_CHANNEL", "production")


def open_prompts() -> Registry:
    """What a framework would inject."""
    return promptgit.get_registry()


async def answer(question: str, language: str | None = None) -> str:
    prompt = await asyncio.to_thread(promptgit.load_prompt, f"{REFUNDS}@production")
    values = {"question": question}
    if language:
        values["tone"] = "kind"
    text: str = prompt.format(**values)
    return text


def triage(message: str, history: list[dict[str, Any]], registry: Registry) -> list[dict[str, Any]]:
    with registry.snapshot() as prompts:
        messages: list[dict[str, Any]] = prompts.load("support.triage", version="production").format(
            message=message,
            history=history,
        )
    return messages


def answer_on_channel(question: str) -> str:
    text: str = promptgit.load_prompt(f"{REFUNDS}@{CHANNEL}").format(
        question=question
    )  # promptgit: ignore[usage-dynamic]
    return text
