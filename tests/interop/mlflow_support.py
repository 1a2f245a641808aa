"""A registry of MLflow in a SQLite file of its own, and prompts to fill it with."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from promptgit.interop.mlflow import reading
from promptgit.interop.mlflow.connection import Connection
from promptgit.interop.mlflow.content import own_tags


class Mlflow:
    """MLflow's client at one database.

    Attributes:
        uri: of the database.
        client: MLflow's own.
    """

    def __init__(self, path: Path) -> None:
        from mlflow import MlflowClient

        self.path = path
        self.uri = f"sqlite:///{path}"
        self.client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def register(self, name: str, *templates: Any, **rest: Any) -> None:
        """Make a prompt if it is not there, and versions of it, linked to no experiment."""
        if self.client.get_prompt(name) is None:
            self.client.create_prompt(name)
        for template in templates:
            self.client.create_prompt_version(name, template, **rest)

    def read(self, *names: str) -> list[reading.MlflowPrompt]:
        """What it holds, as an import sees it."""
        return reading.read(Connection(self.uri), names)

    def state(self) -> dict[str, Any]:
        """All that there is, times and authors left out, to be compared."""
        return {
            prompt.name: {
                "description": prompt.description,
                "tags": own_tags(prompt.tags),
                "aliases": dict(prompt.aliases),
                "versions": {
                    number: (
                        version.template,
                        version.description,
                        own_tags(version.tags),
                        version.response_format,
                        version.model_config,
                    )
                    for number, version in prompt.versions.items()
                },
            }
            for prompt in self.read()
        }


_TEXTS = (
    "Answer the customer's question kindly.\n\nQuestion: {{question}}\n",
    "You are {{ role }}.\r\n\tReply in {{language}}.  \n\n",
    "{% for item in items %}- {{ item }}\n{% endfor %}Sum up.",
    "Résumé: “{{text}}” 🧾\u2028\u0085no: yes\n# not a comment",
    '```json\n{"a": {"b": [1, 2]}}\n```\n{{schema}}',
    "\ufeffA mark of byte order, NUL \0, ESC \x1b[31m, DEL \x7f, C1 \x9b and what is invisible \u200b\u202e",
    "---\n- &a no\n- *a\n...\n \t \n",
    "lines\n" * 16_000,
    "",
)
_CHATS = (
    [{"role": "system", "content": "You are a {{style}} assistant."}, {"role": "user", "content": "{{question}}"}],
    [{"role": "user", "content": [{"type": "text", "text": "What is in it? {{hint}}"}], "name": "ada"}],
)
_SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


def fill(mlflow: Mlflow, prompts: int, seed: int = 1) -> None:
    """Make prompts with versions, tags, aliases and gaps, as a team that uses MLflow leaves them."""
    dice = random.Random(seed)
    for index in range(prompts):
        name = f"team-{index % 7}.{dice.choice(['refunds', 'Triage', 'sum_up'])}-{index}"
        tags = {"owner": dice.choice(["billing", "support"])} if index % 2 else {}
        mlflow.client.create_prompt(name, f"Prompt number {index}:\n “äöü”  \n" if index % 3 else None, tags)
        count = dice.randint(1, 5)
        for number in range(1, count + 1):
            _add_version(mlflow, dice, name, number)
        for number in range(1, count):
            if dice.random() < 0.15:
                mlflow.client.delete_prompt_version(name, str(number))
        mlflow.client.set_prompt_alias(name, "production", count)
        if index % 4 == 0:
            mlflow.client.set_prompt_alias(name, "staging-eu", count)


def _add_version(mlflow: Mlflow, dice: random.Random, name: str, number: int) -> None:
    template: str | Sequence[Any] = dice.choice((*_TEXTS, *_CHATS))
    mlflow.client.create_prompt_version(
        name,
        template,
        description=dice.choice([None, f"Change {number}", "Kürzer\r\n\n# Kunden \x1b[1m"]),
        tags=dice.choice([{}, {"reviewed": "yes", "empty": "", "Prüfung": "a\r\nb ", "no": "1.10"}]),
        response_format=dice.choice([None, _SCHEMA]),
        model_config=dice.choice([None, {"provider": "openai", "model_name": "gpt-5", "temperature": 0.2, "seed": 7}]),
    )
