"""`promptgit export mlflow`: the same versions under the same numbers, and a word for what MLflow has no place for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commandline import Cli
from mlflow_support import Mlflow

from promptgit import Registry
from promptgit.errors import PromptNotFoundError
from promptgit.interop.mlflow.connection import Connection
from promptgit.interop.mlflow.exporting import MlflowExport, export_prompts

pytest_plugins = ["mlflow_databases"]
pytestmark = pytest.mark.mlflow


def send(registry: Registry, mlflow: Mlflow, *names: str, **options: Any) -> MlflowExport:
    return export_prompts(registry, Connection(mlflow.uri), names, **options)


def said(report: MlflowExport) -> str:
    return "\n".join(str(problem) for problem in report.problems)


def test_versions_keep_numbers_messages_tags_and_aliases(refunds: Registry, mlflow: Mlflow) -> None:
    refunds.set_description("support.refunds", "Answers about refunds")
    refunds.set_tag("support.refunds", "team", "billing")
    refunds.set_version_tag("support.refunds", 2, "reviewed", "yes")
    report = send(refunds, mlflow)
    assert (report.versions, report.aliases, [problem.code for problem in report.problems]) == (
        3,
        1,
        ["mlflow-authors"],
    )
    client = mlflow.client
    first = client.get_prompt_version("support.refunds", 1)
    assert (first.template, first.commit_message) == ("Answer briefly.\n\nQuestion: {{question}}\n", "Answer briefly")
    assert first.aliases == ["production"]
    assert client.get_prompt_version("support.refunds", 2).tags == {"reviewed": "yes"}
    found = client.get_prompt("support.refunds")
    assert (found.description, found.tags) == ("Answers about refunds", {"team": "billing"})


def test_a_number_that_is_free_here_is_used_up_there(refunds: Registry, mlflow: Mlflow) -> None:
    refunds.delete_version("support.refunds", 2)
    refunds.delete_version("support.refunds", 3)
    report = send(refunds, mlflow)
    assert (report.versions, report.placeholders) == (1, 0)
    refunds.register("support.refunds", "Fourth")
    assert send(refunds, mlflow, dry_run=True).placeholders == 2
    assert send(refunds, mlflow).placeholders == 2
    assert mlflow.client.get_prompt_version("support.refunds", 4).template == "Fourth"
    assert [version.version for version in mlflow.client.search_prompt_versions("support.refunds")] == [4, 1]


def test_numbers_that_mlflow_has_used_up_already_are_no_trouble(refunds: Registry, mlflow: Mlflow) -> None:
    send(refunds, mlflow)
    for number in (2, 3):
        refunds.delete_version("support.refunds", number)
        mlflow.client.delete_prompt_version("support.refunds", str(number))
    refunds.register("support.refunds", "Fourth")
    report = send(refunds, mlflow)
    assert (report.versions, report.placeholders) == (1, 0)
    assert [version.version for version in mlflow.client.search_prompt_versions("support.refunds")] == [4, 1]


def test_running_it_again_adds_only_what_is_new(refunds: Registry, mlflow: Mlflow) -> None:
    send(refunds, mlflow)
    again = send(refunds, mlflow)
    assert (again.versions, again.skipped, again.aliases, again.problems) == (0, 3, 0, ())
    refunds.set_version_tag("support.refunds", 1, "reviewed", "yes")
    refunds.register("support.refunds", "Fourth", model_config={"temperature": 0})
    refunds.set_alias("support.refunds", "staging", 4)
    more = send(refunds, mlflow)
    assert (more.versions, more.skipped, more.aliases) == (1, 3, 1)
    assert mlflow.client.get_prompt_version("support.refunds", 1).tags == {"reviewed": "yes"}
    assert send(refunds, mlflow).skipped == 4


def test_what_differs_is_reported_and_never_overwritten(refunds: Registry, mlflow: Mlflow) -> None:
    refunds.set_description("support.refunds", "Ours")
    mlflow.register("support.refunds", "Theirs", "Theirs too")
    mlflow.client.set_prompt_alias("support.refunds", "production", 2)
    report = send(refunds, mlflow)
    assert [version.version for version in mlflow.client.search_prompt_versions("support.refunds")] == [3, 2, 1]
    assert mlflow.client.get_prompt_version("support.refunds", 1).template == "Theirs"
    assert mlflow.client.get_prompt_version_by_alias("support.refunds", "production").version == 2
    assert [problem.code for problem in report.problems if problem.severity == "error"] == [
        "mlflow-differs",
        "mlflow-differs",
        "mlflow-alias",
    ]
    assert "its description in MLflow is another one" in said(report)


def test_an_alias_that_leads_elsewhere_there_is_not_moved(refunds: Registry, mlflow: Mlflow) -> None:
    send(refunds, mlflow)
    mlflow.client.set_prompt_alias("support.refunds", "production", 3)
    assert "its alias production is 1 here and 3 in MLflow; it was not moved" in said(send(refunds, mlflow))
    assert mlflow.client.get_prompt_version_by_alias("support.refunds", "production").version == 3


def test_what_mlflow_has_no_place_for_is_said(registry: Registry, mlflow: Mlflow) -> None:
    registry.register("greet", "{name}", syntax="single-brace", variables={"name": {"default": "Ada"}})
    registry.register("greet", "{{ name }}", syntax="jinja2", tools=[{"type": "function"}])
    registry.register(
        "greet", "100{%d%} sure", syntax="double-brace", tags={"mlflow.prompt.text": "evil", "bad'key": "x"}
    )
    registry.set_alias("greet", "experiment", {1: 50, 2: 50})
    shown = said(send(registry, mlflow))
    for loss in (
        "greet/1: warning: MLflow has no place for its variables",
        "greet/1: warning: its syntax is single-brace",
        "greet/2: warning: MLflow has no place for its tools",
        "greet/2: warning: its syntax is jinja2, and MLflow will take it for double-brace",
        "greet/3: warning: its syntax is double-brace, and MLflow will take it for jinja2",
        "greet/3: warning: its tag mlflow.prompt.text is one of MLflow's own",
        "greet/3: warning: MLflow refuses its tag bad'key",
        "greet: error: its alias experiment splits traffic (1=50 2=50)",
    ):
        assert loss in shown
    assert mlflow.client.get_prompt_version("greet", 3).template == "100{%d%} sure"


def test_what_mlflow_refuses_keeps_its_number_free(registry: Registry, mlflow: Mlflow) -> None:
    registry.register("triage", [{"role": "user", "content": "{{mail}}"}, {"placeholder": "history"}])
    registry.register("triage", "x" * 100_001)
    registry.register("triage", "Sort: {{mail}}")
    registry.set_alias("triage", "production", 1)
    report = send(registry, mlflow)
    assert (report.versions, report.placeholders) == (1, 2)
    assert mlflow.client.get_prompt_version("triage", 3).template == "Sort: {{mail}}"
    assert [version.version for version in mlflow.client.search_prompt_versions("triage")] == [3]
    assert "MLflow cannot have it" in said(report)
    assert "triage/2: error: MLflow refuses it" in said(report)
    assert "its alias production is left out: MLflow has no version 1 as it is here" in said(report)


def test_a_prompt_that_lost_its_last_versions_there_is_left_as_it_was(refunds: Registry, mlflow: Mlflow) -> None:
    send(refunds, mlflow)
    mlflow.client.delete_prompt_version("support.refunds", "3")
    report = send(refunds, mlflow)
    assert "MLflow would call it version 4" in said(report)
    assert "MLflow would call it version 5" in said(send(refunds, mlflow))
    assert [version.version for version in mlflow.client.search_prompt_versions("support.refunds")] == [2, 1]


def test_what_a_killed_export_left_under_a_wrong_number_is_cleared_away(refunds: Registry, mlflow: Mlflow) -> None:
    refunds.delete_version("support.refunds", 2)
    mlflow.register("support.refunds", "Answer briefly.\n\nQuestion: {{question}}\n")
    text = refunds.load("support.refunds", 3).template
    mlflow.register("support.refunds", text, tags={"promptgit.number": "3"})  # number 2, killed before it was deleted
    assert send(refunds, mlflow, dry_run=True).versions == 1
    report = send(refunds, mlflow)
    assert (report.versions, report.skipped) == (1, 1)
    assert [version.version for version in mlflow.client.search_prompt_versions("support.refunds")] == [3, 1]
    mlflow.client.set_prompt_version_tag(
        "support.refunds", 3, "promptgit.number", "3"
    )  # killed before it was taken away
    assert send(refunds, mlflow).problems == ()
    assert mlflow.client.get_prompt_version("support.refunds", 3).tags == {}


def test_a_version_that_cannot_be_read_here_is_left_out_on_every_run(refunds: Registry, mlflow: Mlflow) -> None:
    send(refunds, mlflow)
    Path(refunds.path, "prompts/support/refunds/2.yaml").write_text("template: [broken\n")
    report = send(refunds, mlflow)
    assert "support.refunds/2: error: it cannot be read" in said(report)
    assert report.skipped == 2


def test_a_name_that_is_a_model_there_is_left_out(refunds: Registry, mlflow: Mlflow) -> None:
    mlflow.client.create_registered_model("support.refunds")
    refunds.register("triage", "Sort: {{mail}}")
    report = send(refunds, mlflow)
    assert "prompts:/support.refunds: error: MLflow refuses it" in said(report)
    assert report.versions == 1


def test_a_dry_run_says_the_same_and_writes_nothing(refunds: Registry, mlflow: Mlflow) -> None:
    refunds.delete_version("support.refunds", 2)
    planned = send(refunds, mlflow, dry_run=True)
    assert mlflow.state() == {}
    assert planned == send(refunds, mlflow)


def test_a_prompt_that_is_not_here_stops_everything(refunds: Registry, mlflow: Mlflow) -> None:
    with pytest.raises(PromptNotFoundError, match="nothing"):
        send(refunds, mlflow, "support.refunds", "nothing")
    assert mlflow.state() == {}


def test_the_command_exports_and_says_what_it_did(cli: Cli, mlflow: Mlflow) -> None:
    assert (
        cli("export", "mlflow", mlflow.uri, "--dry-run").out == "would export 3 versions and 1 aliases of 1 prompts\n"
    )
    shown = cli("export", "mlflow", mlflow.uri, "--prompt", "support.refunds")
    assert shown.out == "exported 3 versions and 1 aliases of 1 prompts\n"
    assert "MLflow takes neither author nor time" in shown.err
    report = cli("export", "mlflow", mlflow.uri, "--json").json
    assert (report["versions"], report["skipped"], report["problems"]) == (0, 3, [])


def test_a_dry_run_into_a_database_that_is_not_there_yet_makes_none(
    cli: Cli, refunds: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(refunds.path)
    refunds.set_alias("support.refunds", "experiment", {2: 90, 3: 10})
    shown = cli("export", "mlflow", "sqlite:///new.db", "--dry-run", code=1)
    assert shown.out == "would export 3 versions and 1 aliases of 1 prompts\n"
    assert "its alias experiment splits traffic" in shown.err
    one = cli("export", "mlflow", "sqlite:///new.db", "--prompt", "support.refunds", "--dry-run", code=1)
    assert one.out == shown.out
    assert not list(tmp_path.rglob("new.db"))
    nowhere = cli("export", "mlflow", "sqlite:///nowhere/new.db", "--dry-run", code=1)
    assert "there is no database at nowhere/new.db" in nowhere.err
