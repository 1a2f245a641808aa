"""Prompts in OpenTelemetry: attributes of the current span, and metrics of loads, refreshes and staleness.

    from promptgit.integrations import opentelemetry
    opentelemetry.instrument()

`gen_ai.prompt.name` and `gen_ai.prompt.version` are those of the OpenTelemetry GenAI semantic conventions (schema
gen-ai-dev/1.42.0-dev, status development): https://github.com/open-telemetry/semantic-conventions-genai. They know one prompt
per span; the list of several is promptgit's own attribute, not span events, which OpenTelemetry is giving up for logs.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref

from promptgit import observers
from promptgit.errors import PromptGitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
    from opentelemetry.trace import Span

    from promptgit.model import PromptVersion
    from promptgit.registry.registry import Registry
    from promptgit.remote.status import Status

    Loaded = tuple[str, int, str | None, str | None]

NAME = "gen_ai.prompt.name"
VERSION = "gen_ai.prompt.version"
ALIAS = "promptgit.prompt.alias"
COMMIT = "promptgit.prompt.commit"
VARIANT = "promptgit.prompt.variant"
PROMPTS = "promptgit.prompts"
REGISTRY = "promptgit.registry"
BRANCH = "promptgit.registry.branch"
OUTCOME = "promptgit.refresh.outcome"
ERROR = "error.type"

MAX_SERIES = 1_000
"""How many combinations of prompt, version, alias and variant are counted apart; the SDK's own limit is 2,000."""
MAX_LISTED = 100
"""How many prompts of one span are listed."""
OTHER: Loaded = ("_OTHER", 0, None, None)
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class LoadCounts:
    """How often what was loaded. Counted here, and handed over when metrics are collected.

    A call of the SDK's counter takes longer than a hot load; this takes a fraction of it.
    """

    def __init__(self) -> None:
        self._counts: dict[Loaded, int] = {}
        self._lock = threading.RLock()  # a signal handler may load while this thread counts

    def add(self, loaded: Loaded) -> None:
        """Count one load."""
        with self._lock:
            counts = self._counts
            if loaded not in counts and len(counts) >= MAX_SERIES:
                loaded = OTHER
            counts[loaded] = counts.get(loaded, 0) + 1

    def total(self) -> list[tuple[dict[str, str], int]]:
        """The attributes of each series and its count since the process started."""
        with self._lock:
            counts = list(self._counts.items())
        return [(_series(*loaded), count) for loaded, count in counts]

    def forked(self) -> None:
        """In a child of fork: what the parent counted, the parent reports."""
        self._counts, self._lock = {}, threading.RLock()


