"""An agent: its prompts are attributes, some loaded when it is made and some when they are first needed."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from promptgit import PromptVersion, Registry


class Agent:
    """What the agents share."""

    registry: Registry

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.triage = registry.load("prompts:/support.triage@production")

    @cached_property
    def refunds(self) -> PromptVersion:
        prompt: PromptVersion = self.registry.load("support.refunds@production")
        return prompt


class RefundAgent(Agent):
    """Answers one customer."""

    def __init__(self, registry: Registry, tone: str) -> None:
        super().__init__(registry)
        self.kind = self.refunds.format(tone=tone, allow_partial=True)

    def decide(self, message: str) -> Any:
        return self.triage.format(message=message)

    def reply(self, question: str) -> Any:
        return self.kind.format(question=question)
