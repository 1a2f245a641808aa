"""A real `mlflow server` with two workers on a promptgit registry: REST, the requests of its page, and writers at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow_sdk import Sdk, error_of, settle
from mlflow_server import Server, serving
from support import Git, git_init
from urllib3.util import Retry

from promptgit import Registry

pytest_plugins = ["mlflow_stores"]
pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

CONFIG = "format: 1\npolicies:\n  aliases:\n    frozen: {protected: true}\n  reserved_tags: [billing.*]\n"
TEXT, KIND, IS_PROMPT = "mlflow.prompt.text", "_mlflow_prompt_type", "mlflow.prompt.is_prompt"
PROMPTS = f"tags.`{IS_PROMPT}` = 'true'"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Prompt server",
    "GIT_AUTHOR_EMAIL": "prompts@example.com",
    "GIT_COMMITTER_NAME": "Prompt server",
    "GIT_COMMITTER_EMAIL": "prompts@example.com",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    """Registry and database of the server."""
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        for key, value in {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **IDENTITY}.items():
            patch.setenv(key, value)
        git_init(folder / "registry", config=CONFIG)
    shutil.copy(empty_database, folder / "mlflow.db")
    return folder


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Server]:
    """The server. It is slow to start, so all tests share it, and each has prompts of its own."""
    env = {"HOME": str(place), "GIT_CONFIG_NOSYSTEM": "1", **IDENTITY}
    registry, tracking = f"promptgit://{place}/registry", f"sqlite:///{place}/mlflow.db"
    with serving(place, registry, tracking, env) as running:
        yield running


@pytest.fixture
def served(place: Path) -> Registry:
    """The same registry, opened here."""
    return Registry(place / "registry")


@pytest.fixture
def client(server: Server, quiet: None) -> Iterator[Sdk]:
    """MLflow's SDK as a client of the server; it needs no plugin."""
    sdk = Sdk(server.url, server.url)
    yield sdk
    settle()


def tags(**given: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in given.items()]


def make(server: Server, name: str, *texts: str) -> None:
    """Create a prompt as the page does."""
    marked = {"key": IS_PROMPT, "value": "true"}
    server.ask("POST", "registered-models/create", {"name": name, "tags": [marked, *tags(team="billing")]})
    for text in texts:
        given = [marked, {"key": TEXT, "value": text}, {"key": KIND, "value": "text"}]
        body = {"name": name, "description": f"Say {text}", "source": "dummy-source", "tags": given}
        server.ask("POST", "model-versions/create", body)


def test_the_page_creates_lists_compares_and_shows(server: Server, served: Registry) -> None:
    make(server, "page.parcel_lost", "kindly {{question}}", "briefly {{question}}")
    listed = server.ask("GET", "registered-models/search", filter=f"{PROMPTS} AND name ILIKE '%parcel\\_lost%'")
    (found,) = listed["registered_models"]
    assert found["name"] == "page.parcel_lost"
    assert found["latest_versions"][0]["version"] == "2"
    assert found["last_updated_timestamp"] > 0
    detail = server.ask("GET", "registered-models/get", name="page.parcel_lost")["registered_model"]
    assert {"key": IS_PROMPT, "value": "true"} in detail["tags"]
    versions = server.ask("GET", "model-versions/search", filter=f"name='page.parcel_lost' AND {PROMPTS}")
    shown = {version["version"]: version for version in versions["model_versions"]}
    assert list(shown) == ["2", "1"]
    assert shown["1"]["description"] == "Say kindly {{question}}"
    kept = {tag["key"]: tag["value"] for tag in shown["1"]["tags"]}
    assert kept[TEXT] == "kindly {{question}}"
    assert kept["promptgit.commit"] == served.load("page.parcel_lost", 1).commit


