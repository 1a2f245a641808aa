"""The `promptgit:` URIs, by which MLflow names a registry."""

from __future__ import annotations

import pytest

from promptgit.errors import InvalidReferenceError
from promptgit.registry import uri


@pytest.mark.parametrize(
    ("text", "place", "options"),
    [
        ("promptgit:///srv/prompts", "/srv/prompts", {}),
        ("promptgit:///srv/my%20prompts?branch=next", "/srv/my prompts", {"branch": "next"}),
        (
            "promptgit:///srv/mono.git?rev=v1&folder=apps/prompts",
            "/srv/mono.git",
            {"rev": "v1", "folder": "apps/prompts"},
        ),
        ("promptgit+https://host/team/prompts.git?branch=main", "https://host/team/prompts.git", {"branch": "main"}),
        ("promptgit+ssh://git@host/prompts.git", "ssh://git@host/prompts.git", {}),
    ],
)
def test_a_uri_says_where_the_registry_is(text: str, place: str, options: dict[str, str]) -> None:
    assert uri.parse(text) == uri.RegistryUri(place=place, **options)


@pytest.mark.parametrize(
    "text",
    [
        "promptgit://host/path",
        "promptgit:/srv/prompts",
        "promptgit:///",
        "promptgit:///srv/a%00b",
        "promptgit:///~/prompts",
        "promptgit:///srv?brnach=main",
        "promptgit:///srv?branch=main&rev=v1",
        "sqlite:///mlflow.db",
    ],
)
def test_another_uri_is_refused(text: str) -> None:
    with pytest.raises(InvalidReferenceError):
        uri.parse(text)
