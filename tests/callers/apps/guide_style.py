"""Code as MLflow's guides have it, with promptgit in MLflow's place."""

from __future__ import annotations

import promptgit as mlflow
from promptgit import genai as mlflow_genai


def summarise(texts: list[str]) -> list[str]:
    prompt = mlflow.genai.load_prompt("prompts:/writing.summary/1")
    return [prompt.format(text=text, sentences=2) for text in texts]


def compare(question: str) -> dict[str, str]:
    found = {}
    for alias in ("production", "staging"):
        found[alias] = mlflow_genai.load_prompt(f"prompts:/support.refunds@{alias}").format(question=question)
    return found


def newest(question: str) -> str | None:
    client = mlflow.MlflowClient()
    prompt = client.get_prompt_version("support.refunds", "1")
    if prompt is None:
        return None
    text: str = prompt.format(question=question)
    return text
