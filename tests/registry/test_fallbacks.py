"""`fallback=` and `allow_missing=`: what they stand in for, and what they must not hide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import promptgit
from promptgit import Registry
from promptgit.errors import InvalidDocumentError, InvalidReferenceError, NotFoundError, RegistryNotFoundError

MISSING = [
    "prompts:/billing.reminder",
    "prompts:/support.refunds@canary",
    "prompts:/support.refunds/99",
    "prompts:/support.refunds@production?rev=no-such-branch",
]


@pytest.mark.parametrize("uri", MISSING)
def test_what_is_missing_is_none_or_the_fallback(refunds: Registry, uri: str) -> None:
    with pytest.raises(NotFoundError):
        refunds.load(uri)
    assert refunds.load(uri, allow_missing=True) is None
    prompt = refunds.load(uri, fallback="Remind {{customer}} politely.")
    assert (prompt.version, prompt.format(customer="Ada")) == (0, "Remind Ada politely.")
    chat = refunds.load(uri, fallback=[{"role": "user", "content": "Remind {{customer}}."}], allow_missing=True)
    assert chat.format(customer="Ada") == [{"role": "user", "content": "Remind Ada."}]


def test_what_is_there_is_served_and_not_the_fallback(refunds: Registry) -> None:
    assert refunds.load("support.refunds@production", fallback="never").version == 1


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (("prompts:/a b",), {}),
        (("https://example.com/x",), {}),
        ((7,), {}),
        (("support.refunds@production", 2), {}),
        (("support.refunds", True), {}),
        (("support.refunds", 0), {}),
        (("support.refunds", -1), {}),
        (("support.refunds", 1.5), {}),
        (("billing.reminder",), {"cache_ttl_seconds": -1}),
        (("billing.reminder",), {"cache_ttl_seconds": "60"}),
        (("billing.reminder",), {"key": 7}),
        (("billing.reminder?rev=",), {}),
    ],
)
def test_a_wrong_argument_is_raised_whatever_stands_in(
    refunds: Registry, args: tuple[Any, ...], options: dict[str, Any]
) -> None:
    stand_ins: tuple[dict[str, Any], ...] = ({"allow_missing": True}, {"fallback": "text"})
    load: Any = refunds.load
    for stand_in in stand_ins:
        with pytest.raises(InvalidReferenceError):
            load(*args, **options, **stand_in)


def test_a_file_that_is_broken_is_raised_whatever_stands_in(refunds: Registry) -> None:
    Path(refunds.path, "prompts/support/refunds/9.yaml").write_text("template: [\n")
    with pytest.raises(InvalidDocumentError, match=r"9\.yaml"):
        refunds.load("support.refunds/9", allow_missing=True)
    with pytest.raises(InvalidDocumentError, match=r"9\.yaml"):
        refunds.load("support.refunds/9", fallback="text")


def test_a_registry_that_is_missing_is_not_a_prompt_that_is(anywhere: object) -> None:
    with pytest.raises(RegistryNotFoundError):
        promptgit.load_prompt("support.refunds", allow_missing=True)


def test_a_fallback_that_is_no_template_is_refused(refunds: Registry) -> None:
    with pytest.raises(InvalidReferenceError, match="a template is a text or a list of messages"):
        refunds.load("billing.reminder", fallback=7)  # type: ignore[call-overload]


def test_mlflows_variables_widen_how_long_a_move_may_go_unseen(
    refunds: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALIAS_PROMPT_CACHE_TTL_SECONDS", "3600")
    with Registry(refunds.path, rev="HEAD") as widened:
        uri = "support.refunds@production"
        while uri not in widened.catalog.hot:  # files that were just written are not trusted yet
            widened.load(uri)
        refunds.set_alias("support.refunds", "production", 2)
        assert widened.load(uri).version == 1
        assert widened.load(uri, cache_ttl_seconds=0).version == 2


@pytest.mark.parametrize("value", ["soon", "-1", "nan"])
def test_a_window_that_is_no_number_is_refused(refunds: Registry, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MLFLOW_VERSION_PROMPT_CACHE_TTL_SECONDS", value)
    with pytest.raises(InvalidReferenceError, match="MLFLOW_VERSION_PROMPT_CACHE_TTL_SECONDS"):
        Registry(refunds.path)