class Instruments:
    """promptgit's instruments at one meter provider. A provider gives none back: they are silent unless `on`."""

    def __init__(self, provider: MeterProvider | None) -> None:
        from opentelemetry import metrics

        from promptgit import __version__

        meter = metrics.get_meter("promptgit", __version__, provider)
        self.on = False
        self.loads = LoadCounts()
        self.refreshes = meter.create_counter("promptgit.registry.refreshes", "{refresh}", "Refreshes from a remote")
        self.duration = meter.create_histogram(
            "promptgit.registry.refresh.duration",
            "s",
            "How long a refresh from a remote took",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        meter.create_observable_counter("promptgit.prompt.loads", [self._loads], "{load}", "Loads of prompts")
        meter.create_observable_gauge(
            "promptgit.registry.staleness", [self._staleness], "s", "Seconds since the remote last answered"
        )

    def refreshed(self, registry: Registry | None, seconds: float, error: Exception | None) -> None:
        """Told after each refresh."""
        attributes = {OUTCOME: "ok" if error is None else "failed"}
        if error is not None:
            attributes[ERROR] = type(error).__qualname__
        status = _status(registry) if registry is not None else None
        if status is not None:
            attributes[REGISTRY] = status.place
        self.refreshes.add(1, attributes)
        self.duration.record(seconds, attributes)

    def _loads(self, _options: CallbackOptions) -> Iterable[Observation]:
        from opentelemetry.metrics import Observation

        return [Observation(count, series) for series, count in self.loads.total()] if self.on else []

    def _staleness(self, _options: CallbackOptions) -> Iterable[Observation]:
        from opentelemetry.metrics import Observation

        ages: dict[tuple[str, str], float] = {}
        for registry in _followed() if self.on else ():
            status = _status(registry)
            if status is not None and status.branch is not None and status.age is not None:
                place = status.place, status.branch
                ages[place] = max(status.age, ages.get(place, 0.0))
        return [Observation(age, {REGISTRY: place, BRANCH: branch}) for (place, branch), age in ages.items()]


_global: Instruments | None = None
_given: weakref.WeakKeyDictionary[MeterProvider, Instruments] = weakref.WeakKeyDictionary()
_end: Callable[[], None] | None = None
_marking = threading.RLock()


def instrument(meter_provider: MeterProvider | None = None) -> Callable[[], None]:
    """Set attributes of the current span at each load, and report metrics. Called again, it replaces the call before.

    Args:
        meter_provider: where the metrics go; None for OpenTelemetry's global one, which may be set up later.

    Returns:
        A function that ends it.

    Raises:
        PromptGitError: OpenTelemetry is not installed.
    """
    global _end
    try:
        from opentelemetry.trace import get_current_span
    except ImportError as error:
        raise PromptGitError("OpenTelemetry is not installed", hint="pip install promptgit[otel]") from error
    if _end is not None:
        _end()
    instruments = _instruments(meter_provider)
    add = instruments.loads.add

    def loaded(prompt: PromptVersion, _registry: Registry) -> None:
        add((prompt.name, prompt.version, prompt.resolved_from, prompt.variant))
        span = get_current_span()
        if span.is_recording():
            mark(span, prompt)

    removers = (observers.on_load(loaded), observers.on_refresh(instruments.refreshed))
    instruments.on = True

    def end() -> None:
        global _end
        for remove in removers:
            remove()
        if _end is end:
            instruments.on = False
            _end = None

    _end = end
    return end


def mark(span: Span, prompt: PromptVersion) -> None:
    """Name a prompt in the attributes of a span. The plain ones tell the last prompt, `promptgit.prompts` all."""
    found: dict[str, Any] = {NAME: prompt.name, VERSION: str(prompt.version)}
    optional = ((ALIAS, prompt.resolved_from), (COMMIT, prompt.resolved_at), (VARIANT, prompt.variant))
    with _marking:
        before = getattr(span, "attributes", None)  # a span of the SDK has them, other kinds need not
        for key, value in optional:
            if value is not None:
                found[key] = value
            elif before is None or before.get(key):
                found[key] = ""  # an attribute cannot be removed, and the last prompt's must not stay
        if before is not None:
            listed, label = before.get(PROMPTS, ()), f"{prompt.name}/{prompt.version}"
            if label not in listed and len(listed) < MAX_LISTED:
                found[PROMPTS] = (*listed, label)
        span.set_attributes(found)


def _instruments(provider: MeterProvider | None) -> Instruments:
    """The instruments at a provider, made once: it would answer a second callback of the same name with silence."""
    global _global
    if provider is None:
        if _global is None:
            _global = Instruments(None)
        return _global
    found = _given.get(provider)
    if found is None:
        found = _given[provider] = Instruments(provider)
    return found


def _series(name: str, version: int, alias: str | None, variant: str | None) -> dict[str, str]:
    optional = {VERSION: str(version) if name != OTHER[0] else None, ALIAS: alias, VARIANT: variant}
    return {NAME: name} | {key: value for key, value in optional.items() if value is not None}


def _status(registry: Registry) -> Status | None:
    """The status of a registry, or None: one that cannot tell, as its clone is damaged, must not hide the others."""
    try:
        return registry.status()
    except PromptGitError:
        return None


def _followed() -> list[Registry]:
    follower = sys.modules.get("promptgit.remote.follower")
    return follower.followed() if follower else []  # not imported: nothing follows a remote


def _after_fork() -> None:
    global _marking
    _marking = threading.RLock()
    for instruments in (_global, *_given.values()):
        if instruments is not None:
            instruments.loads.forked()


os.register_at_fork(after_in_child=_after_fork)