def test_the_page_moves_aliases_and_sets_tags(server: Server, served: Registry) -> None:
    make(server, "page.aliases", "kindly", "briefly")
    for number in ("1", "2"):
        body = {"name": "page.aliases", "alias": "production", "version": number}
        server.ask("POST", "registered-models/alias", body)
    detail = server.ask("GET", "registered-models/get", name="page.aliases")["registered_model"]
    assert detail["aliases"] == [{"alias": "production", "version": "2"}]
    server.ask("DELETE", "registered-models/alias", {"name": "page.aliases", "alias": "production"})
    server.ask("POST", "registered-models/set-tag", {"name": "page.aliases", "key": "owner", "value": "ada"})
    server.ask("DELETE", "registered-models/delete-tag", {"name": "page.aliases", "key": "team"})
    version = {"name": "page.aliases", "version": "1"}
    server.ask("POST", "model-versions/set-tag", {**version, "key": "score", "value": "0.9"})
    server.ask("POST", "model-versions/set-tag", {**version, "key": "model", "value": "gpt-5"})
    server.ask("DELETE", "model-versions/delete-tag", {**version, "key": "score"})
    assert served.aliases("page.aliases") == {}
    assert served.tags("page.aliases") == {"owner": "ada"}
    assert served.load("page.aliases", 1).tags == {"model": "gpt-5"}


def test_the_page_deletes(server: Server, served: Registry) -> None:
    make(server, "page.deleted", "kindly", "briefly")
    server.ask("DELETE", "model-versions/delete", {"name": "page.deleted", "version": "2"})
    assert served.versions("page.deleted") == [1]
    server.ask("DELETE", "registered-models/delete", {"name": "page.deleted"})
    assert "page.deleted" not in served.prompts()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "said"),
    [
        ("POST", "registered-models/alias", {"alias": "frozen", "version": "1"}, 403, "PERMISSION_DENIED", "protected"),
        ("POST", "registered-models/alias", {"alias": "v3", "version": "1"}, 400, "INVALID_PARAMETER_VALUE", "number"),
        (
            "POST",
            "registered-models/alias",
            {"alias": "next", "version": "9"},
            404,
            "RESOURCE_DOES_NOT_EXIST",
            "no version 9",
        ),
        (
            "POST",
            "registered-models/set-tag",
            {"key": "billing.id", "value": "7"},
            403,
            "PERMISSION_DENIED",
            "reserved",
        ),
        (
            "POST",
            "model-versions/set-tag",
            {"version": "1", "key": TEXT, "value": "other"},
            403,
            "PERMISSION_DENIED",
            "never changes",
        ),
        ("DELETE", "model-versions/delete", {"version": "1"}, 409, "RESOURCE_CONFLICT", "production leads to"),
        ("DELETE", "registered-models/delete", {}, 409, "RESOURCE_CONFLICT", "has aliases"),
        (
            "POST",
            "registered-models/create",
            {"tags": [{"key": IS_PROMPT, "value": "true"}]},
            400,
            "RESOURCE_ALREADY_EXISTS",
            "already exists",
        ),
        ("POST", "registered-models/create", {"name": "churn"}, 501, "NOT_IMPLEMENTED", "PROMPTGIT_MLFLOW_MODEL_STORE"),
    ],
)
def test_a_refusal_says_why(
    server: Server, served: Registry, method: str, path: str, body: Any, status: int, code: str, said: str
) -> None:
    if "page.refused" not in served.prompts():
        make(server, "page.refused", "kindly")
        server.ask("POST", "registered-models/alias", {"name": "page.refused", "alias": "production", "version": "1"})
    got, answer = server.answer(method, path, {"name": "page.refused", **body})
    assert (got, answer["error_code"]) == (status, code)
    assert said in answer["message"]


def test_the_models_page_is_empty(server: Server) -> None:
    assert server.ask("GET", "registered-models/search", max_results="25") == {}
    assert server.ask("GET", "model-versions/search", max_results="25") == {}


