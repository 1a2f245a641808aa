"""Links to MLflow: a prompt that is loaded within an MLflow trace or run is named there, as MLflow's own load does it.

It starts by itself in a process that has imported MLflow, unless PROMPTGIT_MLFLOW_LINK=0; `instrument()` starts it by hand.
What is written is what `mlflow.genai.load_prompt` of MLflow 3.17 writes: `mlflow.linkedPrompts`, the JSON list of
`{"name", "version"}`, as attribute of the span, tag of the trace and tag of the run. A load only touches memory: a trace is
sent by MLflow when it ends, and the tag of a run is written here in the background.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import threading
from collections import deque

from promptgit import observers
from promptgit.errors import PromptGitError
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from promptgit.model import PromptVersion
    from promptgit.registry.registry import Registry

LINKED = "mlflow.linkedPrompts"
MAX_WAITING = 1_000
MAX_REMEMBERED = 10_000
EXIT_S = 5.0
"""How long the end of the process waits for links that are not written yet."""


class Link(Record):
    """A prompt version and the run that it belongs to.

    Attributes:
        tracking_uri: where the run is.
        run_id: the run.
        name, version: the prompt, as MLflow writes them.
    """

    tracking_uri: str
    run_id: str
    name: str
    version: str


class RunLinks:
    """Writes the tags of runs, in a thread that lives only while there is something to write."""

    def __init__(self, write: Callable[[list[Link]], None]) -> None:
        self._write = write
        self._seen: dict[tuple[str, str, int], None] = {}
        self._waiting: deque[Link] = deque()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def add(self, run_id: str, prompt: PromptVersion, tracking_uri: Callable[[], str]) -> None:
        """Have a link written, unless it was already. Nothing is waited for."""
        key = (run_id, prompt.name, prompt.version)
        if key in self._seen:
            return
        with self._lock:
            if key in self._seen:
                return
            if len(self._waiting) >= MAX_WAITING:
                raise PromptGitError(f"{prompt.uri} is not linked to its MLflow run: {MAX_WAITING} links wait already")
            while len(self._seen) >= MAX_REMEMBERED:
                del self._seen[next(iter(self._seen))]
            self._seen[key] = None
            uri = tracking_uri()
            self._waiting.append(Link(tracking_uri=uri, run_id=run_id, name=prompt.name, version=str(prompt.version)))
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="promptgit-mlflow-links", daemon=True)
                thread.start()
                self._thread = thread

    @property
    def idle(self) -> bool:
        """Whether everything is written."""
        return self._thread is None

    def flush(self, timeout: float | None = None) -> None:
        """Wait until what was added is written.

        Args:
            timeout: seconds to wait at the most; None for as long as it takes.
        """
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def forked(self) -> None:
        """In a child of fork: the thread stayed in the parent, which writes what waits."""
        self._waiting.clear()
        self._lock = threading.RLock()
        self._thread = None

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                links = list(self._waiting)
                self._waiting.clear()
            for place in dict.fromkeys((link.tracking_uri, link.run_id) for link in links):
                observers.tell([self._write], [link for link in links if (link.tracking_uri, link.run_id) == place])


def write_links(links: list[Link]) -> None:
    """Add prompts to the tag of the run that they share."""
    from mlflow.tracing.utils.prompt import update_linked_prompts_tag
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=links[0].tracking_uri)
    current = client.get_run(links[0].run_id).data.tags.get(LINKED)
    updated = update_linked_prompts_tag(current, links)
    if updated != current:
        client.set_tag(links[0].run_id, LINKED, updated, synchronous=True)


runs = RunLinks(write_links)
_end: Callable[[], None] | None = None


def autolink() -> None:
    """What `observers.autostart` calls: `instrument`, unless PROMPTGIT_MLFLOW_LINK=0. An MLflow that does not fit is logged."""
    if os.environ.get("PROMPTGIT_MLFLOW_LINK", "").strip().lower() in ("0", "false", "no", "off"):
        return
    try:
        instrument()
    except Exception as error:  # noqa: BLE001 - this runs within a load
        import logging

        logging.getLogger("promptgit").warning("prompts are not linked to MLflow traces and runs: %s", error)


def instrument() -> Callable[[], None]:
    """Link what is loaded to the active MLflow trace and run. Calling it again changes nothing.

    Returns:
        A function that ends it.

    Raises:
        PromptGitError: MLflow is not installed, or too old to link prompts.
    """
    global _end
    if _end is not None:
        return _end
    try:
        linkers = (_run_linker(), _trace_linker())
    except ImportError as error:
        raise PromptGitError(f"no MLflow that links prompts: {error}", hint="pip install 'mlflow>=3.17'") from error
    removers = [observers.on_load(link) for link in linkers]

    def end() -> None:
        global _end
        for remove in removers:
            remove()
        _end = None

    _end = end
    return end


def _run_linker() -> observers.LoadObserver:
    from mlflow.tracking import get_tracking_uri
    from mlflow.tracking.fluent import _get_latest_active_run as latest_active_run

    def link_run(prompt: PromptVersion, _registry: Registry) -> None:
        run = latest_active_run()  # of any thread, as with MLflow's own load
        if run is not None and prompt.version:  # 0 is a fallback: MLflow knows no such version
            runs.add(run.info.run_id, prompt, get_tracking_uri)

    return link_run


def _trace_linker() -> observers.LoadObserver:
    from mlflow.entities.model_registry import PromptVersion as MlflowPrompt
    from mlflow.tracing.fluent import get_current_active_span
    from mlflow.tracing.trace_manager import InMemoryTraceManager
    from mlflow.tracing.utils.prompt import update_linked_prompts_tag

    @functools.lru_cache(MAX_REMEMBERED)
    def theirs(name: str, version: int) -> Any:
        return MlflowPrompt(name, version, template="")  # only name and version of a linked prompt are ever sent

    def link_trace(prompt: PromptVersion, _registry: Registry) -> None:
        span = get_current_active_span()
        if span is None or not prompt.version:
            return
        linked = theirs(prompt.name, prompt.version)
        with contextlib.suppress(KeyError):  # a span that another OpenTelemetry tracer began is in no trace of MLflow's
            InMemoryTraceManager.get_instance().register_prompt(trace_id=span.trace_id, prompt=linked)
        current = span.get_attribute(LINKED)
        updated = update_linked_prompts_tag(current, [linked])
        if updated != current:
            span.set_attribute(LINKED, updated)

    return link_trace


atexit.register(runs.flush, EXIT_S)
os.register_at_fork(after_in_child=runs.forked)
