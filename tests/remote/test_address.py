"""URLs of remote registries: what can be used, what is refused and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promptgit import Registry
from promptgit.errors import InvalidReferenceError
from promptgit.remote.address import SCHEMES, is_remote, parse

GOOD = {
    "https://github.com/acme/prompts.git": ("https", "prompts"),
    "https://ada@git.example.com:8443/acme/prompts/": ("https", "prompts"),
    "http://127.0.0.1:8080/prompts": ("http", "prompts"),
    "ssh://git@git.example.com:2222/acme/prompts.git": ("ssh", "prompts"),
    "git@github.com:acme/company prompts.git".replace(" ", "-"): ("ssh", "company-prompts"),
    "git.example.com:prompts.git": ("ssh", "prompts"),
    "git://127.0.0.1:9418/prompts.git": ("git", "prompts"),
    "file:///srv/git/prompts.git": ("file", "prompts"),
    "https://git.example.com/a/..%2f..": ("https", "_2f.."),
}
BAD = {
    "ext::sh -c 'touch /tmp/owned'": "spaces",
    "ext::sh": "would make git start a program",
    "fd::17/foo": "would make git start a program",
    "ftp://git.example.com/prompts": "does not talk ftp",
    "HTTPS://git.example.com/prompts": "does not talk HTTPS",
    "--upload-pack=touch://x/y": "cannot start with '-'",
    "ssh://-oProxyCommand=touch/x": "names no host",
    "ssh://-oProxyCommand=touch@host/x": "names no host",
    "-oProxyCommand=x@host:prompts": "cannot start with '-'",
    "git@-oProxyCommand=x:prompts": "cannot start with '-'",
    "git@host:-oProxyCommand": "cannot start with '-'",
    "https:///prompts": "names no host",
    "https://git.example.com": "names no repository",
    "https://git.example.com/": "names no repository",
    "file://srv/prompts": "three slashes",
    "https://git.example.com/a\nb": "control characters",
    "https://git.example.com/a\x1b]52;c;eA==\x07": "control characters",
    "https://git.example.com/prompts#main": "has no '#'",
}
SECRETS = [
    "https://ada:s3cr3t-canary@git.example.com/prompts",
    "https://s3cr3t-canary-s3cr3t-canary-s3cr3t-canary@git.example.com/prompts",
    "https://ghp_s3cr3t-canary@github.com/acme/prompts",
    "https://git.example.com/prompts?access_token=s3cr3t-canary",
    "ssh://ada:s3cr3t-canary@git.example.com/prompts",
    "http://ada:s3cr3t-canary@git.example.com/a b",
]


@pytest.mark.parametrize("url", GOOD)
def test_a_url_is_read(url: str) -> None:
    found = parse(url)
    assert is_remote(url)
    assert (found.url, found.scheme, found.name) == (url, *GOOD[url])


@pytest.mark.parametrize("url", BAD)
def test_a_url_that_could_do_harm_is_refused_with_a_sentence(url: str) -> None:
    assert is_remote(url)
    with pytest.raises(InvalidReferenceError, match=BAD[url]) as caught:
        Registry(url)
    assert caught.value.hint
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("url", SECRETS)
def test_a_password_in_a_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        Registry(url)
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(caught.value.__dict__)


@pytest.mark.parametrize("path", [".", "prompts", "/srv/prompts", "C", "a/b:c", "./host:path", "a:b"])
def test_a_path_is_no_url(path: str) -> None:
    assert not is_remote(path)


def test_a_folder_whose_name_looks_like_a_url_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "host:prompts").mkdir()
    assert is_remote("host:prompts")
    monkeypatch.chdir(tmp_path)
    assert not is_remote("host:prompts")


@example("0::", "git@host:")
@given(st.text(max_size=60), st.sampled_from([f"{scheme}://" for scheme in SCHEMES] + ["", "ext::", "git@host:", "-"]))
def test_whatever_is_typed_is_either_safe_for_git_or_refused(text: str, start: str) -> None:
    try:
        found = parse(start + text)
    except InvalidReferenceError:
        return
    assert found.scheme in SCHEMES
    assert found.url == start + text
    assert found.url.isprintable()
    assert not found.url.startswith("-")
    assert "::" not in found.url.partition("/")[0]
    assert "/" not in found.name
    assert found.name.strip(".-")
