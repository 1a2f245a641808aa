"""The jobs that a new registry brings for GitHub and GitLab: least privilege, nothing to inject into, and they really run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from codehost import TOKEN, code_host
from support import Git

import promptgit
from promptgit.registry.create import create
from promptgit.resources import template_files

FILES = dict(template_files())
GITHUB = yaml.safe_load(FILES[".github/workflows/promptgit.yml"])
GITLAB = yaml.safe_load(FILES[".gitlab-ci.yml"])
JOBS: dict[str, Any] = GITHUB["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]
EXPRESSION = "${{"


# --- what stands in them ----------------------------------------------------------------------------------------------


def test_nothing_is_put_into_a_script_by_an_expression() -> None:
    assert [step["run"] for step in STEPS if EXPRESSION in step.get("run", "")] == []


def test_a_job_may_read_and_the_review_may_comment() -> None:
    assert GITHUB["permissions"] == {}
    assert JOBS["check"]["permissions"] == {"contents": "read"}
    assert JOBS["review"]["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_pull_requests_of_strangers_get_no_token_that_writes() -> None:
    assert GITHUB[True] == {"pull_request": None}  # YAML 1.1 reads the key "on" as true
    assert "secrets." not in FILES[".github/workflows/promptgit.yml"].decode()
    with_token = [step for step in STEPS if "GITHUB_TOKEN" in step.get("env", {})]
    assert [step["name"] for step in with_token] == ["Comment"]
    assert with_token[0]["if"] == "github.event.pull_request.head.repo.full_name == github.repository"


def test_a_checkout_brings_history_and_leaves_no_credentials() -> None:
    checkouts = [step["with"] for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts == [{"fetch-depth": 0, "persist-credentials": False}] * len(JOBS)


def test_an_action_is_pinned_to_a_commit_and_says_its_version() -> None:
    lines = [line for line in FILES[".github/workflows/promptgit.yml"].decode().splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        assert re.fullmatch(r"\s+- uses: actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_jobs_end_and_older_ones_are_cancelled() -> None:
    assert all(job["timeout-minutes"] <= 10 for job in JOBS.values())
    assert GITHUB["concurrency"]["cancel-in-progress"] is True
    assert GITLAB[".promptgit"]["timeout"] == "10 minutes"


def test_the_promptgit_that_runs_is_the_one_that_made_the_registry() -> None:
    assert GITHUB["env"]["PROMPTGIT_VERSION"] == promptgit.__version__
    assert GITLAB[".promptgit"]["variables"]["PROMPTGIT_VERSION"] == promptgit.__version__
    for line in [
        *(step["run"] for step in STEPS if step.get("name") == "Install"),
        *GITLAB[".promptgit"]["before_script"],
    ]:
        assert line.endswith('pip install --quiet "promptgit==$PROMPTGIT_VERSION"')


def test_gitlab_runs_in_merge_requests_with_all_history() -> None:
    assert GITLAB[".promptgit"]["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert GITLAB[".promptgit"]["variables"]["GIT_DEPTH"] == "0"
    assert all(GITLAB[job]["extends"] == ".promptgit" for job in ("promptgit:check", "promptgit:review"))


def owner(path: str) -> str:
    """Who owns a path: of the patterns that match it, the last one counts."""
    found = ""
    for line in FILES["CODEOWNERS"].decode().splitlines():
        if line and not line.startswith("#"):
            pattern, team = line.split()
            expression = re.escape(pattern.lstrip("/")).replace(r"\*\*/", "(.+/)?")
            if re.match(expression + ("" if pattern.endswith("/") else "$"), path):
                found = team.rpartition("/")[2]
    return found


@pytest.mark.parametrize(
    ("path", "team"),
    [
        ("prompts/support/refunds/3.yaml", "prompt-authors"),
        ("prompts/support/refunds/prompt.yaml", "prompt-authors"),
        ("prompts/support/refunds/aliases.yaml", "prompt-promoters"),
        ("promptgit.yaml", "prompt-promoters"),
        ("CODEOWNERS", "prompt-promoters"),
        (".github/workflows/promptgit.yml", "prompt-promoters"),
        (".gitlab-ci.yml", "prompt-promoters"),
        (".gitattributes", "prompt-promoters"),
        ("README.md", ""),
    ],
)
def test_authors_write_and_promoters_decide(path: str, team: str) -> None:
    assert owner(path) == team


# --- where they are put -----------------------------------------------------------------------------------------------


def test_a_registry_that_is_a_repository_has_them_at_its_top(tmp_path: Path) -> None:
    made = create(str(tmp_path / "prompts"))
    assert {".github/workflows/promptgit.yml", ".gitlab-ci.yml", "CODEOWNERS"} <= set(made.files)
    assert made.left_out == ()


def test_a_registry_in_a_folder_of_a_repository_is_made_without_them(git: Git) -> None:
    git("rm", "-q", "promptgit.yaml")
    git.commit_file("app.py", "print('shop')\n")
    made = create(str(git.path / "prompts"))
    assert made.left_out == (".github/workflows/promptgit.yml", ".gitlab-ci.yml", "CODEOWNERS")
    assert not (git.path / "prompts/.github").exists()
    assert (git.path / "prompts/promptgit.yaml").exists()


# --- and they run -----------------------------------------------------------------------------------------------------


class PullRequest:
    """A clone as a runner has it: history of all branches, and the merge of the pull request checked out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upstream = Git(folder / "upstream")
        create(str(self.upstream.path))
        self.upstream("switch", "-qc", "kinder-refunds")

    def checkout(self) -> Git:
        self.upstream("switch", "-q", "main")
        (self.folder / "home").mkdir()
        Git(self.folder)("clone", "-q", "upstream", "runner")
        runner = Git(self.folder / "runner")
        runner("checkout", "-q", "--detach", "origin/main")
        runner("merge", "-q", "--no-ff", "-m", "Merge the pull request", "origin/kinder-refunds")
        return runner

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script as both hosts do: bash, stopping at the first failure."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder / "runner",
            env={**os.environ, "PATH": path, **variables},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def pull_request(tmp_path: Path) -> PullRequest:
    return PullRequest(tmp_path)


