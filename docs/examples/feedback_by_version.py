"""Which version of a prompt is faster, and which one do people like better?

    pip install 'promptgit[otel]' opentelemetry-sdk
    python docs/examples/feedback_by_version.py

Two versions of a prompt share the traffic. Each request loads the prompt within the span of its model call, so the span says
which version answered, and the table groups the spans by it. Here spans stay in memory and the model is an imitation, so it
needs no network and no API key. In production the exporter is yours, and the table is a query there.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer, use_span

from promptgit import Registry
from promptgit.integrations import opentelemetry
from promptgit.registry.create import create

REQUESTS = 400
NAME = "support.returns"
FEEDBACK = "gen_ai.evaluation.score.value"
SECOND = 1_000_000_000


def make_registry(folder: str) -> Registry:
    """A registry in which three of four customers get version 1 of a prompt, and one gets version 2."""
    create(folder)
    registry = Registry(folder)
    registry.register(NAME, "Answer in one sentence.\n\nQuestion: {{question}}\n", "Answer briefly")
    registry.register(NAME, "Answer step by step, kindly.\n\nQuestion: {{question}}\n", "Explain the steps")
    registry.set_alias(NAME, "experiment", {1: 75, 2: 25})
    return registry


def imitate_model(text: str, chance: random.Random) -> tuple[str, float]:
    """Stands in for a model: an answer, and the seconds that it took. Longer answers take longer."""
    steps = 4 if "step by step" in text else 1
    return "You have it back within five days. " * steps, chance.gauss(0.4 + 0.2 * steps, 0.05)


def imitate_customer(answer: str, chance: random.Random) -> float:
    """Stands in for a customer: 1.0 for a thumb up, 0.0 for a thumb down. More explained is more liked."""
    return float(chance.random() < (0.85 if len(answer) > 100 else 0.65))


def serve(registry: Registry, tracer: Tracer, requests: int) -> None:
    """Answer the customers' questions. Nothing here names a version: the load does."""
    chance = random.Random(7)  # noqa: S311 - an imitation
    begin = SECOND
    for number in range(requests):
        span = tracer.start_span("chat", start_time=begin)
        with use_span(span):
            prompt = registry.load(f"prompts:/{NAME}@experiment", key=f"customer-{number}")
            answer, seconds = imitate_model(prompt.format(question="Where is my refund?"), chance)
            span.set_attribute(FEEDBACK, imitate_customer(answer, chance))
        span.end(begin + int(seconds * SECOND))
        begin += SECOND


def table(spans: Iterable[ReadableSpan]) -> list[str]:
    """Requests, latency and feedback for each version of each prompt."""
    groups: dict[tuple[Any, ...], list[ReadableSpan]] = defaultdict(list)
    for span in spans:
        found = span.attributes or {}
        groups[found["gen_ai.prompt.name"], found["gen_ai.prompt.version"], found["promptgit.prompt.variant"]].append(
            span
        )
    lines = [f"{'prompt':<16} {'version':>7}  {'variant':<13} {'requests':>8} {'p50 s':>6} {'p95 s':>6} {'liked':>6}"]
    for (name, version, variant), members in sorted(groups.items()):
        seconds = [((span.end_time or 0) - (span.start_time or 0)) / SECOND for span in members]
        cuts = statistics.quantiles(seconds, n=20)
        liked = statistics.mean(float(str((span.attributes or {})[FEEDBACK])) for span in members)
        lines.append(
            f"{name:<16} {version:>7}  {variant:<13} {len(members):>8} {cuts[9]:>6.2f} {cuts[18]:>6.2f} {liked:>6.0%}"
        )
    return lines


def main() -> None:
    """Serve, and print the table."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    end = opentelemetry.instrument()
    with tempfile.TemporaryDirectory() as folder, make_registry(f"{folder}/prompts") as registry:
        serve(registry, provider.get_tracer("support"), REQUESTS)
    end()
    sys.stdout.write("\n".join(table(exporter.get_finished_spans())) + "\n")


if __name__ == "__main__":
    main()
