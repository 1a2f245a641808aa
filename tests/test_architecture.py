"""The layers of DESIGN.md, as a test: imports point down only, and each outside library has its sole importers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "promptgit"

LAYERS: list[set[str]] = [
    {"errors", "record", "sanitise", "observers"},
    {"problems"},
    {"layout", "uri", "templates", "changeset", "resources", "search"},
    {"stamp", "gitrepo", "document", "schema", "content", "faults", "model"},
    {"source"},
    {"aliases", "cache", "config", "catalog", "trust"},
    {"engine", "checks"},
    {"registry", "remote", "review", "interop", "callers"},
    {"api"},
    {"genai"},
    {"cli", "__main__", "hooks", "integrations", "watch"},
]
LEVEL = {unit: level for level, units in enumerate(LAYERS) for unit in units}

# Values are handed upwards: a module below may name the type of one above, it does not import it when it runs.
SOLE_IMPORTERS = {
    "git": {"gitrepo"},
    "yaml": {"document"},
    "jsonschema": {"schema"},
    "referencing": {"schema"},
    "jinja2": {"templates"},
    "click": {"cli"},
    "rich": {"cli"},
    "watchdog": {"watch"},
    "opentelemetry": {"integrations"},
    "mlflow": {"integrations", "interop"},
    "subprocess": {"gitrepo", "cli"},
}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def unit_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def run_time_imports(path: Path) -> list[tuple[str, int]]:
    """The dotted names that a module imports when it runs, at any depth, without those under `if TYPE_CHECKING`."""
    found: list[tuple[str, int]] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                visit(other)
            return
        if isinstance(node, ast.Import):
            found.extend((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "promptgit":
                found.extend((f"promptgit.{alias.name}", node.lineno) for alias in node.names)
            else:
                found.append((node.module, node.lineno))
        for inner in ast.iter_child_nodes(node):
            visit(inner)

    visit(ast.parse(path.read_text()))
    return found


def test_every_module_stands_in_a_layer() -> None:
    assert {unit_of(path) for path in modules()} - LEVEL.keys() == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down_only(path: Path) -> None:
    own = unit_of(path)
    for name, line in run_time_imports(path):
        parts = name.split(".")
        if parts[0] != "promptgit" or len(parts) < 2 or parts[1].startswith("_") or parts[1] == own:
            continue
        other = parts[1] if parts[1] in LEVEL else "api"  # a name that promptgit/__init__ hands on
        assert LEVEL[other] <= LEVEL[own], f"{path.name}:{line} imports {name}, which stands above it"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_an_outside_library_is_imported_by_its_sole_importers(path: Path) -> None:
    for name, line in run_time_imports(path):
        allowed = SOLE_IMPORTERS.get(name.split(".")[0])
        assert allowed is None or unit_of(path) in allowed, f"{path.name}:{line} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_edges_print_or_exit(path: Path) -> None:
    if unit_of(path) in ("cli", "__main__"):
        return
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & {"print", "exit", "quit", "input"} == set()


def loaded_by(code: str) -> set[str]:
    line = f"import sys; {code}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True).stdout.split())


def test_importing_promptgit_imports_nothing_else() -> None:
    assert {name for name in loaded_by("import promptgit") if name.startswith("promptgit")} == {"promptgit"}


HEAVY = {
    "git",
    "gitdb",
    "jsonschema",
    "watchdog",
    "jinja2",
    "click",
    "rich",
    "dataclasses",
    "typing",
    "inspect",
    "subprocess",
    "yaml",
    "re",
}


def test_a_working_tree_load_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "prompts/faq").mkdir(parents=True)
    (tmp_path / "promptgit.yaml").write_text("format: 1\n")
    (tmp_path / "prompts/faq/1.yaml").write_text(
        "template: |\n  Answer {{question}}.\nmodel_config: {temperature: 0.2}\n"
    )
    (tmp_path / "prompts/faq/aliases.yaml").write_text("production: 1\n")
    code = f"from promptgit import Registry; Registry({str(tmp_path)!r}).load('faq@production').format(question='x')"
    assert loaded_by(code) & HEAVY == set()


def test_every_exported_name_exists_and_is_listed() -> None:
    import promptgit

    for name in promptgit.__all__:
        assert getattr(promptgit, name) is not None
    assert dir(promptgit) == sorted(promptgit.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = promptgit.nothing  # type: ignore[attr-defined]