def promote(pull_request: PullRequest) -> None:
    """A change that promotes version 2, and makes somebody's text a part of the review."""
    change = pull_request.upstream
    template = "template: |\n  Hello {{name}}.\n  ::error::pwned\n  $(touch pwned) `touch pwned`\n"
    change.commit_file("prompts/support/hello/1.yaml", template, "Add a greeting; $(touch pwned)")
    aliases = (change.path / "prompts/support/refunds/aliases.yaml").read_text()
    change.commit_file("prompts/support/refunds/aliases.yaml", aliases.replace("production: 1", "production: 2"))


def github_script(job: str, name: str) -> str:
    (found,) = (step["run"] for step in JOBS[job]["steps"] if step.get("name") == name)
    return str(found)


def test_the_github_jobs_check_and_review_a_pull_request(pull_request: PullRequest) -> None:
    promote(pull_request)
    runner = pull_request.checkout()
    summary = pull_request.folder / "summary.md"
    variables = {"GITHUB_BASE_REF": "main", "GITHUB_STEP_SUMMARY": str(summary)}
    checked = pull_request.run(github_script("check", "Check"), **variables)
    assert (checked.returncode, checked.stderr) == (0, ""), checked
    reviewed = pull_request.run(github_script("review", "Review"), **variables)
    assert reviewed.returncode == 0, reviewed.stderr
    assert "production of `support.refunds` goes 1 → 2" in summary.read_text()
    assert not re.search(r"^\s*::", summary.read_text(), re.MULTILINE)
    assert "production of" in (runner.path / "prompt-review.html").read_text()
    assert not list(pull_request.folder.rglob("pwned"))


def test_the_github_check_refuses_a_changed_version(pull_request: PullRequest) -> None:
    pull_request.upstream.commit_file("prompts/support/refunds/1.yaml", "template: Say no.\n")
    pull_request.checkout()
    checked = pull_request.run(github_script("check", "Check"), GITHUB_BASE_REF="main")
    assert checked.returncode == 1
    assert checked.stdout.startswith("::error file=prompts/support/refunds/")


def test_the_github_comment_is_posted(pull_request: PullRequest) -> None:
    promote(pull_request)
    pull_request.checkout()
    with code_host() as host:
        variables = {
            "GITHUB_API_URL": host.url,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/prompts",
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_RUN_ID": "5",
            "GITHUB_BASE_REF": "main",
            "GITHUB_TOKEN": TOKEN,
        }
        posted = pull_request.run(github_script("review", "Comment"), **variables)
        assert posted.returncode == 0, posted.stderr
        ((_, _, body),) = host.comments
    assert "[See the whole review](<https://github.com/acme/prompts/actions/runs/5>)" in body
    assert TOKEN not in posted.stdout + posted.stderr


def test_the_gitlab_jobs_check_and_review_a_merge_request(pull_request: PullRequest) -> None:
    promote(pull_request)
    runner = pull_request.checkout()
    with code_host() as host:
        host.user = "project_42_bot"
        variables = {
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": runner("rev-parse", "origin/main"),
            "CI_MERGE_REQUEST_IID": "7",
            "CI_API_V4_URL": f"{host.url}/api/v4",
            "CI_PROJECT_ID": "42",
            "CI_JOB_URL": "https://gitlab.com/acme/prompts/-/jobs/3",
            "PROMPTGIT_GITLAB_TOKEN": TOKEN,
        }
        for job in ("promptgit:check", "promptgit:review"):
            done = pull_request.run("\n".join(GITLAB[job]["script"]), **variables)
            assert done.returncode == 0, done.stderr
        ((_, _, body),) = host.comments
    assert "production of `support.refunds` goes 1 → 2" in body
    assert (runner.path / "prompt-review.html").exists()


def test_a_merged_results_pipeline_reviews_the_merge_request_alone(pull_request: PullRequest) -> None:
    promote(pull_request)
    runner = pull_request.checkout()
    fork = runner("rev-parse", "HEAD^2~1")
    script = "\n".join(GITLAB["promptgit:review"]["script"])
    target = {"CI_MERGE_REQUEST_TARGET_BRANCH_SHA": runner("rev-parse", "origin/main")}
    done = pull_request.run(script, CI_MERGE_REQUEST_DIFF_BASE_SHA=fork, **target)
    assert done.returncode == 0, done.stderr
    assert f"{target['CI_MERGE_REQUEST_TARGET_BRANCH_SHA']} (" in done.stdout


def test_without_a_token_the_gitlab_job_posts_nothing_and_is_fine(pull_request: PullRequest) -> None:
    promote(pull_request)
    runner = pull_request.checkout()
    base = runner("rev-parse", "origin/main")
    script = "\n".join(GITLAB["promptgit:review"]["script"])
    done = pull_request.run(script, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert done.returncode == 0, done.stderr
