"""Version files as git diff compares them."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Cli
from support import Git

from promptgit import Registry
from promptgit.review.textconv import textconv

CHAT = b"""\
tools:
- {type: function, function: {name: find_order}}
template:
- role: system
  content: "You answer for {{shop}}.\\nBe \\u202ekind.\\n"
- placeholder: history
- role: user
  content: "{{question}}"
variables:
  shop: {default: Acme}
model_config: {temperature: 0.2, model: gpt-4.1}
"""
SHOWN = """\
[system]
You answer for {{shop}}.
Be \\u202ekind.


[{history}]


[user]
{{question}}

[variables]
history: {"type": "array", "required": true, "placeholder": true}
question: {"type": "string", "required": true}
shop: {"type": "string", "required": false, "default": "Acme"}

[settings]
model_config.model: "gpt-4.1"
model_config.temperature: 0.2
syntax: "double-brace"
tools: [
  {
    "function": {
      "name": "find_order"
    },
    "type": "function"
  }
]

"""


def test_texts_stand_as_they_are_read_and_settings_are_sorted() -> None:
    assert textconv(CHAT).decode() == SHOWN


def test_a_lost_final_newline_is_a_changed_line() -> None:
    assert textconv(b"template: |\n  Answer.\n") != textconv(b"template: |-\n  Answer.\n")


@pytest.mark.parametrize(
    "data",
    [
        b"production: 3\n",
        b"template: 3\n",
        b"description: Answers about refunds\n",
        b"template: [unclosed\n",
        b"syntax: jinja2\ntemplate: '{% if %}'\n",
        b"\xff\xfe",
        b"",
    ],
)
def test_what_is_no_valid_version_is_shown_as_it_is(data: bytes) -> None:
    assert textconv(data) == data


def test_git_diff_and_log_show_words_not_yaml(refunds: Registry, git: Git, cli: Cli) -> None:
    cli("hook", "install")
    (git.path / "prompts/support/refunds/3.yaml").write_text(
        'template: "Answer kindly.\\n\\nQuestion: {{question}}\\n"\n'
    )
    shown = git("diff", "--unified=0", "--", "prompts")
    assert [line for line in shown.splitlines() if line[:1] in "+-"][2:] == [
        "-Answer kindly and briefly.",
        "+Answer kindly.",
    ]
    history = git("log", "-p", "--format=", "--", "prompts/support/refunds/1.yaml")
    assert "+[text]\n+Answer briefly.\n+\n+Question: {{question}}\n" in history
    aliases = git("log", "-p", "-1", "--format=", "--", "prompts/support/refunds/aliases.yaml")
    assert "+production: 1" in aliases


def test_git_diff_works_where_promptgit_is_gone(refunds: Registry, git: Git, cli: Cli) -> None:
    cli("hook", "install")
    git("config", "diff.promptgit.textconv", git("config", "diff.promptgit.textconv").replace("python", "no-python"))
    (git.path / "prompts/support/refunds/3.yaml").write_text("template: Answer.\n")
    assert "+template: Answer." in git("diff", "--", "prompts", PATH="/usr/bin:/bin")


def test_the_command_prints_the_bytes_of_what_it_does_not_know(anywhere: Cli) -> None:
    Path("notes.txt").write_bytes(b"caf\xe9\n")
    assert anywhere("textconv", "notes.txt").bytes == b"caf\xe9\n"
    assert anywhere("textconv", "missing.yaml").code == 1
