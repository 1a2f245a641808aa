"""A file holds what looks like a secret: a key, a token, a password in a URL.

Whoever can read the repository, and every clone of it for ever, has it. The detectors are those of detect-secrets
(https://github.com/Yelp/detect-secrets) that know a secret by its form; those that guess from randomness are not
used, as prompts are full of examples.

To mend it before it is committed: take it out, and pass it as a variable. Once it was pushed, revoke the key first;
taking it out of the history does not bring it back.
"""

from __future__ import annotations

import re

from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from promptgit.checks.subject import File
    from promptgit.problems import Problem

# What all of the detectors below need, so that a file without it does not pay 120 ms for importing them.
_TRACE = re.compile(r"[A-Za-z0-9_\-+/=.]{16,}|PRIVATE KEY|PuTTY-User-Key|://[^/?#\s:@]+:[^/\s@]+@")
_LETTER_AND_DIGIT = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])")
_DETECTORS = (
    "artifactory:ArtifactoryDetector",
    "aws:AWSKeyDetector",
    "azure_storage_key:AzureStorageKeyDetector",
    "basic_auth:BasicAuthDetector",
    "discord:DiscordBotTokenDetector",
    "github_token:GitHubTokenDetector",
    "gitlab_token:GitLabTokenDetector",
    "jwt:JwtTokenDetector",
    "mailchimp:MailchimpDetector",
    "npm:NpmDetector",
    "openai:OpenAIDetector",
    "private_key:PrivateKeyDetector",
    "pypi_token:PypiTokenDetector",
    "sendgrid:SendGridDetector",
    "slack:SlackDetector",
    "square_oauth:SquareOAuthDetector",
    "stripe:StripeDetector",
    "telegram_token:TelegramBotTokenDetector",
    "twilio:TwilioKeyDetector",
)
_LONGEST = 512  # characters of a run that are looked at; what is longer is data
_AROUND = 40
_detectors: list[Any] = []


def check_file(file: File) -> Iterator[Problem]:
    """See the manual above."""
    text = file.data.decode("utf-8", "replace")
    seen: set[tuple[int, str]] = set()
    for found in _TRACE.finditer(text):
        if not _is_trace(found[0][:_LONGEST]):
            continue
        window = _window(text, found.start(), found.end())
        for detector in _loaded():
            for secret in detector.analyze_string(window.text):
                offset = window.start + window.text.find(secret)
                if (offset, detector.secret_type) not in seen:
                    seen.add((offset, detector.secret_type))
                    yield _problem(file, text, offset, detector.secret_type)


class _Window(Record):
    """A piece of one line, and where it begins in the file."""

    text: str
    start: int


def _window(text: str, start: int, end: int) -> _Window:
    """What stands around a trace. It is short: some of the detectors take time that grows with the square of a text."""
    line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", start)
    first = max(line_start, start - _AROUND)
    last = min(line_end if line_end >= 0 else len(text), end + _AROUND, start + _LONGEST)
    return _Window(text=text[first:last], start=first)


def _is_trace(text: str) -> bool:
    return text[:3] == "://" or " " in text or text[:5] == "PuTTY" or bool(_LETTER_AND_DIGIT.match(text))


def _problem(file: File, text: str, offset: int, kind: str) -> Problem:
    hint = "Take it out and pass it as a variable. If it was ever pushed, revoke it first."
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    found: Problem = file.problem("secret", f"this looks like a secret: {kind}", hint=hint)
    placed: Problem = found.replace(line=line, column=column)
    return placed


def _loaded() -> list[Any]:
    if not _detectors:
        import importlib

        for name in _DETECTORS:
            module, _, detector = name.partition(":")
            _detectors.append(getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), detector)())
    return _detectors
