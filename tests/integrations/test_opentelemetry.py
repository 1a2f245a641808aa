"""OpenTelemetry: what a load leaves on the current span, and what the metrics say; with the SDK and its in-memory exporters."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NonRecordingSpan, SpanContext
from support import Git

from promptgit import Registry, observers
from promptgit.errors import RemoteUnavailableError
from promptgit.integrations import opentelemetry

URI = "prompts:/support.refunds@production"


def named(span: ReadableSpan) -> dict[str, Any]:
    """The attributes of a span."""
    return {**(span.attributes or {})}


class Monitor:
    """Providers of a test, and what they were told."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        self.tracer = self.tracers.get_tracer("application")
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider(metric_readers=[self.reader])

    def attributes(self) -> dict[str, Any]:
        """Those of the one span that ended."""
        (span,) = self.spans.get_finished_spans()
        return named(span)

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The attributes of each series of a metric, and its data point."""
        data = self.reader.get_metrics_data()
        scopes = [scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics]
        metrics = [metric for scope in scopes for metric in scope.metrics if metric.name == name]
        return [({**(point.attributes or {})}, point) for metric in metrics for point in metric.data.data_points]

    def values(self, name: str) -> list[tuple[dict[str, Any], float]]:
        """The same, with the value of a counter or gauge."""
        return [(attributes, point.value) for attributes, point in self.points(name)]


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """No observer of another test listens."""
    monkeypatch.setattr(observers, "loads", [])
    monkeypatch.setattr(observers, "refreshes", [])


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    """OpenTelemetry set up, and instrumented."""
    monitor = Monitor()
    end = opentelemetry.instrument(monitor.meters)
    yield monitor
    end()
    monitor.meters.shutdown()
    monitor.tracers.shutdown()


# --- spans --------------------------------------------------------------------------------------------------------------


def test_a_load_names_the_prompt_on_the_current_span(refunds: Registry, monitor: Monitor) -> None:
    refunds.set_alias("support.refunds", "experiment", {2: 100})
    committed = Registry(refunds.path, rev="HEAD")
    with monitor.tracer.start_as_current_span("chat"):
        committed.load(URI)
    assert monitor.attributes() == {
        "gen_ai.prompt.name": "support.refunds",
        "gen_ai.prompt.version": "1",
        "promptgit.prompt.alias": "production",
        "promptgit.prompt.commit": committed.commit,
        "promptgit.prompts": ("support.refunds/1",),
    }


def test_the_variant_of_a_traffic_split_is_named(refunds: Registry, monitor: Monitor) -> None:
    refunds.set_alias("support.refunds", "experiment", {2: 50, 3: 50})
    with monitor.tracer.start_as_current_span("chat"):
        prompt = refunds.load("support.refunds@experiment", key="customer-17")
    assert monitor.attributes()["promptgit.prompt.variant"] == prompt.variant == f"experiment:{prompt.version}"


def test_of_several_prompts_in_a_span_the_last_is_plain_and_all_are_listed(refunds: Registry, monitor: Monitor) -> None:
    refunds.register("support.tone", "Write {{language}}.", "Set the tone")
    with monitor.tracer.start_as_current_span("answer"):
        refunds.load(URI)
        refunds.load("support.tone")
        refunds.load(URI)
        refunds.load("support.tone")
    found = monitor.attributes()
    assert (found["gen_ai.prompt.name"], found["gen_ai.prompt.version"]) == ("support.tone", "1")
    assert found["promptgit.prompt.alias"] == "", "not the alias of the prompt before it"
    assert found["promptgit.prompts"] == ("support.refunds/1", "support.tone/1")


def test_the_list_of_a_span_that_loads_everything_is_bounded(
    refunds: Registry, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opentelemetry, "MAX_LISTED", 2)
    with monitor.tracer.start_as_current_span("batch"):
        for version in (1, 2, 3):
            refunds.load("support.refunds", version)
    found = monitor.attributes()
    assert found["promptgit.prompts"] == ("support.refunds/1", "support.refunds/2")
    assert found["gen_ai.prompt.version"] == "3"


def test_each_span_tells_its_own_prompt(refunds: Registry, monitor: Monitor) -> None:
    with monitor.tracer.start_as_current_span("agent"):
        with monitor.tracer.start_as_current_span("plan"):
            refunds.load("support.refunds/2")
        with monitor.tracer.start_as_current_span("answer"):
            refunds.load("support.refunds/3")
    spans = {span.name: named(span) for span in monitor.spans.get_finished_spans()}
    assert spans["plan"]["gen_ai.prompt.version"] == "2"
    assert spans["answer"]["gen_ai.prompt.version"] == "3"
    assert spans["agent"] == {}


def test_a_span_that_is_not_recorded_is_left_alone(refunds: Registry, monitor: Monitor) -> None:
    tracer = TracerProvider(sampler=ALWAYS_OFF).get_tracer("application")
    with tracer.start_as_current_span("chat") as span:
        assert refunds.load(URI).version == 1
    assert not span.is_recording()
    assert monitor.values("promptgit.prompt.loads")[0][1] == 1


class WriteOnly(NonRecordingSpan):
    """A span of another tracer: recording, and its attributes cannot be read."""

    def __init__(self) -> None:
        super().__init__(SpanContext(1, 1, is_remote=False))
        self.written: dict[str, object] = {}

    def is_recording(self) -> bool:
        return True

    def set_attributes(self, attributes: Any) -> None:
        self.written |= attributes


def test_a_span_that_cannot_be_read_gets_the_last_prompt_alone(refunds: Registry, monitor: Monitor) -> None:
    span = WriteOnly()
    with trace.use_span(span):
        refunds.load(URI)
        refunds.load("support.refunds/2")
    assert span.written == {
        "gen_ai.prompt.name": "support.refunds",
        "gen_ai.prompt.version": "2",
        "promptgit.prompt.alias": "",
        "promptgit.prompt.commit": "",
        "promptgit.prompt.variant": "",
    }


# --- metrics ------------------------------------------------------------------------------------------------------------


def test_loads_are_counted_by_prompt_version_alias_and_variant(refunds: Registry, monitor: Monitor) -> None:
    refunds.set_alias("support.refunds", "experiment", {2: 50, 3: 50})
    for _ in range(3):
        refunds.load(URI)
    refunds.load("support.refunds/1")
    split = refunds.load("support.refunds@experiment", key="customer-17")
    name = {"gen_ai.prompt.name": "support.refunds"}
    alias = {"promptgit.prompt.alias": "experiment", "promptgit.prompt.variant": split.variant}
    assert monitor.values("promptgit.prompt.loads") == [
        (name | {"gen_ai.prompt.version": "1", "promptgit.prompt.alias": "production"}, 3),
        (name | {"gen_ai.prompt.version": "1"}, 1),
        (name | {"gen_ai.prompt.version": str(split.version)} | alias, 1),
    ]


def test_series_are_bounded_and_what_is_beyond_is_counted_together(
    refunds: Registry, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opentelemetry, "MAX_SERIES", 1)
    for version in (1, 2, 3, 1):
        refunds.load("support.refunds", version)
    assert monitor.values("promptgit.prompt.loads") == [
        ({"gen_ai.prompt.name": "support.refunds", "gen_ai.prompt.version": "1"}, 2),
        ({"gen_ai.prompt.name": "_OTHER"}, 2),
    ]


def test_a_forked_child_counts_its_own_loads(refunds: Registry, monitor: Monitor) -> None:
    refunds.load(URI)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        refunds.load(URI)
        os.write(write, b"%d" % monitor.values("promptgit.prompt.loads")[0][1])
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"1"
    os.close(read)
    os.close(write)
    assert monitor.values("promptgit.prompt.loads")[0][1] == 1


def test_refreshes_are_counted_and_timed_with_their_outcome(
    refunds: Registry, monitor: Monitor, tmp_path: Path
) -> None:
    url = f"file://{refunds.path}"
    with Registry(url, refresh=0) as followed:
        followed.refresh()
        Path(refunds.path).rename(tmp_path / "moved")
        with pytest.raises(RemoteUnavailableError):
            followed.refresh()
    fine = {"promptgit.registry": url, "promptgit.refresh.outcome": "ok"}
    failed = {"promptgit.registry": url, "promptgit.refresh.outcome": "failed", "error.type": "RemoteUnavailableError"}
    counted = {tuple(sorted(key.items())): value for key, value in monitor.values("promptgit.registry.refreshes")}
    assert counted == {tuple(sorted(fine.items())): 2, tuple(sorted(failed.items())): 1}  # opening it fetched, too
    timed = monitor.points("promptgit.registry.refresh.duration")
    assert sorted((point.count, point.sum > 0, point.explicit_bounds[0]) for _, point in timed) == [
        (1, True, 0.01),
        (2, True, 0.01),
    ]


def test_staleness_is_told_per_remote_and_branch(refunds: Registry, git: Git, monitor: Monitor) -> None:
    url = f"file://{refunds.path}"
    git("branch", "staging")
    with Registry(url, refresh=0), Registry(url, refresh=0), Registry(url, refresh=0, branch="staging"):
        found = monitor.values("promptgit.registry.staleness")
    assert sorted(attributes["promptgit.registry.branch"] for attributes, _ in found) == ["main", "staging"]
    assert {attributes["promptgit.registry"] for attributes, _ in found} == {url}
    assert all(0 <= age < 60 for _, age in found)


def test_a_registry_that_is_closed_or_collected_has_no_staleness(refunds: Registry, monitor: Monitor) -> None:
    closed = Registry(f"file://{refunds.path}", refresh=0)
    closed.close()
    held = Registry(f"file://{refunds.path}", refresh=0)
    assert len(monitor.values("promptgit.registry.staleness")) == 1
    held.close()
    dropped = Registry(f"file://{refunds.path}", refresh=0)
    del dropped
    gc.collect()
    assert monitor.values("promptgit.registry.staleness") == []


def test_what_cannot_go_stale_has_no_staleness(refunds: Registry, git: Git, monitor: Monitor) -> None:
    pinned = git("rev-parse", "HEAD")
    with Registry(f"file://{refunds.path}", rev=pinned, refresh=0), Registry(refunds.path, rev="HEAD"):
        assert monitor.values("promptgit.registry.staleness") == []


# --- starting and ending ------------------------------------------------------------------------------------------------


def test_it_can_be_ended_and_begun_again(refunds: Registry) -> None:
    monitor = Monitor()
    end = opentelemetry.instrument(monitor.meters)
    refunds.load(URI)
    end()
    assert (observers.loads, observers.refreshes) == ([], [])
    refunds.load(URI)
    assert monitor.values("promptgit.prompt.loads") == []
    again = opentelemetry.instrument(monitor.meters)
    refunds.load(URI)
    assert monitor.values("promptgit.prompt.loads")[0][1] == 2, "a counter never falls"
    end()
    refunds.load(URI)
    assert monitor.values("promptgit.prompt.loads")[0][1] == 3, "the end of the first is none of the second"
    again()
    monitor.meters.shutdown()


def test_called_twice_it_counts_once(refunds: Registry, monitor: Monitor) -> None:
    other = Monitor()
    end = opentelemetry.instrument(other.meters)
    refunds.load(URI)
    assert monitor.values("promptgit.prompt.loads") == []
    assert other.values("promptgit.prompt.loads")[0][1] == 1
    end()
    assert observers.loads == []
    other.meters.shutdown()


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_global_meter_provider_may_be_set_after_instrument(refunds: Registry) -> None:
    code = f"""
