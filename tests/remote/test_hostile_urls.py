"""URLs that attack, remotes that are no registry, damaged clones and caches: a sentence each, mended where it can be."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from misfortunes import served
from origin import NAME, PRODUCTION, TEXTS, Origin
from processes import marked
from servers import GitHandler, GitHttp
from support import Git, git_init

from promptgit import Registry
from promptgit.errors import (
    InvalidReferenceError,
    PromptGitError,
    RegistryNotFoundError,
    RemoteUnavailableError,
)

pytest_plugins = ["far"]

CANARY = "canary-7f3c9a51e2"


@pytest.fixture
def cache(home: Path) -> Path:
    """Where clones are kept."""
    return home / ".cache" / "promptgit"


def holding(folder: Path, text: str) -> list[Path]:
    """The files below a folder in which, or in whose name, a text stands."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in paths if text in str(path) or text.encode() in path.read_bytes()]


# --- URLs -----------------------------------------------------------------------------------------------------------

STARTING = [
    "ext::sh -c touch% {file}",
    "ext::touch {file}",
    "ext::touch%20{file}",
    "fd::17",
    "--upload-pack=touch {file}",
    "--upload-pack=touch${{IFS}}{file}://host/x",
    "-oProxyCommand=touch {file}",
    "ssh://-oProxyCommand=touch${{IFS}}{file}/x",
    "ssh://-oProxyCommand=touch${{IFS}}{file}@host/x",
    "-oProxyCommand=touch@host:x",
    "git@-oProxyCommand=touch:x",
    "ssh://host\n-oProxyCommand=touch {file}/x",
    "http://127.0.0.1:1/x\nHost: other",
    "ftp://127.0.0.1/prompts",
    "javascript://127.0.0.1/prompts",
]


@pytest.mark.parametrize("pattern", STARTING)
def test_a_url_that_would_start_a_program_is_refused_and_starts_none(
    pattern: str, tmp_path: Path, cache: Path, mark: str
) -> None:
    started = tmp_path / "started"
    with pytest.raises(PromptGitError):
        Registry(pattern.format(file=started), refresh=0)
    assert not started.exists()
    assert not cache.exists()
    assert marked(mark) == {}


