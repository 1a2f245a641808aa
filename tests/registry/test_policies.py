"""Policies of promptgit.yaml: what they refuse, with the reason, and what they let pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import Git, git_init

from promptgit import Registry
from promptgit.aliases import BACKENDS
from promptgit.errors import InvalidDocumentError, PolicyError

NAME = "support.refunds"


def registry_with(path: Path, policies: dict[str, Any], backend: str = "file") -> Registry:
    git = git_init(path, config="format: 1\n")
    registry = Registry(git.path)
    for tone in ("briefly", "kindly", "at length"):
        registry.register(NAME, f"Answer {tone}.")
    config = f"format: 1\naliases: {backend}\npolicies: {json.dumps(policies)}\n"
    git.commit_file("promptgit.yaml", config)
    return Registry(git.path)


def refused(error: pytest.ExceptionInfo[PolicyError]) -> set[str]:
    return {problem.code.removeprefix("policy-") for problem in error.value.problems}


def test_a_registry_without_policies_restricts_nothing(refunds: Registry) -> None:
    refunds.set_alias(NAME, "production", 3)


def test_what_every_prompt_must_say_is_demanded_with_its_versions(tmp_path: Path) -> None:
    registry = registry_with(tmp_path / "r", {"required": ["description", "owners", "tags.team"]})
    with pytest.raises(PolicyError, match=r"support\.refunds has no description") as error:
        registry.register(NAME, "x")
    assert len(error.value.problems) == 3
    git = Git(tmp_path / "r")
    git.commit_file("prompts/support/refunds/prompt.yaml", "description: x\nowners: [a]\ntags: {team: b}\n")
    assert registry.register(NAME, "x").version == 4


def test_new_prompts_are_named_as_the_registry_wants_and_old_ones_go_on(tmp_path: Path) -> None:
    registry = registry_with(tmp_path / "r", {"naming": {"pattern": "shop.*", "max_length": 12}})
    for name in ("faq", "shop.far-too-long"):
        with pytest.raises(PolicyError) as error:
            registry.register(name, "x")
        assert refused(error) == {"naming"}
    registry.register("shop.faq", "x")
    registry.register(NAME, "x")
    with pytest.raises(PolicyError):
        registry.rename("shop.faq", "faq")


def test_only_allowed_models_are_named(tmp_path: Path) -> None:
    registry = registry_with(tmp_path / "r", {"models": {"allowed": ["gpt-5*", "anthropic/*"]}})
    registry.register(NAME, "x", model_config={"model_name": "gpt-5-mini"})
    registry.register(NAME, "x", model_config={"provider": "anthropic", "model_name": "claude"})
    registry.register(NAME, "x", model_config={"temperature": 1})
    with pytest.raises(PolicyError, match="Allowed are: gpt-5") as error:
        registry.register(NAME, "x", model_config={"model_name": "davinci"})
    assert refused(error) == {"models"}


def test_reserved_tags_are_not_set(tmp_path: Path) -> None:
    registry = registry_with(tmp_path / "r", {"reserved_tags": ["ci.*"]})
    for attempt in (
        lambda: registry.register(NAME, "x", tags={"ci.run": "1"}),
        lambda: registry.set_tag(NAME, "ci.run", "1"),
        lambda: registry.set_version_tag(NAME, 1, "ci.run", "1"),
    ):
        with pytest.raises(PolicyError, match=r"ci\.run is reserved"):
            attempt()
    registry.set_tag(NAME, "team", "a")


def test_a_reserved_tag_stays_where_another_tool_has_set_it(tmp_path: Path) -> None:
    registry = registry_with(tmp_path / "r", {"reserved_tags": ["ci.*"]})
    registry.register(NAME, "kinder")
    notes = "versions:\n  1:\n    tags:\n      ci.run: passed\n"
    Git(tmp_path / "r").commit_file("prompts/support/refunds/prompt.yaml", notes, "CI: version 1 passed")
    with pytest.raises(PolicyError, match=r"ci\.run is reserved"):
        registry.set_version_tag(NAME, 2, "ci.run", "passed")
    with pytest.raises(PolicyError, match=r"ci\.run is reserved"):
        registry.delete_version_tag(NAME, 1, "ci.run")
    registry.rename(NAME, "support.returns")
    assert registry.load("support.returns", 1).tags == {"ci.run": "passed"}
    registry.delete_version("support.returns", 1)
    registry.delete("support.returns")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_protected_alias_does_not_move(tmp_path: Path, backend: str) -> None:
    registry = registry_with(tmp_path / "r", {"aliases": {"production": {"protected": True}}}, backend)
    registry.set_alias(NAME, "staging", 1)
    with pytest.raises(PolicyError, match="production is protected") as error:
        registry.set_alias(NAME, "production", 1)
    assert refused(error) == {"protected"}
    assert list(registry.aliases(NAME)) == ["staging"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_alias_is_reached_through_another_and_rollback_stays_possible(tmp_path: Path, backend: str) -> None:
    registry = registry_with(tmp_path / "r", {"aliases": {"production": {"through": "staging"}}}, backend)
    with pytest.raises(PolicyError, match=r"was never staging, as production demands") as error:
        registry.set_alias(NAME, "production", 1)
    assert refused(error) == {"through"}
    for version in (1, 2):
        registry.set_alias(NAME, "staging", version)
        registry.set_alias(NAME, "production", version)
    registry.rollback(NAME, "production")
    assert registry.load(f"{NAME}@production").version == 1
    with pytest.raises(PolicyError):
        registry.set_alias(NAME, "production", {1: 50, 3: 50})


def test_a_version_must_have_been_on_the_way_for_some_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = {"through": "staging", "min_age_days": 2}
    registry = registry_with(tmp_path / "r", {"aliases": {"production": rule}})
    registry.set_alias(NAME, "staging", 1)
    with pytest.raises(PolicyError, match="less than 2 days") as error:
        registry.set_alias(NAME, "production", 1)
    assert refused(error) == {"min-age"}
    for key in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(key, "2026-01-01T00:00:00Z")
    registry.set_alias(NAME, "staging", 2)
    registry.set_alias(NAME, "production", 2)


def test_only_promoters_move_an_alias(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = {"aliases": {"production": {"promoters": ["Release@example.com"]}}}
    registry = registry_with(tmp_path / "r", policies)
    with pytest.raises(PolicyError, match=r"ada@example\.com may not move production") as error:
        registry.set_alias(NAME, "production", 1)
    assert refused(error) == {"promoters"}
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "release@example.com")
    registry.set_alias(NAME, "production", 1)


def test_a_rename_moves_no_alias(tmp_path: Path) -> None:
    registry = registry_with(tmp_path / "r", {"aliases": {"production": {"through": "staging"}}})
    registry.set_alias(NAME, "staging", 1)
    registry.set_alias(NAME, "production", 1)
    registry.rename(NAME, "help.refunds")
    assert registry.load("help.refunds@production").version == 1


@pytest.mark.parametrize("policies", [{"naming": 3}, {"aliases": {"production": {"protectd": True}}}, {"requird": []}])
def test_a_slip_in_a_policy_is_named_instead_of_binding_nobody(tmp_path: Path, policies: dict[str, Any]) -> None:
    registry = registry_with(tmp_path / "r", policies)
    with pytest.raises(InvalidDocumentError, match=r"promptgit\.yaml:3:"):
        registry.set_alias(NAME, "production", 1)
