"""The wheel is whole: installed elsewhere it brings its schemas and the registry template, and it works."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without the network."""
    folder = tmp_path_factory.mktemp("dist")
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_holds_code_types_schemas_and_template_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"promptgit/__init__.py", "promptgit/py.typed", "promptgit/cli/main.py"} <= names
    assert "promptgit/_data/schemas/version.schema.json" in names
    assert "promptgit/_data/registry-template/promptgit.yaml" in names
    assert "promptgit/_data/registry-template/.gitattributes" in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"promptgit"}


def test_an_installed_promptgit_makes_and_reads_a_registry(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(place)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    env = {**os.environ, "PYTHONPATH": str(place)}

    def run(*args: str) -> str:
        done = subprocess.run(args, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    code = "from promptgit import resources; print(resources.folder('schemas'))"
    assert run(sys.executable, "-c", code).startswith(str(place))
    assert run(sys.executable, "-m", "promptgit", "--version").startswith("promptgit ")
    run(sys.executable, "-m", "promptgit", "init", "prompts")
    assert "support.refunds" in run(sys.executable, "-m", "promptgit", "-C", "prompts", "list")
    assert (tmp_path / "prompts/.promptgit/schemas/version.schema.json").exists()
    doctor = run(sys.executable, "-m", "promptgit", "-C", "prompts", "doctor")
    assert "sound" in doctor
