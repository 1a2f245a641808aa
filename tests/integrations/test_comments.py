"""One comment on a pull request: made once, kept up to date, never somebody else's, and the token goes nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from codehost import TOKEN, Answer, CodeHost, code_host

from promptgit.errors import HostError
from promptgit.integrations.comments import Posted, post, run_url
from promptgit.integrations.http import Client
from promptgit.review.markdown import MARKER

BODY = f"{MARKER}\n\n### production of `support.refunds` goes 3 → 5\n"
BOT = "github-actions[bot]"
GITHUB_URL = "https://github.com/acme/prompts/pull/7#issuecomment-{}"


@pytest.fixture
def host() -> Iterator[CodeHost]:
    with code_host() as server:
        yield server


@pytest.fixture
def github(host: CodeHost, tmp_path: Path) -> dict[str, str]:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"action": "opened", "number": 7, "pull_request": {"number": 7}}))
    return {
        "GITHUB_API_URL": host.url,
        "GITHUB_REPOSITORY": "acme/prompts",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_TOKEN": TOKEN,
    }


@pytest.fixture
def gitlab(host: CodeHost) -> dict[str, str]:
    host.user = "project_42_bot"
    return {
        "CI_API_V4_URL": f"{host.url}/api/v4",
        "CI_PROJECT_ID": "42",
        "CI_PROJECT_URL": "https://gitlab.com/acme/prompts",
        "CI_MERGE_REQUEST_IID": "7",
        "PROMPTGIT_GITLAB_TOKEN": TOKEN,
    }


@pytest.fixture(params=["github", "gitlab"])
def job(request: pytest.FixtureRequest) -> dict[str, str]:
    environ: dict[str, str] = request.getfixturevalue(request.param)
    return environ


def author(host: CodeHost) -> str:
    return host.user or BOT


# --- one comment ------------------------------------------------------------------------------------------------------


def test_the_first_review_makes_a_comment(host: CodeHost, job: dict[str, str]) -> None:
    posted = post(BODY, environ=job)
    assert posted.created
    assert posted.url.endswith("100")
    assert host.comments == [(100, author(host), BODY)]


def test_the_next_review_updates_it(host: CodeHost, job: dict[str, str]) -> None:
    first = post(BODY, environ=job)
    second = post(f"{BODY}\nNow it is breaking.\n", environ=job)
    assert second == Posted(url=first.url, created=False)
    assert host.comments == [(100, author(host), f"{BODY}\nNow it is breaking.\n")]


def test_the_same_review_writes_nothing(host: CodeHost, job: dict[str, str]) -> None:
    post(BODY, environ=job)
    writes = len(host.seen) - len(host.requests("GET"))
    post(BODY, environ=job)
    assert len(host.seen) - len(host.requests("GET")) == writes == 1


def test_it_is_found_on_a_later_page(host: CodeHost, job: dict[str, str]) -> None:
    host.page_size = 2
    host.comments = [(number, "grace", f"Comment {number}") for number in range(1, 5)]
    host.comments += [(5, author(host), f"{MARKER}\nold\n")]
    assert not post(BODY, environ=job).created
    assert host.comments[-1] == (5, author(host), BODY)


def test_somebody_elses_comment_with_the_marker_is_left_alone(host: CodeHost, job: dict[str, str]) -> None:
    forged = (1, "mallory", f"{MARKER}\n### All checks passed\n")
    quoted = (2, author(host), f"> {MARKER}\n")
    host.comments = [forged, quoted]
    assert post(BODY, environ=job).created
    assert host.comments[:2] == [forged, quoted]


def test_an_empty_review_makes_no_comment(host: CodeHost, job: dict[str, str]) -> None:
    assert post(BODY, environ=job, is_empty=True) == Posted(url="", created=False)
    assert host.comments == []


def test_an_empty_review_empties_the_comment_that_is_there(host: CodeHost, job: dict[str, str]) -> None:
    post(BODY, environ=job)
    post(f"{MARKER}\n\nNo prompt changes.\n", environ=job, is_empty=True)
    assert [body for _, _, body in host.comments] == [f"{MARKER}\n\nNo prompt changes.\n"]


def test_a_token_of_a_person_writes_as_that_person(host: CodeHost, github: dict[str, str]) -> None:
    host.user = "ada"
    host.comments = [(1, BOT, f"{MARKER}\nby the bot\n"), (2, "ada", f"{MARKER}\nby ada\n")]
    assert post(BODY, environ=github).url == GITHUB_URL.format(2)
    assert host.comments[0] == (1, BOT, f"{MARKER}\nby the bot\n")


def test_the_link_of_a_note_leads_to_it(gitlab: dict[str, str]) -> None:
    assert post(BODY, environ=gitlab).url == "https://gitlab.com/acme/prompts/-/merge_requests/7#note_100"


def test_without_an_event_the_ref_says_which_pull_request(host: CodeHost, github: dict[str, str]) -> None:
    post(BODY, environ={**github, "GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/pull/23/merge"})
    assert host.requests("POST") == ["/repos/acme/prompts/issues/23/comments"]


# --- what a host may do -----------------------------------------------------------------------------------------------


def failure(environ: dict[str, str], **more: float) -> str:
    """What the error says, hint and all; it never holds the token."""
    with pytest.raises(HostError) as caught:
        post(BODY, environ=environ, **more)  # type: ignore[arg-type]
    said = str(caught.value)
    assert TOKEN not in said
    assert TOKEN not in repr(caught.value.__cause__)
    return said


def test_a_wrong_token_is_named_by_its_variable(job: dict[str, str]) -> None:
    name = "GITHUB_TOKEN" if "GITHUB_TOKEN" in job else "PROMPTGIT_GITLAB_TOKEN"
    said = failure({**job, name: "expired"})
    assert f"the token in {name} is not accepted" in said
    assert "Bad credentials" in said


def test_a_read_only_token_of_a_fork_is_explained(host: CodeHost, github: dict[str, str]) -> None:
    host.scripted = [("POST", "comments", Answer(403, {"message": "Resource not accessible by integration"}))]
    said = failure(github)
    assert "the token in GITHUB_TOKEN may not write comments" in said
    assert "On a pull request from a fork the token stays read-only" in said
    assert host.requests("POST") == ["/repos/acme/prompts/issues/7/comments"]


def test_a_host_that_is_overloaded_is_asked_again(host: CodeHost, job: dict[str, str]) -> None:
    host.scripted = [
        ("GET", "comments|notes", Answer(500, None, Retry_After="0")),
        ("GET", "comments|notes", Answer(429, None, Retry_After="0")),
        ("POST", "", Answer(429, None, Retry_After="0")),
    ]
    assert post(BODY, environ=job).created
    assert len(host.comments) == 1


def test_a_comment_that_was_made_though_the_host_said_500_is_not_made_twice(
    host: CodeHost, job: dict[str, str]
) -> None:
    host.scripted = [("POST", "", Answer(502, None, Done="yes"))]
    assert not post(BODY, environ=job).created
    assert len(host.comments) == 1


def test_a_host_that_stays_broken_is_given_up(host: CodeHost, github: dict[str, str]) -> None:
    host.scripted = [("GET", "comments", Answer(503, {"message": "Unicorn"}, Retry_After="0"))] * 9
    assert "answers 503 to GET: Unicorn" in failure(github)
    assert len(host.requests("GET")) == 1 + 4


def test_a_host_that_asks_to_wait_beyond_the_deadline_is_given_up(host: CodeHost, github: dict[str, str]) -> None:
    host.scripted = [("GET", "comments", Answer(429, None, Retry_After="3600"))]
    assert "answers 429" in failure(github)


def test_a_host_that_hangs_is_given_up_at_the_deadline(host: CodeHost, job: dict[str, str]) -> None:
    host.free.clear()
    assert "no answer from http://127.0.0.1" in failure(job, timeout_seconds=0.3)


def test_a_host_that_is_not_there_is_named(github: dict[str, str]) -> None:
    said = failure({**github, "GITHUB_API_URL": "http://127.0.0.1:9"}, timeout_seconds=0.3)
    assert said.startswith("no answer from http://127.0.0.1:9")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_is_not_sent_to_another_host(host: CodeHost, github: dict[str, str], status: int) -> None:
    with code_host() as other:
        host.scripted = [("GET", "comments", Answer(status, None, Location=f"{other.url}/repos"))]
        assert "sends to another host" in failure(github)
        assert other.seen == []


def test_the_token_is_not_sent_to_another_host_for_the_next_page(host: CodeHost, github: dict[str, str]) -> None:
    with code_host() as other:
        host.scripted = [("GET", "comments", Answer(200, [], Link=f'<{other.url}/next>; rel="next"'))]
        assert "sends to another host" in failure(github)
        assert other.seen == []


def test_a_repository_that_was_renamed_is_followed_on_its_host(host: CodeHost, github: dict[str, str]) -> None:
    host.scripted = [
        ("GET", "acme/prompts/", Answer(301, None, Location="/repos/acme/renamed/issues/7/comments")),
        ("POST", "acme/prompts/", Answer(307, None, Location="/repos/acme/renamed/issues/7/comments")),
    ]
    assert post(BODY, environ=github).created
    assert host.requests("POST")[-1] == "/repos/acme/renamed/issues/7/comments"


def test_redirects_end(host: CodeHost, github: dict[str, str]) -> None:
    host.scripted = [("GET", "comments", Answer(302, None, Location="/again/comments"))] * 9
    assert "redirects without end" in failure(github)


def test_an_answer_that_is_no_json_is_no_comment(host: CodeHost, github: dict[str, str]) -> None:
    host.scripted = [("GET", "comments", Answer(200, "<html>")), ("GET", "user", Answer(200, None))]
    assert post(BODY, environ=github).created


# --- what a job may be ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_TOKEN": "ghs_x\r\nHost: evil.example"}, "the token holds characters that no token has"),
        ({"GITHUB_REPOSITORY": "acme/prompts/../../user"}, "GITHUB_REPOSITORY is not OWNER/NAME"),
        ({"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main"}, "this job runs for no pull request"),
        ({"GITHUB_API_URL": "http://api.github.example"}, "is not asked by https"),
        ({"GITHUB_API_URL": "file:///etc/passwd"}, "the URL of the API cannot be used"),
        ({"GITHUB_API_URL": "https://ada:secret@api.github.example"}, "the URL of the API cannot be used"),
        ({"GITHUB_API_URL": "https://[::1"}, "the URL of the API cannot be used"),
        ({"GITHUB_REPOSITORY": ""}, "there is no pull request to comment on here"),
    ],
)
def test_what_a_job_lacks_is_said(host: CodeHost, github: dict[str, str], changes: dict[str, str], said: str) -> None:
    assert said in failure({**github, **changes})
    assert host.seen == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PROMPTGIT_GITLAB_TOKEN": ""}, "CI_JOB_TOKEN cannot write notes"),
        ({"CI_MERGE_REQUEST_IID": ""}, "this job runs for no merge request"),
        ({"CI_MERGE_REQUEST_IID": "7/../8"}, "this job runs for no merge request"),
    ],
)
def test_what_a_gitlab_job_lacks_is_said(gitlab: dict[str, str], changes: dict[str, str], said: str) -> None:
    assert said in failure({**gitlab, **changes})


def test_the_page_of_the_job_is_known() -> None:
    assert run_url({}) == ""
    assert run_url({"CI_JOB_URL": "https://gitlab.com/acme/-/jobs/3"}) == "https://gitlab.com/acme/-/jobs/3"
    job = {"GITHUB_RUN_ID": "5", "GITHUB_REPOSITORY": "acme/prompts", "GITHUB_SERVER_URL": "https://github.example"}
    assert run_url(job) == "https://github.example/acme/prompts/actions/runs/5"


def test_an_answer_without_end_is_cut(host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptgit.integrations.http._LARGEST", 1000)
    host.scripted = [("GET", "long", Answer(200, "x" * 2000))]
    client = Client(host.url, {}, TOKEN, timeout_seconds=5)
    with pytest.raises(HostError, match="answers with more than"):
        client.call("GET", "/long")
