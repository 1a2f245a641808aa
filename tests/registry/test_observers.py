"""Observers: told of every load and refresh, in the end of no consequence for what is loaded."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from promptgit import PromptVersion, Registry, observers
from promptgit.errors import PromptGitError, RemoteUnavailableError
from promptgit.observers import log_loads, on_load, on_refresh

URI = "prompts:/support.refunds@production"


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """No observer of another test listens, and none of this one stays."""
    monkeypatch.setattr(observers, "loads", [])
    monkeypatch.setattr(observers, "refreshes", [])
    monkeypatch.setattr(observers, "_failures", {})


def test_every_load_is_told_cold_and_hot(refunds: Registry) -> None:
    seen: list[tuple[PromptVersion, Registry]] = []
    on_load(lambda prompt, registry: seen.append((prompt, registry)))
    loaded = [refunds.load(URI), refunds.load(URI), refunds.load("support.refunds", 2)]
    assert [prompt for prompt, _ in seen] == loaded
    assert {registry for _, registry in seen} == {refunds}
    assert [prompt.resolved_from for prompt, _ in seen] == ["production", "production", None]


def test_a_fallback_is_told_as_version_0_and_nothing_missing_is(refunds: Registry) -> None:
    seen: list[int] = []
    on_load(lambda prompt, _: seen.append(prompt.version))
    assert refunds.load("support.returns@production", allow_missing=True) is None
    refunds.load("support.returns@production", fallback="Answer: {{question}}")
    assert seen == [0]


def test_an_observer_may_raise_and_the_prompt_is_served(refunds: Registry, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    def broken(prompt: PromptVersion, registry: Registry) -> None:
        raise ConnectionError("the metrics server is away")

    on_load(broken)
    on_load(lambda prompt, _: seen.append(prompt.uri))
    assert refunds.load(URI).version == 1
    assert seen == ["prompts:/support.refunds/1"]
    assert "the metrics server is away" in caplog.text


def test_an_observer_that_always_raises_does_not_fill_the_log(
    refunds: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(prompt: PromptVersion, registry: Registry) -> None:
        raise ConnectionError("the metrics server is away")

    on_load(broken)
    for _ in range(250):
        refunds.load(URI)
    told = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert told == [f"an observer failed ({count} times so far)" for count in (1, 10, 100)]


def test_an_observer_is_taken_away_once_and_only_itself(refunds: Registry) -> None:
    seen: list[str] = []

    def observer(prompt: PromptVersion, registry: Registry) -> None:
        seen.append(prompt.uri)

    remove, other = on_load(observer), on_load(observer)
    remove()
    remove()
    refunds.load(URI)
    assert seen == ["prompts:/support.refunds/1"]
    other()
    refunds.load(URI)
    assert len(seen) == 1


def test_an_observer_may_take_itself_away_while_it_is_told(refunds: Registry) -> None:
    seen: list[str] = []

    def once(prompt: PromptVersion, registry: Registry) -> None:
        seen.append("once")
        remove()

    remove = on_load(once)
    on_load(lambda prompt, registry: seen.append("always"))
    refunds.load(URI)
    refunds.load(URI)
    assert seen == ["once", "always", "always"]


def test_refreshes_are_told_with_their_time_and_error(refunds: Registry) -> None:
    seen: list[tuple[Registry | None, float, Exception | None]] = []
    remove = on_refresh(lambda *told: seen.append(told))
    error = RemoteUnavailableError("the remote hangs")
    observers.tell(observers.refreshes, refunds, 0.2, None)
    observers.tell(observers.refreshes, refunds, 30.0, error)
    remove()
    observers.tell(observers.refreshes, refunds, 0.1, None)
    assert seen == [(refunds, 0.2, None), (refunds, 30.0, error)]


def test_a_followed_remote_tells_its_refreshes(refunds: Registry, tmp_path: Path) -> None:
    seen: list[tuple[Registry | None, Exception | None]] = []
    with Registry(f"file://{refunds.path}", refresh=0) as followed:
        on_refresh(lambda registry, _seconds, error: seen.append((registry, error)))
        followed.refresh()
        Path(refunds.path).rename(tmp_path / "moved")
        with pytest.raises(RemoteUnavailableError) as caught:
            followed.refresh()
    assert seen == [(followed, None), (followed, caught.value)]


def test_loads_can_be_logged_with_what_led_to_them(refunds: Registry, caplog: pytest.LogCaptureFixture) -> None:
    refunds.set_alias("support.refunds", "experiment", {2: 100})
    end = log_loads("info")
    caplog.set_level("INFO", "promptgit.load")
    committed = Registry(refunds.path, rev="HEAD")
    committed.load(URI)
    end()
    committed.load(URI)
    (record,) = [record for record in caplog.records if record.name == "promptgit.load"]
    assert record.getMessage() == f"loaded prompts:/support.refunds/1 alias=production commit={committed.commit}"
    fields = {key: value for key, value in vars(record).items() if key.startswith("prompt_")}
    assert fields == {
        "prompt_name": "support.refunds",
        "prompt_version": 1,
        "prompt_alias": "production",
        "prompt_variant": None,
        "prompt_commit": committed.commit,
    }


def test_a_fallback_is_logged_as_one(refunds: Registry, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "promptgit.load")
    log_loads()
    refunds.load("support.returns@production", fallback="Answer: {{question}}")
    assert [record.getMessage() for record in caplog.records] == [
        "loaded the fallback of prompts:/support.returns alias=production"
    ]


def test_what_no_handler_wants_is_not_written(refunds: Registry, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "promptgit.load")
    log_loads(logging.DEBUG)
    refunds.load(URI)
    assert caplog.records == []


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(PromptGitError, match="no level 'LOUD'"):
        log_loads("LOUD")
    assert observers.loads == []


def started(code: str, **env: str) -> str:
    """Whether the integration with MLflow was started, in a process where `mlflow` is an empty module."""
    lines = f"import sys; sys.path.insert(0, 'lib'); {code}; from promptgit import observers; observers.autostart()"
    asked = "print('promptgit.integrations.mlflow_tracing' in sys.modules, len(observers.loads))"
    done = subprocess.run(
        [sys.executable, "-c", f"{lines}; {asked}"], capture_output=True, text=True, env=env, check=True
    )
    return done.stdout.strip()


def test_integrations_start_by_themselves_only_where_their_library_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/mlflow.py").write_text("")
    (tmp_path / "lib/early.py").write_text(
        "import sys\nsys.modules['mlflow'].__spec__._initializing = True\n"  # as while MLflow imports itself
    )
    path = {"PYTHONPATH": str(Path(__file__).parents[2])}
    assert started("pass", **path) == "False 0"
    assert started("import mlflow", **path) == "True 0"  # an MLflow that cannot link does no harm
    assert started("import mlflow, early", **path) == "False 0"
