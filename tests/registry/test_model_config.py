"""A version keeps the model configuration that it was made with, unless the registry's policies say otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import Git, git_init

import promptgit
from promptgit import Registry, genai
from promptgit.aliases import BACKENDS
from promptgit.errors import ImmutableVersionError, InvalidDocumentError, InvalidReferenceError, PolicyError

NAME = "support.refunds"
MADE_WITH = {"model_name": "gpt-5", "temperature": 0.2}
MUTABLE = {"model_config": "mutable"}


def registry_with(path: Path, policies: dict[str, Any], backend: str = "file") -> Registry:
    git = git_init(path, config="format: 1\n")
    registry = Registry(git.path)
    registry.register(NAME, "Answer {{question}} kindly.", model_config=MADE_WITH)
    registry.register(NAME, "Answer {{question}} briefly.")
    git.commit_file("promptgit.yaml", f"format: 1\naliases: {backend}\npolicies: {json.dumps(policies)}\n")
    registry.set_alias(NAME, "staging", 1)
    return Registry(git.path)


@pytest.fixture
def tunable(tmp_path: Path) -> Registry:
    return registry_with(tmp_path / "r", MUTABLE)


@pytest.mark.parametrize("policies", [{}, {"model_config": "frozen"}, {"naming": {"max_length": 40}}])
def test_it_is_frozen_unless_a_policy_says_otherwise(tmp_path: Path, policies: dict[str, Any]) -> None:
    registry = registry_with(tmp_path / "r", policies)
    with pytest.raises(ImmutableVersionError, match=r"model_config of version 1 of support\.refunds is frozen"):
        registry.set_model_config(NAME, 1, {"temperature": 0.4})
    assert registry.load(NAME, 1).model_config == MADE_WITH
    assert not registry.set_model_config(NAME, 1, MADE_WITH).changed


def test_what_is_set_later_is_loaded_at_once_and_the_version_file_stays(tunable: Registry) -> None:
    git = Git(Path(tunable.path))
    before = git("rev-parse", "HEAD:prompts/support/refunds/1.yaml")
    by_alias = f"prompts:/{NAME}@staging"
    assert tunable.load(by_alias).model_config == MADE_WITH
    applied = tunable.set_model_config(NAME, 1, {"temperature": 0.4}, message="Warmer in tests")
    assert applied.changed
    assert tunable.load(by_alias).model_config == {"temperature": 0.4}
    assert tunable.load(by_alias).format(question="this", allow_partial=True) == "Answer this kindly."
    assert git("rev-parse", "HEAD:prompts/support/refunds/1.yaml") == before
    assert git("log", "-1", "--format=%s") == "Warmer in tests"
    assert tunable.load(f"{by_alias}?rev=HEAD~1").model_config == MADE_WITH


def test_it_can_be_taken_away_and_given_back(tunable: Registry) -> None:
    tunable.set_model_config(NAME, 1, None)
    assert tunable.load(NAME, 1).model_config is None
    tunable.set_model_config(NAME, 1, MADE_WITH)
    assert tunable.load(NAME, 1).model_config == MADE_WITH
    assert not (Path(tunable.path) / "prompts/support/refunds/prompt.yaml").exists()


def test_a_version_that_had_none_gets_one(tunable: Registry) -> None:
    tunable.set_model_config(NAME, 2, {"temperature": 1, "max_tokens": None})
    assert tunable.load(NAME, 2).model_config == {"temperature": 1}
    assert tunable.load(NAME, 1).model_config == MADE_WITH


@pytest.mark.parametrize("config", [{"temperature": -1}, {"top_p": 2}, {"max_tokens": "many"}, "hot", ["hot"]])
def test_what_is_no_configuration_is_refused(tunable: Registry, config: object) -> None:
    with pytest.raises((InvalidDocumentError, InvalidReferenceError)):
        tunable.set_model_config(NAME, 1, config)
    assert tunable.load(NAME, 1).model_config == MADE_WITH


def test_only_allowed_models_can_be_set(tmp_path: Path) -> None:
    registry = registry_with(tmp_path / "r", {**MUTABLE, "models": {"allowed": ["gpt-5*"]}})
    with pytest.raises(PolicyError, match="model gpt-2 is not allowed"):
        registry.set_model_config(NAME, 1, {"model_name": "gpt-2"})
    registry.set_model_config(NAME, 1, {"model_name": "gpt-5-mini"})


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_what_a_protected_alias_serves_is_as_protected_as_the_alias(tmp_path: Path, backend: str) -> None:
    rules = {"staging": {"protected": True}, "audited": {"promoters": ["grace@example.com"]}}
    registry = registry_with(tmp_path / "r", MUTABLE, backend)
    registry.set_alias(NAME, "audited", 2)
    git = Git(Path(registry.path))
    policies = json.dumps({**MUTABLE, "aliases": rules})
    git.commit_file("promptgit.yaml", f"format: 1\naliases: {backend}\npolicies: {policies}\n")
    with pytest.raises(PolicyError, match=r"staging is protected.* and version 1 is what it leads to"):
        registry.set_model_config(NAME, 1, {"temperature": 0.4})
    with pytest.raises(PolicyError, match=r"may not move audited, and version 2"):
        registry.set_model_config(NAME, 2, {"temperature": 0.4})
    registry.register(NAME, "Answer {{question}} at length.")
    registry.set_model_config(NAME, 3, {"temperature": 0.4})


def test_a_rename_takes_it_along_and_a_deletion_ends_it(tunable: Registry) -> None:
    tunable.set_model_config(NAME, 1, {"temperature": 0.4})
    tunable.set_model_config(NAME, 2, {"temperature": 0.6})
    tunable.rename(NAME, "support.returns")
    assert tunable.load("support.returns@staging").model_config == {"temperature": 0.4}
    tunable.delete_version("support.returns", 2)
    assert "0.6" not in (Path(tunable.path) / "prompts/support/returns/prompt.yaml").read_text()


def test_mlflows_names_for_it_work(tunable: Registry) -> None:
    promptgit.set_registry(tunable)
    genai.set_prompt_model_config(NAME, "1", {"temperature": 0.4})
    assert genai.load_prompt(f"prompts:/{NAME}/1").model_config == {"temperature": 0.4}
    genai.delete_prompt_model_config(NAME, 1)
    assert genai.load_prompt(f"prompts:/{NAME}/1").model_config is None