@pytest.mark.parametrize(
    "url",
    [
        f"https://ada:{CANARY}@127.0.0.1/prompts.git",
        f"https://ghp_{CANARY.replace('-', '')}@127.0.0.1/prompts.git",
        f"https://127.0.0.1/prompts.git?access_token={CANARY}",
        f"https://127.0.0.1/prompts.git#token={CANARY}",
        f"ssh://ada:{CANARY}@127.0.0.1/prompts.git",
        f"http://:{CANARY}@127.0.0.1/prompts.git",
    ],
)
def test_a_url_with_a_credential_is_refused_without_showing_it(
    url: str, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        Registry(url, refresh=0)
    assert CANARY not in str(caught.value)
    assert CANARY.replace("-", "") not in str(caught.value)
    assert CANARY not in caplog.text
    assert holding(home, CANARY) == []


# --- credentials ----------------------------------------------------------------------------------------------------


def test_a_token_reaches_the_server_and_nothing_else(
    origin: Origin,
    home: Path,
    mark: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PROMPTGIT_TOKEN", CANARY)
    lines: set[str] = set()
    with served("https", origin, home, monkeypatch) as place, Registry(place.url, refresh=0) as registry:
        assert place.http is not None

        def refuse(request: GitHandler) -> None:
            lines.update(marked(mark).values())
            header = request.headers.get("Authorization", "")
            request.send(401, f"you sent {header}".encode(), WWW_Authenticate=f'Basic realm="{header}"')

        assert all(header.startswith("Basic ") for _, header in place.http.requests)
        place.http.answer = refuse
        with pytest.raises(RemoteUnavailableError) as caught:
            registry.refresh()
        told = [
            str(caught.value),
            caught.value.stderr,
            repr(registry.status()),
            caplog.text,
            *capfd.readouterr(),
            *lines,
        ]
        sent = place.http.requests[0][1].removeprefix("Basic ")
    assert lines
    for secret in (CANARY, sent):
        assert [text for text in told if secret in text] == []
        assert holding(home, secret) == []


def test_a_token_is_not_sent_without_encryption_or_to_another_server(
    http: GitHttp, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTGIT_TOKEN", CANARY)
    with Registry(url, refresh=0):
        assert {header for _, header in http.requests} == {""}


def test_a_password_in_the_remote_of_the_users_own_clone_is_not_shown(
    origin: Origin, http: GitHttp, url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Git(tmp_path)("clone", "-q", url, "clone")
    clone = Git(tmp_path / "clone")
    clone("remote", "set-url", "origin", url.replace("//", f"//ada:{CANARY}@"))
    http.answer = lambda request: request.send(401, b"", WWW_Authenticate='Basic realm="prompts"')
    with Registry(clone.path, refresh=0) as registry:
        with pytest.raises(RemoteUnavailableError) as caught:
            registry.refresh()
        told = [str(caught.value), caught.value.stderr, repr(registry.status()), repr(registry), caplog.text]
        assert [text for text in told if CANARY in text] == []
    assert holding(clone.path / ".git" / "promptgit", CANARY) == []


def test_what_a_server_says_moves_no_terminal(http: GitHttp, url: str) -> None:
    with Registry(url, refresh=0) as registry:
        http.answer = lambda request: request.send(
            200,
            b"001f# service=git-upload-pack\n00000029ERR \x1b]52;c;ZXZpbA==\x07\x1b[2Jgone",
            Content_Type="text/plain",
        )
        with pytest.raises(PromptGitError) as caught:
            registry.refresh()
        assert "\x1b" not in str(caught.value)
        assert "\x1b" not in (registry.status().error or "")


# --- remotes that are no registry -----------------------------------------------------------------------------------


def test_a_repository_that_is_no_registry_is_told_so(tmp_path: Path, mark: str) -> None:
    plain = Git(tmp_path)
    plain("init", "-q", "-b", "main", "code")
    Git(tmp_path / "code").commit_file("README.md", "# Code\n")
    with pytest.raises(RegistryNotFoundError, match=r"promptgit\.yaml"):
        Registry(f"file://{tmp_path}/code", refresh=0)


def test_a_registry_in_a_folder_is_found_by_naming_it(tmp_path: Path, mark: str) -> None:
    git = git_init(tmp_path / "code")
    git("mv", "promptgit.yaml", "README.md")
    git.commit_file("prompts-of-ours/promptgit.yaml", "format: 1\n")
    git.commit_file("prompts-of-ours/prompts/greeting/1.yaml", "template: Hello {{name}}\n")
    with Registry(f"file://{git.path}", folder="prompts-of-ours", refresh=0) as registry:
        assert registry.load("greeting").version == 1


def test_a_registry_of_a_newer_format_is_told_so(tmp_path: Path, mark: str) -> None:
    git = git_init(tmp_path / "newer", config="format: 99\n")
    with pytest.raises(PromptGitError, match=r"promptgit\.yaml says format 99.*newer promptgit"):
        Registry(f"file://{git.path}", refresh=0)


def test_an_empty_repository_is_told_so(tmp_path: Path, mark: str) -> None:
    Git(tmp_path)("init", "-q", "--bare", "empty.git")
    with (
        pytest.raises(PromptGitError, match="no branches"),
        Registry(f"file://{tmp_path}/empty.git", refresh=0) as registry,
    ):
        registry.load(NAME)


# --- the user's own clone -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offline", [True, False], ids=["offline", "online"])
@pytest.mark.parametrize("option", ["--depth=1", "--filter=blob:none", "--filter=tree:0"])
def test_a_shallow_or_partial_clone_serves_what_it_has_or_says_how_to_complete_it(
    origin: Origin, far: str, tmp_path: Path, option: str, offline: bool
) -> None:
    origin.git("config", "uploadpack.allowFilter", "true")
    Git(tmp_path)("clone", "-q", "--no-checkout", option, far, "clone")
    clone = Git(tmp_path / "clone")
    try:
        with Registry(clone.path, refresh=0, offline=offline) as registry:
            assert registry.load(PRODUCTION).template == TEXTS[1]
    except PromptGitError as error:
        assert option != "--depth=1", "a shallow clone has all of its newest commit"
        assert re.search(r"shallow or partial clone .*: git fetch ", str(error)), error
    clone("fetch", "-q", *(["--unshallow"] if option == "--depth=1" else ["--refetch", "--no-filter"]))
    with Registry(clone.path, refresh=0, offline=offline) as registry:
        assert registry.load(f"{PRODUCTION}?rev=main").template == TEXTS[1]
