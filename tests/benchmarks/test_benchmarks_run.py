"""The benchmarks still run. What they measure is never asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_quick_form_measures_promptgit_alone(tmp_path: Path) -> None:
    line = [
        sys.executable,
        str(ROOT / "benchmarks/run.py"),
        "--quick",
        "--rounds",
        "1",
        "--json",
        str(tmp_path / "out.json"),
    ]
    done = subprocess.run([*line, "--work", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "out.json").read_text())["promptgit_side.py"]
    assert all(value >= 0 for values in figures.values() for value in values)
    assert "| load by alias, hot |" in done.stdout


def test_the_quick_form_of_the_remote_benchmark_measures_promptgit_alone(tmp_path: Path) -> None:
    line = [sys.executable, str(ROOT / "benchmarks/remote.py"), "--quick", "--rounds", "1"]
    done = subprocess.run([*line, "--json", str(tmp_path / "out.json")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "out.json").read_text())["promptgit"]
    assert all(value >= 0 for values in figures.values() for value in values)
    assert "| load by alias, hot |" in done.stdout


def test_the_projects_readme_has_the_figures_without_the_aims() -> None:
    benchmarks, project = ((ROOT / path).read_text() for path in ("benchmarks/README.md", "README.md"))
    rows = [row.split("|") for row in benchmarks.splitlines() if row.count("|") == 6]
    assert len(rows) > 20
    assert all("|".join([*row[:-2], ""]) in project for row in rows)
    assert "missed" not in project


@pytest.mark.mlflow
def test_the_quick_form_of_the_plugin_benchmark_measures_all_three() -> None:
    pytest.importorskip("mlflow")
    line = [sys.executable, str(ROOT / "benchmarks/plugin.py"), "--quick", "--rounds", "1"]
    done = subprocess.run([*line, "--mlflow-python", sys.executable], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [row.split("|") for row in done.stdout.splitlines() if row.startswith("| move an alias")]
    assert [len([cell for cell in row if cell.strip()]) for row in rows] == [4]
