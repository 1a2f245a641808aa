"""`promptgit import mlflow`: times, authors and numbers; what cannot be carried is said, and nothing is overwritten."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import json
import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import Cli
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow_support import Mlflow
from support import CONFIG, Git, git_init

from promptgit import Registry
from promptgit.errors import InvalidDocumentError, InvalidReferenceError, VersionNotFoundError
from promptgit.interop.mlflow import connection, content, reading
from promptgit.interop.mlflow.connection import Connection, require_no_password
from promptgit.interop.mlflow.importing import Choices, MlflowImport, import_prompts
from promptgit.interop.mlflow.reading import MlflowPrompt, MlflowVersion
from promptgit.sanitise import sanitise_line

pytest_plugins = ["mlflow_databases"]
REFUNDS = "Answer kindly.\n\nQuestion: {{question}}\n"
CHAT = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{question}}", "name": "ada"}]


def prompt(name: str = "support.refunds", *templates: Any, **more: Any) -> MlflowPrompt:
    """A prompt as MLflow would give it; its versions are a minute apart."""
    versions = {
        number: MlflowVersion(template=template, created=1_700_000_000_123 + 60_000 * number)
        for number, template in enumerate(templates or (REFUNDS,), 1)
        if template is not None
    }
    return MlflowPrompt(**{"name": name, "versions": versions, **more})


def bring(registry: Registry, *prompts: MlflowPrompt, **choices: Any) -> MlflowImport:
    return import_prompts(registry, prompts, Choices(**choices))


def said(report: MlflowImport) -> str:
    return "\n".join(str(problem) for problem in report.problems)


# --- what is carried --------------------------------------------------------------------------------------------------


@pytest.mark.mlflow
def test_everything_that_mlflow_keeps_arrives(registry: Registry, git: Git, mlflow: Mlflow) -> None:
    mlflow.client.create_prompt("support.refunds", "Answers about refunds", {"team": "billing"})
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    mlflow.register("support.refunds", REFUNDS, description="First\n\nAs discussed.", tags={"reviewed": "yes"})
    mlflow.register("support.refunds", CHAT, response_format=schema, model_config={"model_name": "gpt-5", "seed": 1})
    mlflow.client.set_prompt_alias("support.refunds", "production", 1)
    (there,) = mlflow.read()
    report = import_prompts(registry, [there])
    assert (report.versions, report.prompts, report.aliases, report.problems) == (2, 1, 1, ())
    first, second = registry.load("support.refunds@production"), registry.load("support.refunds")
    assert (first.version, first.template, first.tags) == (1, REFUNDS, {"reviewed": "yes"})
    assert first.commit_message == "First\n\nAs discussed."
    made = datetime.datetime.fromtimestamp(there.versions[1].created // 1000, datetime.UTC)
    assert (first.created_at, first.author) == (made, content.UNKNOWN)
    assert (second.template, second.response_format) == (CHAT, schema)
    assert second.model_config == {"model_name": "gpt-5", "seed": 1}
    assert second.commit_message == "support.refunds: version 2"
    found = registry.get("support.refunds")
    assert (found.description, found.tags) == ("Answers about refunds", {"team": "billing"})
    git.assert_sound()


def test_versions_of_all_prompts_come_in_the_order_of_their_times(registry: Registry, git: Git) -> None:
    one, two = MlflowVersion(template="1", created=3_000), MlflowVersion(template="2", created=1_000)
    other = MlflowVersion(template="3", created=2_000)
    report = bring(registry, prompt("late", versions={1: one, 2: two}), prompt("early", versions={1: other}))
    assert report.versions == 3
    subjects = git("log", "--reverse", "--format=%s %at").splitlines()[1:]
    assert subjects == ["early: version 1 2", "late: version 1 3", "late: version 2 1"]
    times = [int(line) for line in git("log", "--reverse", "--format=%ct").splitlines()[1:]]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("user", "author"),
    [
        ("", "unknown <unknown@mlflow>"),
        ("ann", "ann <ann@mlflow>"),
        ("ann@example.com", "ann <ann@example.com>"),
        ("Ann Lee", "Ann Lee <Ann-Lee@mlflow>"),
        ("Ann Lee <ann@example.com>", "Ann Lee <ann@example.com>"),
        ("<evil>\nx", "evil x <evil-x@mlflow>"),
        ("???", "??? <unknown@mlflow>"),
    ],
)
def test_a_user_of_mlflow_becomes_an_author_of_git(registry: Registry, user: str, author: str) -> None:
    bring(registry, prompt(versions={1: MlflowVersion(template=REFUNDS, user=user)}))
    assert registry.load("support.refunds").author == author


def test_a_version_without_a_time_is_of_now(registry: Registry) -> None:
    bring(registry, prompt(versions={1: MlflowVersion(template=REFUNDS)}))
    created = registry.load("support.refunds").created_at
    assert created is not None
    assert created.year > 2025


def test_a_deleted_version_leaves_a_tombstone_and_keeps_the_other_numbers(registry: Registry, git: Git) -> None:
    report = bring(registry, prompt("support.refunds", "one", None, "three"))
    assert (report.versions, report.tombstones, report.problems) == (2, 1, ())
    assert registry.versions("support.refunds") == [1, 3]
    with pytest.raises(VersionNotFoundError, match="deleted in MLflow"):
        registry.load("support.refunds", 2)
    assert "prompt.yaml" not in git("show", "--stat", "--format=", "HEAD~1")  # it comes with the version after it
    assert registry.register("support.refunds", "four").version == 4


def test_a_prompt_without_versions_is_made(registry: Registry, git: Git) -> None:
    bring(
        registry, prompt("empty", versions={}, created=1_600_000_000_000), prompt("told", versions={}, tags={"a": "b"})
    )
    assert registry.prompts() == ["empty", "told"]
    assert registry.tags("told") == {"a": "b"}
    assert git("log", "-1", "--format=%at", "--", "prompts/empty") == "1600000000"
    assert bring(registry, prompt("empty", versions={})).commit == git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("template", "syntax"),
    [
        ("{% if name %}{{ name }}{% endif %}", "jinja2"),
        ("{{ name | upper }} and {{ user.name }}", "double-brace"),
        ([{"role": "user", "content": "{% if a %}b{% endif %}"}], "jinja2"),
        ([{"role": "user", "content": [{"type": "text", "text": "{% if a %}b{% endif %}"}]}], "double-brace"),
        ("%} {%", "double-brace"),
    ],
)
def test_jinja2_is_what_mlflow_formats_with_jinja2(registry: Registry, template: Any, syntax: str) -> None:
    bring(registry, prompt("greeting", template))
    assert (registry.load("greeting").syntax, registry.load("greeting").template) == (syntax, template)


@pytest.mark.parametrize("text", ["100{%d%} sure", "%} is no end, {% no start"])
def test_what_mlflow_takes_for_jinja2_and_is_none_is_kept_as_text(registry: Registry, text: str) -> None:
    report = bring(registry, prompt("latex", text))
    assert (registry.load("latex").syntax, registry.load("latex").template) == ("double-brace", text)
    assert "MLflow takes its {% for Jinja2" in said(report)


def test_tags_of_mlflow_itself_are_translated_and_not_copied(registry: Registry) -> None:
    tags = {"mlflow.user": "ann", "mlflow.prompt.run_ids": "1", "team": "billing"}
    version = MlflowVersion(template=REFUNDS, tags=tags, user="ann")
    report = bring(registry, prompt(versions={1: version}, tags={"_mlflow_experiment_ids": ",0,", "a": "b"}))
    assert registry.load("support.refunds").tags == {"team": "billing"}
    assert registry.tags("support.refunds") == {"a": "b"}
    assert [problem.severity for problem in report.problems] == ["warning", "warning"]
    assert "mlflow.prompt.run_ids" in said(report)
    assert "_mlflow_experiment_ids" in said(report)
    assert "mlflow.user" not in said(report)


@settings(max_examples=6)
@given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=15), description=st.text(max_size=20))
def test_any_text_arrives(tmp_path_factory: pytest.TempPathFactory, texts: list[str], description: str) -> None:
    registry = Registry(git_init(tmp_path_factory.mktemp("texts") / "registry").path)
    bring(registry, prompt("support.refunds", *texts, description=description))
    assert [registry.load("support.refunds", version).template for version in range(1, len(texts) + 1)] == texts
    assert registry.get("support.refunds").description == description


# --- what is not ------------------------------------------------------------------------------------------------------


def test_parts_that_are_not_valid_here_are_left_behind_and_the_text_is_kept(registry: Registry) -> None:
    version = MlflowVersion(
        template=REFUNDS,
        response_format=["no", "schema"],
        model_config={"temperature": "hot"},
        tags={"team": "billing"},
    )
    report = bring(registry, prompt(versions={1: version}))
    loaded = registry.load("support.refunds")
    assert (loaded.template, loaded.tags, loaded.model_config) == (REFUNDS, {"team": "billing"}, None)
    assert [problem.code for problem in report.problems] == ["mlflow-model-config", "mlflow-response-format"]
    assert {problem.severity for problem in report.problems} == {"warning"}
    again = bring(registry, prompt(versions={1: version}))
    assert (again.versions, again.skipped) == (0, 1)


def test_a_version_that_is_not_valid_here_keeps_its_number_free(registry: Registry) -> None:
    bad = [{"role": "user", "content": None}]
    report = bring(registry, prompt("triage", "one", bad, "three", aliases={"staging": 2}))
    assert (registry.versions("triage"), report.tombstones) == ([1, 3], 1)
    assert "prompts:/triage/2: error: it cannot be carried" in said(report)
    assert "its alias staging is left out: version 2 is not here" in said(report)
    again = bring(registry, prompt("triage", "one", bad, "three"))
    assert (again.versions, again.tombstones) == (0, 0)
    assert "not carried from MLflow" in said(again)


@pytest.mark.mlflow
def test_a_version_that_mlflow_cannot_read_does_not_hide_the_others(registry: Registry, mlflow: Mlflow) -> None:
    mlflow.register("triage", "one")
    with pytest.raises(ValueError, match="role and content"):
        mlflow.register("triage", [{"content": "nobody says it"}])
    mlflow.register("triage", "three")
    report = import_prompts(registry, mlflow.read())
    assert (registry.versions("triage"), report.tombstones) == ([1, 3], 1)
    assert "MLflow has it and cannot read it" in said(report)


@pytest.mark.mlflow
def test_what_is_pushed_over_the_edge_of_a_page_does_not_pass_for_deleted(
    registry: Registry, mlflow: Mlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow.register("faq", "one", "two")
    mlflow.register("triage", "one", "two", "three")
    monkeypatch.setattr(connection, "_PAGE", 2)

    class Busy(Connection):
        def versions(self, name: str | None = None) -> Iterator[tuple[str, int, Any]]:
            for place, found in enumerate(super().versions(name)):
                if name is None and place == 1:  # the first page is read; now the second begins one later
                    mlflow.client.delete_prompt_version("faq", "1")
                yield found

    import_prompts(registry, reading.read(Busy(mlflow.uri)))
    assert registry.versions("triage") == [1, 2, 3]


@pytest.mark.parametrize("name", ["con", "a..b", "-x", "x" * 129, "refunds\n"])
def test_a_name_that_is_refused_is_reported_with_the_way_out_and_the_rest_goes_on(
    registry: Registry, name: str
) -> None:
    report = bring(registry, prompt(name), prompt("zebra"))
    assert registry.prompts() == ["zebra"]
    assert f"--rename {sanitise_line(name)}=NEW" in said(report)
    assert bring(registry, prompt(name), rename={name: "better"}).versions == 1
    assert registry.prompts() == ["better", "zebra"]


def test_names_that_differ_only_by_case_do_not_meet(registry: Registry) -> None:
    report = bring(registry, prompt("FAQ"), prompt("faq"), prompt("Faq.sub"), prompt("FAQ.other"))
    assert registry.prompts() == ["FAQ", "FAQ.other"]
    assert len(report.problems) == 2
    assert "differs from FAQ only by case" in said(report)
    assert bring(registry, prompt("faq")).versions == 0
    assert "another prompt" in said(bring(registry, prompt("a"), prompt("b"), rename={"b": "a"}))


@pytest.mark.parametrize("alias", ["latest", "7", "v3", "a..b"])
def test_an_alias_that_is_refused_is_reported_and_the_rest_goes_on(registry: Registry, alias: str) -> None:
    report = bring(registry, prompt(aliases={alias: 1, "production": 1}))
    assert list(registry.aliases("support.refunds")) == ["production"]
    assert f"its alias {alias} is left out" in said(report)
    assert "promptgit alias set support.refunds ALIAS 1" in said(report)


@pytest.mark.parametrize("update", [False, True])
def test_an_alias_that_mlflow_has_not_or_no_more_stays_and_is_told_of(registry: Registry, update: bool) -> None:
    bring(registry, prompt("support.refunds", REFUNDS, REFUNDS, aliases={"production": 1, "staging": 2}))
    registry.set_alias("support.refunds", "experiment", {1: 90, 2: 10})
    report = bring(registry, prompt("support.refunds", REFUNDS, REFUNDS, aliases={"staging": 2}), update=update)
    assert sorted(registry.aliases("support.refunds")) == ["experiment", "production", "staging"]
    assert {problem.severity for problem in report.problems} == {"warning"}
    assert "its alias production is 1 here, and MLflow has no such alias; it stays" in said(report)
    assert "promptgit alias rm support.refunds production" in said(report)
    assert "its alias experiment is 1=90 2=10 here" in said(report)


def test_aliases_that_differ_only_by_case_do_not_meet(registry: Registry) -> None:
    report = bring(registry, prompt(aliases={"Production": 1, "production": 1}))
    assert list(registry.aliases("support.refunds")) == ["Production"]
    assert "differs from Production only by case" in said(report)


def test_a_commit_message_that_git_cannot_carry_is_left_out(registry: Registry) -> None:
    version = MlflowVersion(template=REFUNDS, description="a\0b")
    report = bring(registry, prompt(versions={1: version}))
    assert registry.load("support.refunds").commit_message == "support.refunds: version 1"
    assert "its commit message is left out" in said(report)


def test_blanks_around_a_commit_message_go_and_that_is_said(registry: Registry) -> None:
    versions = {1: MlflowVersion(template=REFUNDS, description="  Shorter\r\n\r\nAs asked.\n\n")}
    report = bring(registry, prompt(versions=versions))
    assert registry.load("support.refunds").commit_message == "Shorter\r\n\r\nAs asked."
    assert "blanks around its commit message are left out" in said(report)


# --- again ------------------------------------------------------------------------------------------------------------


def test_running_it_again_adds_only_what_is_new(registry: Registry, git: Git) -> None:
    bring(registry, prompt("support.refunds", "one", None, "three", aliases={"production": 1}))
    before = git("rev-parse", "HEAD")
    again = bring(registry, prompt("support.refunds", "one", None, "three", aliases={"production": 1}))
    assert (again.versions, again.skipped, again.aliases, again.tombstones) == (0, 2, 0, 0)
    assert git("rev-parse", "HEAD") == before
    more = bring(registry, prompt("support.refunds", "one", None, "three", None, "five", aliases={"staging": 5}))
    assert (more.versions, more.skipped, more.aliases, more.tombstones) == (1, 2, 1, 1)
    assert registry.versions("support.refunds") == [1, 3, 5]


def test_what_differs_is_reported_and_never_overwritten(registry: Registry, git: Git) -> None:
    registry.register("support.refunds", "Ours", tags={"team": "ours"})
    registry.set_alias("support.refunds", "production", 1)
    registry.set_description("support.refunds", "Ours")
    theirs = prompt(
        "support.refunds", "Theirs", "Second", aliases={"production": 2, "staging": 1}, description="Theirs"
    )
    report = bring(registry, theirs)
    assert [problem.code for problem in report.problems if problem.severity == "error"] == [
        "mlflow-differs",
        "mlflow-alias",
        "mlflow-alias",
    ]
    assert registry.load("support.refunds", 1).template == "Ours"
    assert registry.load("support.refunds", 2).template == "Second"
    assert registry.load("support.refunds@production").version == 1
    assert registry.get("support.refunds").description == "Ours"
    assert "promptgit alias set support.refunds production 2" in said(report)
    git.assert_sound()


def test_tags_that_are_new_are_added_and_others_stay(registry: Registry) -> None:
    bring(registry, prompt(versions={1: MlflowVersion(template=REFUNDS, tags={"team": "a"})}, tags={"x": "1"}))
    later = MlflowVersion(template=REFUNDS, tags={"team": "b", "reviewed": "yes"})
    report = bring(registry, prompt(versions={1: later}, tags={"x": "2", "y": "3"}))
    assert registry.load("support.refunds").tags == {"team": "a", "reviewed": "yes"}
    assert registry.tags("support.refunds") == {"x": "1", "y": "3"}
    assert [problem.code for problem in report.problems] == ["mlflow-tag", "mlflow-tag"]
    assert bring(registry, prompt(versions={1: later}, tags={"x": "2", "y": "3"})).commit == report.commit


def test_what_changed_in_mlflow_comes_along_on_request(registry: Registry, git: Git) -> None:
    first = MlflowVersion(template=REFUNDS, tags={"team": "a"})
    bring(
        registry, prompt(versions={1: first, 2: first}, tags={"x": "1"}, aliases={"production": 1}, description="Old")
    )
    later = MlflowVersion(template=REFUNDS, tags={"team": "b"})
    moved = prompt(versions={1: later, 2: first}, tags={"x": "2"}, aliases={"production": 2}, description="New")
    left = bring(registry, moved)
    assert (left.aliases, registry.load("support.refunds@production").version) == (0, 1)
    report = bring(registry, moved, update=True)
    assert (report.versions, report.aliases, report.problems) == (0, 1, ())
    assert registry.load("support.refunds@production").version == 2
    assert registry.load("support.refunds", 1).tags == {"team": "b"}
    assert (registry.get("support.refunds").description, registry.tags("support.refunds")) == ("New", {"x": "2"})
    assert git("log", "-1", "--format=%s") == "support.refunds: production 1 -> 2"
    assert bring(registry, moved, update=True).commit == report.commit


def test_versions_that_were_deleted_on_one_side_stay_as_they_are(registry: Registry) -> None:
    bring(registry, prompt("support.refunds", "one", "two", "three"))
    registry.delete_version("support.refunds", 1, message="it lied")
    report = bring(registry, prompt("support.refunds", "one", None, "three"))
    assert registry.versions("support.refunds") == [2, 3]
    assert "it was deleted here: it lied" in said(report)
    assert "promptgit delete support.refunds 2" in said(report)


# --- policies, other backends, remotes --------------------------------------------------------------------------------


def test_policies_hold_and_what_they_refuse_is_said(tmp_path: Path) -> None:
    config = CONFIG + (
        "policies:\n  naming: {pattern: 'support.*'}\n  aliases: {production: {protected: true}}\n"
        "  reserved_tags: ['ci.*']\n"
    )
    registry = Registry(git_init(tmp_path / "strict").path)
    Path(registry.path, "promptgit.yaml").write_text(config)
    Git(Path(registry.path))("commit", "-qam", "Policies")
    tagged = prompt("support.tagged", tags={"ci.run": "1"})
    named = prompt("support.refunds", aliases={"production": 1, "staging": 1})
    report = bring(registry, named, prompt("faq"), tagged)
    assert registry.prompts() == ["support.refunds"]
    assert list(registry.aliases("support.refunds")) == ["staging"]
    assert report.aliases == 1
    for reason in ("production is protected", "new prompts are called support.*", "ci.run is reserved"):
        assert reason in said(report)
    again = bring(registry, prompt("faq"), named, update=True, ignore_policies=True)
    assert (again.versions, again.aliases) == (1, 0)
    assert "faq: warning: it was let in against a policy" in said(again)
    assert "production is protected" in said(again)


STAGES = (
    "policies:\n  aliases:\n    archive: {protected: true}\n    beta: {through: production}\n"
    "    production: {through: staging, min_age_days: %s}\n    seasoned: {min_age_days: 30}\n    staging: {}\n"
)


@pytest.mark.parametrize("backend", ["", "aliases: tags\n"], ids=["file", "tags"])
@pytest.mark.parametrize(
    ("days", "refused"),
    [
        ("0", {"support.refunds@archive", "support.triage@production", "support.triage@beta"}),
        (
            "1",
            {"support.refunds@archive"}
            | {f"support.{n}@{a}" for n in ("refunds", "triage") for a in ("production", "beta")},
        ),
    ],
)
def test_a_dry_run_tells_which_aliases_the_policies_will_refuse(
    registry: Registry, git: Git, backend: str, days: str, refused: set[str]
) -> None:
    """`beta` comes before the stages in front of it in the alphabet, and is to be set after them all the same."""
    git.commit_file("promptgit.yaml", f"{CONFIG}{backend}{STAGES % days}")
    registry = Registry(git.path)
    stages = {"beta": 1, "production": 1, "staging": 1, "seasoned": 1}
    prompts = [
        prompt("support.refunds", aliases={**stages, "archive": 1}),
        prompt("support.triage", "one", "two", aliases={**stages, "staging": 2}),
    ]
    dry = import_prompts(registry, prompts, dry_run=True)
    assert registry.prompts() == []
    real = bring(registry, *prompts)
    assert (dry.aliases, said(dry)) == (real.aliases, said(real))
    kept = {f"{name}@{alias}" for name in registry.prompts() for alias in registry.aliases(name)}
    wanted = {f"{one.name}@{alias}" for one in prompts for alias in one.aliases}
    assert wanted - kept == refused


def test_policies_with_a_slip_stop_the_import(registry: Registry, git: Git) -> None:
    Path(registry.path, "promptgit.yaml").write_text(f"{CONFIG}policies: {{nameing: {{pattern: 'support.*'}}}}\n")
    git("commit", "-qam", "Policies")
    with pytest.raises(InvalidDocumentError, match="nameing"):
        bring(registry, prompt("faq"))
    assert registry.prompts() == []


def test_aliases_kept_as_tags_are_set_too(tmp_path: Path) -> None:
    git = git_init(tmp_path / "tags", config=CONFIG + "aliases: tags\n")
    registry = Registry(git.path)
    report = bring(registry, prompt("a", aliases={"production": 1}), prompt("b", aliases={"production": 1}))
    assert report.aliases == 2
    assert registry.load("b@production").version == 1
    assert git("tag", "--list").splitlines() == ["a@production/1", "b@production/1"]


def test_an_alias_of_many_prompts_is_one_commit(registry: Registry, git: Git) -> None:
    bring(registry, *(prompt(f"faq-{index}", aliases={"production": 1}) for index in range(5)))
    assert git("log", "-1", "--format=%s") == "production of 5 prompts, as in MLflow"
    assert git("rev-list", "--count", "HEAD") == "7"


def test_a_registry_in_a_folder_of_a_bare_repository_is_filled(tmp_path: Path) -> None:
    git = git_init(tmp_path / "bare.git", bare=True)
    registry = Registry(git.path)
    assert bring(registry, prompt(aliases={"production": 1})).versions == 1
    assert registry.load("support.refunds@production").template == REFUNDS


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.mlflow
def test_the_command_imports_and_says_what_it_did(cli: Cli, mlflow: Mlflow) -> None:
    mlflow.register("triage", "Sort: {{mail}}")
    mlflow.client.set_prompt_alias("triage", "production", 1)
    planned = cli("import", "mlflow", mlflow.uri, "--dry-run")
    assert planned.out == "would import 1 versions and 1 aliases of 1 prompts\n"
    cli("show", "triage", code=1)
    assert cli("import", "mlflow", mlflow.uri).out.startswith("imported 1 versions and 1 aliases of 1 prompts (")
    assert cli("show", "triage@production", "--json").json["template"] == "Sort: {{mail}}"
    assert "1 versions were there already" in cli("import", "mlflow", mlflow.uri).out


@pytest.mark.mlflow
def test_the_command_ends_with_1_if_something_was_left_out(cli: Cli, mlflow: Mlflow) -> None:
    mlflow.register("con", "Sort: {{mail}}")
    mlflow.register("triage", "Sort: {{mail}}")
    shown = cli("import", "mlflow", mlflow.uri, code=1)
    assert "prompts:/con: error: it is left out" in shown.err
    report = cli("import", "mlflow", mlflow.uri, "--json", code=1)
    assert report.err == ""
    assert [problem["prompt"] for problem in report.json["problems"]] == ["prompts:/con"]
    cli("import", "mlflow", mlflow.uri, "--rename", "con=console", "--author", "Ada <ada@example.com>")
    assert cli("log", "console", "--json").json[0]["author"] == "Ada"
    assert "only this one" in cli("import", "mlflow", mlflow.uri, "--prompt", "only this one", code=1).err
    assert "there is no prompt nothing" in cli("import", "mlflow", mlflow.uri, "--prompt", "nothing", code=1).err


def test_what_cannot_be_read_on_the_command_line_is_a_usage_error(cli: Cli) -> None:
    assert "is not OLD=NEW" in cli("import", "mlflow", "sqlite:///x.db", "--rename", "con", code=2).err
    assert "is not NAME <EMAIL>" in cli("import", "mlflow", "sqlite:///x.db", "--author", "ada", code=2).err


def test_without_mlflow_the_command_says_what_to_install(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mlflow.db").touch()
    for module in ("mlflow", "mlflow.tracking._model_registry.client"):
        monkeypatch.setitem(sys.modules, module, None)
    shown = cli("import", "mlflow", f"sqlite:///{tmp_path / 'mlflow.db'}", code=1)
    assert "MLflow is not installed here" in shown.err
    assert "pip install 'promptgit[mlflow]'" in shown.err


@pytest.mark.parametrize(
    "uri",
    [
        "https://ada:hunter2@mlflow.example.com",
        "postgresql+psycopg2://ada:hunter2@db.example.com/mlflow",
        "postgresql://db.example.com/mlflow?user=ada&password=hunter2",
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_shown(cli: Cli, uri: str) -> None:
    for command in ("import", "export"):
        shown = cli(command, "mlflow", uri, code=1)
        assert "there is a password in the URI" in shown.err
        assert "MLFLOW_REGISTRY_URI" in shown.err
        assert "hunter2" not in shown.err + shown.out
    require_no_password("https://mlflow.example.com:5000/prompts?x=y")


@pytest.mark.parametrize(
    "uri", ["", "mlflow.db", "promptgit:///x", "file:///mlruns", "databricks", "sqlite:///none.db"]
)
def test_a_uri_that_cannot_be_read_from_is_refused_and_nothing_is_made(tmp_path: Path, uri: str) -> None:
    with pytest.raises(InvalidReferenceError):
        Connection(uri)
    assert not Path("none.db").exists()


@pytest.mark.mlflow
def test_a_database_that_is_not_of_mlflow_is_left_as_it_is(cli: Cli, tmp_path: Path) -> None:
    invoices, empty = tmp_path / "invoices.db", tmp_path / "empty.db"
    empty.touch()
    with contextlib.closing(sqlite3.connect(invoices)) as database:
        database.execute("CREATE TABLE invoices (number INTEGER)")
    before = invoices.read_bytes()
    assert "has tables, but none of MLflow" in cli("import", "mlflow", f"sqlite:///{invoices}", code=1).err
    assert "has tables, but none of MLflow" in cli("export", "mlflow", f"sqlite:///{invoices}", code=1).err
    assert "is empty" in cli("import", "mlflow", f"sqlite:///{empty}", code=1).err
    assert (invoices.read_bytes(), empty.read_bytes()) == (before, b"")


@pytest.mark.mlflow
def test_a_registry_without_prompts_is_said_to_be_one(cli: Cli, mlflow: Mlflow) -> None:
    shown = cli("import", "mlflow", mlflow.uri)
    assert f"there are no prompts in MLflow at {mlflow.uri}" in shown.err


@pytest.mark.mlflow
@pytest.mark.parametrize("good", [0, 2])
def test_a_server_that_refuses_or_dies_between_two_pages_is_one_error(cli: Cli, git: Git, good: int) -> None:
    before = git("rev-parse", "HEAD")
    with failing_server(good) as address:
        shown = cli("import", "mlflow", address, code=1)
    assert f"MLflow at {address} cannot be used" in shown.err
    assert "403" in shown.err
    assert shown.err.count("error:") == 1
    assert git("rev-parse", "HEAD") == before


@contextlib.contextmanager
def failing_server(good: int) -> Iterator[str]:
    """A server that gives so many pages of prompts, and then refuses; gives its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        answered = 0

        def do_GET(self) -> None:
            tags = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
            page = {"registered_models": [{"name": "triage", "tags": tags}], "next_page_token": "more"}
            fine = Handler.answered < good
            Handler.answered += 1
            self.send_response(200 if fine else 403)
            self.end_headers()
            self.wfile.write(json.dumps(page).encode() if fine else b"Permission denied")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.mlflow
def test_a_server_that_is_away_is_an_error_within_the_deadline(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        assert f"MLflow at {address} cannot be used" in cli("import", "mlflow", address, code=1).err
        taken.listen()  # from here on it accepts and never answers
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
        shown = cli("import", "mlflow", address, code=1)
        assert "Is the server running" in shown.err


@pytest.mark.mlflow
def test_credentials_from_the_environment_are_used_and_not_shown(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://ada:hunter2@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    shown = cli("import", "mlflow", code=1)
    assert "MLflow at http://***@127.0.0.1:9 cannot be used" in shown.err
    assert "hunter2" not in shown.err
