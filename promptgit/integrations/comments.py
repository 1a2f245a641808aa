"""One comment of promptgit on a pull request, made once and kept up to date.

The comment is found again by the marker that it begins with and by its author, so that nobody else's is ever changed,
whatever it holds. A review that is empty makes no comment, but empties one that is there.

GitHub (https://docs.github.com/rest/issues/comments): GITHUB_TOKEN with `pull-requests: write`, which pull requests from
forks do not get. GitLab (https://docs.gitlab.com/api/notes/): PROMPTGIT_GITLAB_TOKEN with the scope `api`; a CI_JOB_TOKEN
cannot write notes.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from urllib.parse import quote

from promptgit.errors import HostError
from promptgit.integrations.http import Client, RefusedError, UncertainError
from promptgit.record import Record
from promptgit.review.markdown import MARKER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol

    class Host(Protocol):
        """What differs between code hosts."""

        def own(self) -> Comment | None:
            """The first comment of promptgit, if there is one."""

        def create(self, body: str) -> str:
            """Make a comment; return its URL."""

        def update(self, comment: Comment, body: str) -> str:
            """Give a comment another text; return its URL."""


_BOT = "github-actions[bot]"
_FORK_HINT = (
    "Give the job `pull-requests: write`. On a pull request from a fork the token stays read-only: "
    "there use the job's summary and the artifact."
)
_GITLAB_HINT = (
    "Make a project access token with the role Reporter and the scope api, and set it as the masked CI/CD variable "
    "PROMPTGIT_GITLAB_TOKEN. CI_JOB_TOKEN cannot write notes."
)


class Comment(Record):
    """A comment that is there.

    Attributes:
        id: the host's number for it.
        body: its Markdown.
        url: where it is seen.
    """

    id: int
    body: str
    url: str


class Posted(Record):
    """What became of a comment.

    Attributes:
        url: where it is seen; empty if there was nothing to say and no comment.
        created: whether it is new.
    """

    url: str
    created: bool


def post(body: str, *, environ: Mapping[str, str], is_empty: bool = False, timeout_seconds: float = 60) -> Posted:
    """Make or update the comment on the pull request that a job runs for.

    Args:
        body: Markdown that begins with the marker, as `promptgit.review.markdown.render` makes it.
        environ: the job's variables: where the host is, which pull request, the token.
        is_empty: whether the review found no change: then no comment is made.
        timeout_seconds: for all of it.

    Raises:
        HostError: this is no job of a pull request, the token may not comment, or the host does not answer.
    """
    host = _host(environ, timeout_seconds)
    found = host.own()
    if found is None and is_empty:
        return Posted(url="", created=False)
    if found is None:
        try:
            return Posted(url=host.create(body), created=True)
        except UncertainError:
            # it may have been made all the same: look before making a second one
            found = host.own()
            if found is None:
                return Posted(url=host.create(body), created=True)
    is_same = found.body.strip() == body.strip()
    return Posted(url=found.url if is_same else host.update(found, body), created=False)


def run_url(environ: Mapping[str, str]) -> str:
    """The page of the job that runs, where its artifacts are; empty outside of GitHub Actions and GitLab CI."""
    if environ.get("GITHUB_RUN_ID"):
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{environ['GITHUB_RUN_ID']}"
    return environ.get("CI_JOB_URL", "")


def _host(environ: Mapping[str, str], timeout_seconds: float) -> Host:
    if environ.get("GITHUB_REPOSITORY"):
        return _GitHub(environ, timeout_seconds)
    if environ.get("CI_API_V4_URL"):
        return _GitLab(environ, timeout_seconds)
    raise HostError(
        "there is no pull request to comment on here",
        hint="`--post` is for jobs of GitHub Actions and GitLab CI. Elsewhere print the Markdown and post it by hand.",
    )


class _GitHub:
    def __init__(self, environ: Mapping[str, str], timeout_seconds: float) -> None:
        repository = environ["GITHUB_REPOSITORY"]
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII):
            raise HostError("GITHUB_REPOSITORY is not OWNER/NAME")
        token = environ.get("GITHUB_TOKEN", "")
        if not token:
            hint = "Hand it to the step: `env: {GITHUB_TOKEN: ${{ github.token }}}`."
            raise HostError("GITHUB_TOKEN is not set", hint=hint)
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        base = environ.get("GITHUB_API_URL") or "https://api.github.com"
        self._client = Client(base, headers, token, timeout_seconds=timeout_seconds)
        self._repository = f"/repos/{repository}"
        self._list = f"{self._repository}/issues/{_pull_request(environ)}/comments"

    def own(self) -> Comment | None:
        mine = self._me()
        try:
            for item in self._client.pages(f"{self._list}?per_page=100"):
                if _text(item, "body").startswith(MARKER) and _text(_inner(item, "user"), "login") == mine:
                    return Comment(id=int(item["id"]), body=_text(item, "body"), url=_text(item, "html_url"))
        except RefusedError as error:
            raise _explained(error, "GITHUB_TOKEN", _FORK_HINT) from error
        return None

    def create(self, body: str) -> str:
        return self._written("POST", self._list, body)

    def update(self, comment: Comment, body: str) -> str:
        return self._written("PATCH", f"{self._repository}/issues/comments/{comment.id}", body)

    def _written(self, method: str, path: str, body: str) -> str:
        try:
            return _text(self._client.call(method, path, {"body": body}), "html_url")
        except RefusedError as error:
            raise _explained(error, "GITHUB_TOKEN", _FORK_HINT) from error

    def _me(self) -> str:
        """Who writes with this token. A job's own token may not ask, and is always the same bot."""
        try:
            return _text(self._client.call("GET", "/user"), "login")
        except RefusedError as error:
            if error.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                raise _explained(error, "GITHUB_TOKEN", _FORK_HINT) from error
            return _BOT


