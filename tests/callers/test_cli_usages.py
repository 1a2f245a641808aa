"""`promptgit usages` as people, programs and code hosts see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Cli
from support import Git

pytest_plugins = ["shop_fixtures"]


@pytest.fixture
def promoted(run: Cli, git: Git) -> Cli:
    """Version 3 was promoted after the tag `before`."""
    git("tag", "before")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 3\n\nstaging: 1\n", "Promote version 3")
    return run


def test_without_problems_it_is_a_table_of_all_calls(run: Cli) -> None:
    result = run("usages", ".")
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert lines[:2] == [
        "where reference leads to variables",
        "guide_style.py:10 prompts:/writing.summary/1 1 text, sentences",
    ]
    assert "refund_service.py:32 support.triage production 1 message, history" in lines
    assert "refund_service.py:40 prompts:/support.refunds@… question" in lines
    assert lines[-1] == "9 calls in 4 files, no problems"


def test_problems_are_told_with_place_and_hint(promoted: Cli) -> None:
    lines = promoted("usages", "guide_style.py", code=1).out.splitlines()
    assert lines == [
        "guide_style.py:17:86: error: this call does not give `language`, which production of support.refunds (version 3)"
        " requires [usage-missing-variable]",
        "    Add language=... to this call, or register a version in which it has a default.",
        "3 calls in 1 file, 1 problem",
    ]


def test_against_a_base_it_says_what_the_change_does(promoted: Cli) -> None:
    result = promoted("usages", "guide_style.py", "--base", "before", code=1)
    assert "production of support.refunds goes 2 → 3: this call does not give `language`" in result.out
    assert "0 problems" not in promoted("usages", "guide_style.py", "--base", "HEAD").out


def test_the_base_is_where_the_branch_forked_off(run: Cli, git: Git) -> None:
    git("branch", "feature")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 3\n\nstaging: 1\n", "Promote version 3")
    git("checkout", "-q", "feature")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 2\n", "Drop staging")
    result = run("usages", ".", "--base", "main", code=1)
    assert [line.rpartition("[")[2] for line in result.out.splitlines() if "error" in line] == ["usage-unresolved]"]


def test_an_earlier_state_can_be_read(promoted: Cli) -> None:
    assert promoted("usages", ".", "--rev", "before").out.endswith("no problems\n")


def test_what_was_wrong_before_does_not_fail(promoted: Cli, apps: Path) -> None:
    (apps / "odd.py").write_text("import promptgit\npromptgit.load_prompt('faq')\n")
    result = promoted("usages", "odd.py", "--base", "before")
    assert "warning: `faq` leads nowhere: there is no prompt faq; already so at before" in result.out


def test_json_has_usages_and_problems(promoted: Cli) -> None:
    document = promoted("usages", "--format", "json", "guide_style.py", code=1).json
    assert document["problems"][0]["code"] == "usage-missing-variable"
    assert document["usages"][1] == {
        "path": "guide_style.py",
        "line": 17,
        "column": 24,
        "loads": [
            {
                "reference": f"prompts:/support.refunds@{alias}",
                "whole": True,
                "version": None,
                "uri": f"prompts:/support.refunds@{alias}",
                "name": "support.refunds",
                "alias": alias,
                "versions": [version],
            }
            for alias, version in (("production", 3), ("staging", 1))
        ],
        "formats": [
            {
                "line": 17,
                "column": 86,
                "variables": ["question"],
                "complete": True,
                "partial": False,
                "ignore_unknown": False,
            }
        ],
    }


def test_sarif_and_workflow_commands_point_into_the_program(promoted: Cli) -> None:
    (run,) = promoted("usages", "--format", "sarif", "guide_style.py", code=1).json["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][0]["shortDescription"]["text"].startswith(
        "A program formats a prompt without"
    )
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "guide_style.py"},
        "region": {"startLine": 17, "startColumn": 86},
    }
    line = promoted("usages", "--format", "github", "guide_style.py", code=1).out
    assert line.startswith(
        "::error file=guide_style.py,line=17,col=86,title=usage-missing-variable::this call does not give"
    )


def test_paths_are_told_from_the_current_folder(promoted: Cli, apps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (promoted("usages", str(apps / "guide_style.py"), code=1).out).startswith("guide_style.py:17")
    monkeypatch.chdir(apps.parent)
    assert promoted("usages", "apps", "--exclude", "*_service.py", "--exclude", "*agent*", code=1).out.startswith(
        "apps/guide_style.py:17"
    )


def test_hostile_names_are_shown_as_escapes(run: Cli, apps: Path) -> None:
    (apps / "odd.py").write_text("import promptgit\npromptgit.load_prompt('faq\\x1b]52;c;x\\x07\\n::error::forged')\n")
    for style in ("text", "github", "sarif", "json"):
        out = run("usages", "odd.py", "--format", style, code=1).out
        assert "\x1b" not in out
        assert "\n::error::forged" not in out


def test_nothing_is_imported_or_run(run: Cli, apps: Path) -> None:
    (apps / "odd.py").write_text("import promptgit, os\nos.mkdir('ran')\npromptgit.load_prompt('support.refunds')\n")
    run("usages", "odd.py")
    assert not (apps / "ran").exists()


@pytest.mark.parametrize("arguments", [(), ("missing.py",), (".", "--format", "xml")])
def test_what_cannot_be_read_on_the_command_line_is_a_usage_error(run: Cli, arguments: tuple[str, ...]) -> None:
    run("usages", *arguments, code=2)


def test_a_base_that_does_not_exist_is_an_error(run: Cli) -> None:
    assert "no such revision: v9" in run("usages", ".", "--base", "v9", code=1).err
