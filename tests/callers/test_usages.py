"""What is wrong with calls, against one state of a registry and against two."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Git

from promptgit import Registry
from promptgit.callers.contracts import State
from promptgit.callers.scan import scan
from promptgit.callers.usages import RULES, Report, check
from promptgit.problems import Problem

pytest_plugins = ["shop_fixtures"]

HEAD = "import promptgit\nfrom promptgit import Registry, load_prompt\n"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder / "app.py"


def look(registry: Registry, app: Path, code: str, base: str | None = None) -> Report:
    app.write_text(HEAD + code)
    before = State(registry.at(base)) if base else None
    return check(scan(["app.py"]), State(registry), before, base or "")


def found(registry: Registry, app: Path, code: str, base: str | None = None) -> list[tuple[str, str, str]]:
    problems = look(registry, app, code, base).problems
    assert all(problem.code in RULES and problem.path == "app.py" and problem.line for problem in problems)
    return [(problem.code, problem.severity, problem.message) for problem in problems]


def only(registry: Registry, app: Path, code: str, base: str | None = None) -> Problem:
    (problem,) = look(registry, app, code, base).problems
    return problem


@pytest.mark.parametrize(
    "code",
    [
        "load_prompt('prompts:/support.refunds@production').format(question='Where is it?')",
        "load_prompt('prompts:/support.refunds@production').format(question='Where is it?', tone='kind')",
        "load_prompt('support.refunds').format(question='Where is it?', language='French')",
        "load_prompt('support.refunds', 1).format({'question': 'Where is it?'})",
        "load_prompt('support.refunds@staging').format(question=1, colour='red', ignore_unknown=True)",
        "load_prompt('support.triage@production').format(message='Hi', history=[])",
        "load_prompt('writing.summary@production').format(text=f'{x}', sentences=n)",
        "load_prompt('support.refunds').format(question='', allow_partial=True).format(language='')",
        "load_prompt('support.refunds').format(**values)",
    ],
)
def test_a_call_that_fits_is_no_problem(shop: Registry, app: Path, code: str) -> None:
    assert found(shop, app, code) == []


@pytest.mark.parametrize(
    ("code", "rule", "message", "hint"),
    [
        (
            "load_prompt('support.refund@production')",
            "usage-unresolved",
            "`support.refund@production` leads nowhere: there is no prompt support.refund",
            "Did you mean support.refunds or support.triage?",
        ),
        (
            "load_prompt('support.refunds@prod')",
            "usage-unresolved",
            "`support.refunds@prod` leads nowhere: support.refunds has no alias prod",
            "Did you mean production?",
        ),
        (
            "load_prompt('support.refunds', 9)",
            "usage-unresolved",
            "`support.refunds` leads nowhere: support.refunds has no version 9",
            "It has 1-3; the latest is 3.",
        ),
        (
            "load_prompt('prompts:/support refunds')",
            "usage-reference",
            "`prompts:/support refunds` is no reference: invalid prompt name: ' ' is not allowed",
            "A name has letters",
        ),
        ("load_prompt('')", "usage-reference", "an empty text is no reference: invalid prompt name: it is empty", ""),
        (
            "load_prompt('support.refunds/1', 2)",
            "usage-reference",
            "`support.refunds/1` is no reference: version=2 was given beside a URI that names one",
            "Give one of the two.",
        ),
        (
            "load_prompt('support.refunds@production').format()",
            "usage-missing-variable",
            "this call does not give `question`, which production of support.refunds (version 2) requires",
            "Add question=... to this call",
        ),
        (
            "load_prompt('support.refunds').format(question='')",
            "usage-missing-variable",
            "this call does not give `language`, which the latest version of support.refunds (version 3) requires",
            "",
        ),
        (
            "load_prompt('support.refunds').format(question='', allow_partial=True).format()",
            "usage-missing-variable",
            "this call does not give `language`, which the latest version of support.refunds (version 3) requires",
            "",
        ),
        (
            "load_prompt('support.refunds/3').format(question='', language='', tone='kind')",
            "usage-unknown-variable",
            "this call gives `tone`, which version 3 of support.refunds does not have",
            "Version 2 had it. It takes question, language.",
        ),
        (
            "load_prompt('support.refunds/1').format(question='', qestion='')",
            "usage-unknown-variable",
            "this call gives `qestion`, which version 1 of support.refunds does not have",
            "Did you mean `question`?",
        ),
        (
            "load_prompt('writing.summary@production').format(text='', sentences='three')",
            "usage-type",
            "variable 'sentences' must be an integer, got str, in production of writing.summary (version 1)",
            "The version declares `sentences: {type: integer}`.",
        ),
        (
            "load_prompt('writing.summary@production').format(text={'a': 1})",
            "usage-type",
            "variable 'text' must be a string, got dict, in production of writing.summary (version 1)",
            "",
        ),
        (
            "load_prompt('support.triage').format(message='', history='none')",
            "usage-type",
            "placeholder 'history' takes a list of messages, not str, in the latest version of support.triage (version 1)",
            "Pass history=",
        ),
    ],
)
def test_a_call_that_fails_is_an_error(
    shop: Registry, app: Path, code: str, rule: str, message: str, hint: str
) -> None:
    problem = only(shop, app, code)
    assert (problem.code, problem.severity, problem.message) == (rule, "error", message)
    assert hint in problem.hint


def test_a_variable_whose_name_is_no_keyword_is_asked_for_as_one_can_give_it(
    git: Git, shop: Registry, app: Path
) -> None:
    git.commit_file("prompts/letter/1.yaml", "template: Dear {{user.name}}\n")
    problem = only(shop, app, "load_prompt('letter').format()")
    assert 'Add **{"user.name": ...} to this call' in problem.hint


def test_what_cannot_be_known_is_a_warning_unless_the_prompt_does_not_exist(shop: Registry, app: Path) -> None:
    code = "load_prompt(uri)\nload_prompt(f'support.refunds@{alias}')\nload_prompt(f'faq@{alias}')"
    assert found(shop, app, code) == [
        ("usage-dynamic", "warning", "which prompt this loads cannot be known before the program runs"),
        (
            "usage-dynamic",
            "warning",
            "which version of support.refunds this loads cannot be known before the program runs",
        ),
        ("usage-unresolved", "error", "`faq@` leads nowhere: there is no prompt faq"),
    ]


def test_a_program_that_asks_for_none_is_only_warned(shop: Registry, app: Path) -> None:
    code = "load_prompt('faq', allow_missing=True)\npromptgit.MlflowClient().get_prompt_version('faq', 1)"
    assert [severity for _, severity, _ in found(shop, app, code)] == ["warning", "warning"]


def test_a_revision_that_is_not_here_is_a_warning_and_one_that_is_counts(git: Git, shop: Registry, app: Path) -> None:
    git("tag", "v1")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 2\n", "Drop staging")
    assert found(shop, app, "load_prompt('support.refunds@staging?rev=v1')") == []
    assert found(shop, app, "Registry('.').at('v1').load('support.refunds@staging')") == []
    assert [rule for rule, _, _ in found(shop, app, "Registry('.', rev='HEAD').load('support.refunds@staging')")] == [
        "usage-unresolved"
    ]
    assert [rule for rule, _, _ in found(shop, app, "load_prompt('support.refunds@staging?rev=v9')")] == [
        "usage-dynamic"
    ]


def test_each_version_of_a_split_is_checked(git: Git, shop: Registry, app: Path) -> None:
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: {1: 0, 2: 90, 3: 10}\n", "Try version 3")
    code = "load_prompt('support.refunds@production').format(question='')"
    assert found(shop, app, code) == [
        (
            "usage-missing-variable",
            "error",
            "this call does not give `language`, which production of support.refunds (version 3) requires",
        )
    ]
    (usage,) = look(shop, app, code).usages
    assert [getattr(served, "versions", None) for _, served in usage.served] == [(2, 3)]


def test_a_damaged_version_is_reported_where_it_is_loaded(git: Git, shop: Registry, app: Path) -> None:
    git.commit_file("prompts/support/refunds/3.yaml", "template: {{{\n")
    ((rule, severity, message),) = found(shop, app, "load_prompt('support.refunds/3').format()")
    assert (rule, severity) == ("usage-unresolved", "error")
    assert message.startswith("`support.refunds/3` cannot be read: prompts/support/refunds/3.yaml:1:")


def test_against_a_base_only_what_the_change_breaks_is_an_error(git: Git, shop: Registry, app: Path) -> None:
    git("tag", "before")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 3\n", "Promote version 3, drop staging")
    code = (
        "load_prompt('support.refunds@production').format(question='', tone='kind')\n"
        "load_prompt('support.refunds@staging')\n"
        "load_prompt('support.refunds/2').format()\n"
        "load_prompt('faq')\n"
        "load_prompt(uri)\n"
    )
    assert found(shop, app, code, "before") == [
        (
            "usage-missing-variable",
            "error",
            "production of support.refunds goes 2 → 3: this call does not give `language`, which is required now",
        ),
        (
            "usage-unknown-variable",
            "error",
            "production of support.refunds goes 2 → 3: this call gives `tone`, which is no longer there",
        ),
        ("usage-unresolved", "error", "`support.refunds@staging` leads nowhere: support.refunds has no alias staging"),
        (
            "usage-missing-variable",
            "warning",
            "this call does not give `question`, which version 2 of support.refunds requires; already so at before",
        ),
        ("usage-unresolved", "warning", "`faq` leads nowhere: there is no prompt faq; already so at before"),
        (
            "usage-dynamic",
            "warning",
            "which prompt this loads cannot be known before the program runs; already so at before",
        ),
    ]


def test_what_a_change_mends_is_no_problem(git: Git, shop: Registry, app: Path) -> None:
    git("tag", "before")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 3\n", "Promote version 3")
    code = "load_prompt('support.refunds@production').format(question='', language='')"
    assert found(shop.at("before"), app, code) != []
    assert found(shop, app, code, "before") == []


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# promptgit: ignore", 0),
        ("#promptgit:ignore", 0),
        ("# promptgit: ignore[usage-unresolved]", 0),
        ("# promptgit: ignore[usage-type, usage-unresolved]  # until it is registered", 0),
        ("# promptgit: ignore[usage-type]", 1),
        ("# ignore", 1),
    ],
)
def test_a_comment_on_the_line_silences(shop: Registry, app: Path, comment: str, left: int) -> None:
    assert len(found(shop, app, f"load_prompt('faq')  {comment}")) == left


def test_a_comment_counts_for_the_whole_statement_and_for_no_other(shop: Registry, app: Path) -> None:
    silent = "x = load_prompt(\n    'faq'\n)  # promptgit: ignore\nif load_prompt('faq'):  # promptgit: ignore\n"
    code = silent + "    load_prompt('terms')\n"
    problem = only(shop, app, code)
    assert (problem.line, problem.message) == (7, "`terms` leads nowhere: there is no prompt terms")


def test_names_from_a_program_are_shown_as_they_are(shop: Registry, app: Path) -> None:
    problem = only(shop, app, "load_prompt('support.refunds/1').format(question='', **{'{subject} %s': 1})")
    assert "this call gives `{subject} %s`, which version 1 of support.refunds does not have" in problem.message


def test_the_sample_applications_fit_their_registry(shop: Registry, apps: Path) -> None:
    scanned = scan(["."])
    report = check(scanned, State(shop))
    assert report.problems == ()
    assert len(report.usages) == 9
    assert sum(len(usage.call.formats) for usage in report.usages) == 11


def test_a_promotion_breaks_the_sample_applications_that_it_breaks(git: Git, shop: Registry, apps: Path) -> None:
    git("tag", "before")
    git.commit_file("prompts/support/refunds/aliases.yaml", "production: 3\n\nstaging: 1\n", "Promote version 3")
    report = check(scan(["."]), State(shop), State(shop.at("before")), "before")
    broken = [(problem.path, problem.line, problem.code) for problem in report.problems if problem.severity == "error"]
    assert broken == [
        ("guide_style.py", 17, "usage-missing-variable"),
        ("refund_service.py", 26, "usage-missing-variable"),
        ("refund_service.py", 26, "usage-unknown-variable"),
        ("refund_service.py", 40, "usage-missing-variable"),
        ("support_agent.py", 31, "usage-unknown-variable"),
        ("support_agent.py", 37, "usage-missing-variable"),
    ]