def test_the_sdk_works_through_the_server(client: Sdk, served: Registry) -> None:
    chat = [{"role": "user", "content": "{{question}}"}]
    made = client.genai.register_prompt("sdk.faq", chat, "Ask", tags={"team": "billing"}, model_config={"top_k": 5})
    client.genai.set_prompt_alias("sdk.faq", "staging", made.version)
    loaded = client.load("prompts:/sdk.faq@staging")
    assert (loaded.template, loaded.model_config, loaded.commit_message) == (chat, {"top_k": 5}, "Ask")
    assert [one.name for one in client.genai.search_prompts("tags.team = 'billing' AND name LIKE 'sdk.%'")] == [
        "sdk.faq"
    ]
    assert error_of(client.load, "sdk.nothing").error_code == "RESOURCE_DOES_NOT_EXIST"
    settle()
    assert client.client.get_prompt("sdk.faq").tags["_mlflow_experiment_ids"] == ",0,"
    used = client.client.search_prompts("experiment_id = '0' AND name LIKE 'sdk.%'")
    assert [one.name for one in used] == ["sdk.faq"]
    assert served.load("sdk.faq").template == chat


def test_a_damaged_version_is_told_of_without_being_asked_for_again_and_again(
    client: Sdk, server: Server, served: Registry, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.register("invoices.summarize", "Summarise {{invoice}}")
    git = Git(place / "registry")
    git.commit_file("prompts/invoices/summarize/1.yaml", "template: [\n", "Half a version")

    def again(*_: Any, **__: Any) -> Retry:
        pytest.fail("the client asks again")

    monkeypatch.setattr(Retry, "increment", again)
    error = error_of(client.load, "prompts:/invoices.summarize/1")
    assert error.error_code == "RESOURCE_CONFLICT"
    assert "prompts/invoices/summarize/1.yaml:2: " in error.message
    assert "invoices.summarize" in [found.name for found in client.client.search_prompts()]
    served.delete("invoices.summarize")


def test_commits_tell_who_and_why(client: Sdk, place: Path) -> None:
    user = {"mlflow.user": "grace@example.com"}
    client.genai.register_prompt("sdk.told", "kindly", "Answer kindly\n\nBecause customers asked.", tags=user)
    shown = Git(place / "registry")("log", "-1", "--format=%an <%ae> %cn%n%B", "--", "prompts/sdk/told/1.yaml")
    assert shown.splitlines() == [
        "grace@example.com <grace@example.com> Prompt server",
        "Answer kindly",
        "",
        "Because customers asked.",
    ]
    assert client.load("sdk.told").user_id == "grace@example.com"


WRITER = """
import logging, sys
logging.disable(logging.CRITICAL)
import mlflow
uri, tracking, name, count = sys.argv[1:5]
client = mlflow.MlflowClient(tracking_uri=tracking, registry_uri=uri)
for number in range(int(count)):
    made = client.register_prompt(name, f"{uri} {number}", f"from {uri[:4]} {number}")
    client.set_prompt_version_tag(name, made.version, "by", uri[:4])
    client.set_prompt_alias(name, "newest-" + uri[:4], made.version)
    print(made.version)
"""


def test_two_workers_the_plugin_and_the_command_line_lose_nothing(
    server: Server, place: Path, served: Registry
) -> None:
    served.register("busy", "first")
    path, count = str(place / "registry"), 8
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, uri, server.url, "busy", str(count)], stdout=subprocess.PIPE, text=True
        )
        for uri in (server.url, server.url, f"promptgit://{path}")
    ]
    by_hand = [sys.executable, "-m", "promptgit", "-C", path, "register", "busy", "-", "-m"]
    for number in range(count):
        line = [*by_hand, f"from the command line {number}"]
        subprocess.run(line, input=f"typed {number}", text=True, check=True, capture_output=True)
    given = [int(row) for writer in writers for row in writer.communicate()[0].split()]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(set(given)) == 3 * count
    assert served.versions("busy") == list(range(1, 4 * count + 2))
    assert set(served.aliases("busy")) == {"newest-http", "newest-prom"}
    assert sorted(set(given)) == [one for one in served.versions("busy") if served.load("busy", one).tags]
    Git(place / "registry").assert_sound()