from promptgit import Registry
from promptgit.integrations import opentelemetry
end = opentelemetry.instrument()
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))
registry = Registry({refunds.path!r})
registry.load("support.refunds")
end()
opentelemetry.instrument()
registry.load("support.refunds")
(metric,) = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
print(metric.name, [point.value for point in metric.data.data_points])
"""
    assert run(code) == "promptgit.prompt.loads [2]"


def test_without_the_extra_it_says_how_to_get_it() -> None:
    code = """
import sys
sys.modules["opentelemetry"] = None
from promptgit import observers
from promptgit.errors import PromptGitError
from promptgit.integrations import opentelemetry
try:
    opentelemetry.instrument()
except PromptGitError as error:
    print(error, observers.loads)
"""
    assert run(code) == "OpenTelemetry is not installed\npip install promptgit[otel] []"


def test_a_load_does_not_import_it(refunds: Registry) -> None:
    code = f"""
import sys
from promptgit import Registry
Registry({refunds.path!r}).load("support.refunds")
print([name for name in sys.modules if "opentelemetry" in name or "mlflow" in name])
"""
    assert run(code) == "[]"


# --- the example of docs/monitoring.md ----------------------------------------------------------------------------------


def test_the_example_prints_what_the_documentation_shows(tmp_path: Path) -> None:
    docs = Path(__file__).parents[2] / "docs"
    code = (docs / "examples/feedback_by_version.py").read_text()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert f"```text\n{done.stdout}```" in (docs / "monitoring.md").read_text()
