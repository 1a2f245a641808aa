"""MLflow's own page in a real browser, on a promptgit registry: prompts of an experiment, its traces and its runs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from chromium import BROWSER
from commandline import environment
from mlflow_page import MODE, Prompts

pytest_plugins = ["mlflow_pages"]
pytestmark = [pytest.mark.mlflow, pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")]

# An application of the server's: its client has no plugin, only the URL.
APPLICATION = """
import mlflow

experiment = mlflow.set_experiment("newsroom").experiment_id
mlflow.genai.register_prompt("newsroom.digest", "Summarise: {{article}}", commit_message="From the newsroom")

@mlflow.trace
def digest(article):
    return mlflow.genai.load_prompt("prompts:/newsroom.digest/1").format(article=article)

with mlflow.start_run(run_name="evening-edition") as run:
    digest("Bees are back")
mlflow.flush_trace_async_logging()
print("\\n" + experiment + " " + run.info.run_id)
"""


def newsroom(prompts: Prompts) -> tuple[str, str]:
    """Run the application; the ids of its experiment and its run."""
    env = environment(MLFLOW_TRACKING_URI=prompts.server.url, MLFLOW_DISABLE_TELEMETRY="true")
    line = [sys.executable, "-c", APPLICATION]
    done = subprocess.run(line, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    experiment, run = done.stdout.splitlines()[-1].split()
    return experiment, run


def test_an_experiment_shows_its_prompts_with_traces_and_runs_and_no_others(prompts: Prompts) -> None:
    page, name = prompts.page, "newsroom.headline"
    experiment, run = newsroom(prompts)
    prompts.go(f"experiments/{experiment}/prompts")
    page.see("newsroom", "newsroom.digest")
    page.lose("news.headline")
    prompts.create("Create prompt", "Headline: {{article}}", "In the experiment", name)
    page.see("Viewing version 1", "In the experiment")
    prompts.go(f"experiments/{experiment}/prompts")
    page.see(name)
    page.click("a", "newsroom.digest")
    page.see("Viewing version 1", "From the newsroom")
    page.click(MODE, "Traces")
    page.see("Bees are back")
    prompts.go(f"experiments/{experiment}/runs/{run}")
    page.see("evening-edition", "Registered prompts")
    page.click("a", "newsroom.digest (v1)")
    page.see("Viewing version 1", "Summarise: {{article}}")
    linked = json.loads((prompts.git.path / ".git" / "promptgit" / "mlflow-experiments.json").read_text())
    assert linked == {"newsroom.digest": [experiment], name: [experiment]}
    done = ("newsroom.digest: created", "From the newsroom", f"{name}: created", "In the experiment")
    assert prompts.log == [f"Prompt server: {subject}" for subject in done]  # and none for a link


def test_an_experiment_without_prompts_shows_none_and_opens_those_of_others(prompts: Prompts) -> None:
    page = prompts.page
    experiment = prompts.server.ask("POST", "experiments/create", {"name": "archive"})["experiment_id"]
    prompts.go(f"experiments/{experiment}/prompts")
    page.see("archive", "Create your first prompt")
    prompts.go(f"experiments/{experiment}/prompts/news.headline")
    page.see("archive", "Viewing version 1", "Write a headline")
    assert prompts.log == []