class _GitLab:
    def __init__(self, environ: Mapping[str, str], timeout_seconds: float) -> None:
        number = environ.get("CI_MERGE_REQUEST_IID", "")
        if not _is_number(number):
            hint = (
                "Run the job in merge request pipelines: `rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}]`."
            )
            raise HostError("this job runs for no merge request", hint=hint)
        token = environ.get("PROMPTGIT_GITLAB_TOKEN", "")
        if not token:
            raise HostError("PROMPTGIT_GITLAB_TOKEN is not set", hint=_GITLAB_HINT)
        self._client = Client(
            environ["CI_API_V4_URL"], {"PRIVATE-TOKEN": token}, token, timeout_seconds=timeout_seconds
        )
        project = environ.get("CI_MERGE_REQUEST_PROJECT_ID") or environ.get("CI_PROJECT_ID", "")
        self._list = f"/projects/{quote(project, safe='')}/merge_requests/{number}/notes"
        page = environ.get("CI_MERGE_REQUEST_PROJECT_URL") or environ.get("CI_PROJECT_URL", "")
        self._page = f"{page}/-/merge_requests/{number}"

    def own(self) -> Comment | None:
        for note in self._notes():
            return Comment(id=int(note["id"]), body=_text(note, "body"), url=self._url(note))
        return None

    def _notes(self) -> Iterator[dict[str, Any]]:
        try:
            mine = _text(self._client.call("GET", "/user"), "username")
            for note in self._client.pages(f"{self._list}?per_page=100&order_by=created_at&sort=asc"):
                if _text(note, "body").startswith(MARKER) and _text(_inner(note, "author"), "username") == mine:
                    yield note
        except RefusedError as error:
            raise _explained(error, "PROMPTGIT_GITLAB_TOKEN", _GITLAB_HINT) from error

    def create(self, body: str) -> str:
        return self._written("POST", self._list, body)

    def update(self, comment: Comment, body: str) -> str:
        return self._written("PUT", f"{self._list}/{comment.id}", body)

    def _written(self, method: str, path: str, body: str) -> str:
        try:
            return self._url(self._client.call(method, path, {"body": body}))
        except RefusedError as error:
            raise _explained(error, "PROMPTGIT_GITLAB_TOKEN", _GITLAB_HINT) from error

    def _url(self, note: Any) -> str:
        number = note.get("id") if isinstance(note, dict) else None
        return f"{self._page}#note_{number}" if number else self._page


def _pull_request(environ: Mapping[str, str]) -> str:
    """The number of the pull request: the event says it; without one, the ref that is built."""
    try:
        with open(environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
            event = json.load(file)
        number = str(_inner(event, "pull_request").get("number", ""))
    except (KeyError, OSError, ValueError):
        number = ""
    if not number:
        found = re.match(r"refs/pull/([0-9]+)/", environ.get("GITHUB_REF", ""))
        number = found[1] if found else ""
    if not _is_number(number):
        raise HostError("this job runs for no pull request", hint="Run it on the event pull_request.")
    return number


def _explained(error: RefusedError, variable: str, hint: str) -> HostError:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return HostError(f"the token in {variable} is not accepted ({error.message})", hint=hint)
    if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        return HostError(f"the token in {variable} may not write comments ({error.message})", hint=hint)
    return error


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _inner(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
