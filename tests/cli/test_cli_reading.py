"""show, render, list, log, alias list, history and search, run over a real registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import Cli
from support import Git

from promptgit import Registry
from promptgit.errors import InvalidDocumentError

TRICKY = "caf\u00e9 \r\n\ttab  \nline\u2028separator \x1b[31mred\u202e \U0001f600 {{question}} no end"


def test_show_prints_the_text_byte_for_byte(cli: Cli, registry: Registry) -> None:
    registry.register("tricky", TRICKY)
    assert cli("show", "tricky").bytes == TRICKY.encode()
    assert cli("render", "tricky", "-v", "question={{x}}").bytes == TRICKY.replace("{{question}}", "{{x}}").encode()


def test_show_takes_every_form_of_a_uri(cli: Cli) -> None:
    for uri in ("prompts:/support.refunds@production", "support.refunds/1", "support.refunds/production"):
        assert "briefly" in cli("show", uri).out
    assert "kindly and briefly" in cli("show", "support.refunds").out


def test_show_json_holds_the_version_and_its_commit(cli: Cli, git: Git) -> None:
    found = cli("show", "support.refunds@production", "--json").json
    assert found["name"] == "support.refunds"
    assert found["version"] == 1
    assert found["aliases"] == ["production"]
    assert found["resolved_from"] == "production"
    assert found["variables"]["question"]["type"] == "string"
    assert found["commit_message"] == "Answer briefly"
    assert found["author"] == "Ada Lovelace <ada@example.com>"
    assert found["commit"] in git("log", "--format=%H")
    assert found["created_at"].endswith("Z")


def test_show_of_messages_prints_blocks(cli: Cli, registry: Registry) -> None:
    messages: list[dict[str, object]] = [
        {"role": "system", "content": "You help {{team}}."},
        {"placeholder": "history"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
    ]
    registry.register("chat", messages)
    shown = cli("show", "chat").out
    assert shown == (
        "[system]\nYou help {{team}}.\n\n[history: messages, given by the caller]\n\n"
        '[user]\nLook:\n{"type": "image_url", "image_url": {"url": "x"}}\n'
    )
    assert cli("show", "chat", "--json").json["template"] == messages


def test_reading_as_of_an_earlier_state(cli: Cli, git: Git) -> None:
    first = git("log", "--reverse", "--format=%H", "--", "prompts").splitlines()[0]
    assert "briefly" in cli("show", "support.refunds", "--rev", first).out
    assert "briefly" in cli("show", f"support.refunds?rev={first}").out
    assert cli("list", "--rev", first, "--json").json[0]["version"] == 1
    assert cli("alias", "list", "--rev", first, "--json").json == []
    assert len(cli("log", "support.refunds", "--rev", first, "--json").json) == 1
    assert len(cli("history", "--rev", first, "--json").json) == 1


def test_render_reads_values_by_their_declared_type(cli: Cli, registry: Registry) -> None:
    kinds = {
        "count": {"type": "integer"},
        "tags": {"type": "array"},
        "free": {"type": "any"},
        "text": {"type": "string"},
    }
    registry.register("typed", "{{count}} {{tags}} {{free}} {{text}}", variables=kinds)
    values = ["-v", "count=3", "-v", 'tags=["a", "é"]', "-v", "free=plain", "-v", "text=3"]
    assert cli("render", "typed", *values).out == '3 ["a", "é"] plain 3'
    refused = cli("render", "typed", "-v", "count=three", code=2)
    assert "count is declared as integer" in refused.err


def test_render_reads_values_from_files_and_prefers_v(cli: Cli, tmp_path: Path) -> None:
    yaml, as_json = tmp_path / "v.yaml", tmp_path / "v.json"
    yaml.write_text("question: from yaml\n")
    as_json.write_text('{"question": "from json"}')
    assert cli("render", "support.refunds", "--values", yaml).out.endswith("from yaml\n")
    assert cli("render", "support.refunds", "--values", as_json).out.endswith("from json\n")
    assert cli("render", "support.refunds", "--values", yaml, "-v", "question=mine").out.endswith("mine\n")


def test_render_says_what_is_missing_unless_partial(cli: Cli) -> None:
    refused = cli("render", "support.refunds", code=1).err
    assert refused == "error: missing variable: question\nhint: Give a value: -v question=...; or --partial\n"
    assert cli("render", "support.refunds", "--partial").out.endswith("{{question}}\n")
    assert cli("render", "support.refunds", "--partial", "--json").json["missing"] == ["question"]


def test_render_json_holds_the_content(cli: Cli, registry: Registry) -> None:
    registry.register("chat", [{"role": "user", "content": "{{question}}"}])
    found = cli("render", "chat", "-v", "question=Why?", "--json").json
    assert found["content"] == [{"role": "user", "content": "Why?"}]
    assert (found["uri"], found["missing"]) == ("prompts:/chat/1", [])


def test_list_shows_prompts_by_pattern(cli: Cli, registry: Registry) -> None:
    registry.register("shop.cart", "x", tags={"team": "shop"})
    assert [row["name"] for row in cli("list", "--json").json] == ["shop.cart", "support.refunds"]
    assert [row["name"] for row in cli("list", "shop.*", "--json").json] == ["shop.cart"]
    lines = cli("list").out.splitlines()
    assert lines[0].split() == ["prompt", "latest", "aliases", "description", "tags"]
    assert lines[1].split() == ["shop.cart", "1", "team=shop"]
    assert cli("list", "nothing.*", "--json").json == []


def test_a_damaged_prompt_does_not_hide_the_others(cli: Cli, registry: Registry) -> None:
    registry.register("shop.cart", "x")
    Path(registry.path, "prompts/shop/cart/1.yaml").write_text("template: [\n")
    result = cli("list", code=1)
    assert "support.refunds" in result.out
    assert "prompts/shop/cart/1.yaml:" in result.err
    assert [row["name"] for row in cli("list", "--json", code=1).json] == ["support.refunds"]


def test_a_search_that_cannot_read_a_prompt_finds_the_others_and_names_it(cli: Cli, registry: Registry) -> None:
    registry.register("shop.cart", "Answer kindly.\n")
    Path(registry.path, "prompts/shop/cart/1.yaml").write_text("template: [\n")
    Path(registry.path, "prompts/shop/cart/prompt.yaml").write_text("description: [\n")
    for file, line in (
        ("1", ["template LIKE '%Answer%'"]),
        ("prompt", ["name LIKE '%'", "--order-by", "updated DESC"]),
    ):
        result = cli("search", *line, "--json", code=1)
        assert [row["name"] for row in result.json] == ["support.refunds"]
        assert f"prompts/shop/cart/{file}.yaml:2:1: " in result.err
    assert cli("search", "name = 'support.refunds'", "--json").err == ""
    with pytest.raises(InvalidDocumentError, match=r"prompts/shop/cart/1\.yaml"):
        registry.search("template LIKE '%Answer%'")


def test_a_long_cell_in_a_pipe_is_whole_and_widens_no_other_line(cli: Cli, registry: Registry) -> None:
    message = "Answer kindly, " * 100
    registry.register("support.refunds", "Answer very kindly.", message)
    header, newest, *earlier = cli("history").out.splitlines()
    assert message.strip() in newest
    assert max(map(len, (header, *earlier))) < 200
    assert earlier[0].index("support.refunds: aliases") == header.index("changes")


def test_log_tells_one_prompts_story(cli: Cli, registry: Registry) -> None:
    registry.set_alias("support.refunds", "canary", {2: 90, 3: 10}, message="Try version 3")
    registry.set_tag("support.refunds", "team", "support")
    entries = cli("log", "support.refunds", "--json").json
    told = {entry["what"]: entry for entry in entries}
    assert told["canary: new -> 2=90 3=10"]["to"] == {"2": 90, "3": 10}
    assert told["version 3"]["aliases"] == ["canary 10%"]
    assert told["version 1"]["aliases"] == ["production"]
    assert told["notes added"]["kind"] == "change"
    assert len(cli("log", "support.refunds", "-n", 2, "--json").json) == 2
    assert "Try version 3" in cli("log", "support.refunds").out


def test_log_shows_what_is_not_committed_and_what_was_deleted(cli: Cli, registry: Registry) -> None:
    registry.delete_version("support.refunds", 2, message="Too kind")
    Path(registry.path, "prompts/support/refunds/4.yaml").write_text("template: draft\n")
    told = [entry["what"] for entry in cli("log", "support.refunds", "--json").json]
    assert told[0] == "version 4, not committed yet"
    assert "version 2, deleted since" in told


def test_log_of_a_deleted_and_of_a_renamed_prompt(cli: Cli, registry: Registry) -> None:
    registry.rename("support.refunds", "shop.refunds")
    told = [entry["what"] for entry in cli("log", "shop.refunds", "--json").json]
    assert "renamed: support.refunds -> shop.refunds" in told
    assert {"version 1", "version 3", "production: new -> 1"} <= set(told)
    registry.delete_alias("shop.refunds", "production")
    registry.delete("shop.refunds")
    assert "version 1, deleted since" in cli("log", "shop.refunds").out


def test_alias_list_and_log(cli: Cli, registry: Registry) -> None:
    registry.set_alias("support.refunds", "production", 3, message="Go live")
    assert cli("alias", "list", "--json").json == [{"prompt": "support.refunds", "alias": "production", "target": 3}]
    assert cli("alias", "list", "support.refunds").out.splitlines()[1].split() == [
        "support.refunds",
        "production",
        "3",
    ]
    moves = cli("alias", "log", "support.refunds", "production", "--json").json
    assert [(move["from"], move["to"]) for move in moves] == [(1, 3), (None, 1)]
    assert moves[0]["message"] == "Go live"
    assert "1 -> 3" in cli("alias", "log", "support.refunds").out


def test_history_of_the_whole_registry(cli: Cli, registry: Registry) -> None:
    registry.register("shop.cart", "x", "Add the cart")
    events = cli("history", "--json").json
    assert events[0]["message"] == "Add the cart"
    assert events[0]["changes"] == [{"prompt": "shop.cart", "change": "version 1 added"}]
    assert len(cli("history", "-n", 2, "--json").json) == 2
    assert len(cli("history", "--since", "2000-01-01", "--json").json) == len(events)
    assert cli("history", "--since", "2999-01-01", "--json").json == []
    assert "shop.cart: version 1 added" in cli("history").out
    assert "is no date" in cli("history", "--since", "yesterday", code=2).err


def test_history_index_writes_the_graph(cli: Cli, git: Git) -> None:
    assert "written" in cli("history", "--index").out
    assert list((git.path / ".git/objects/info/commit-graphs").iterdir())


def test_search_filters_orders_and_limits(cli: Cli, registry: Registry) -> None:
    registry.register("shop.cart", "A cart for {{name}}", tags={"team": "shop"})
    assert [row["name"] for row in cli("search", "tags.team = 'shop'", "--json").json] == ["shop.cart"]
    assert cli("search", "template LIKE '%Question%'", "--json").json[0]["aliases"] == {"production": 1}
    both = cli("search", "name LIKE '%'", "--order-by", "name DESC", "--max", 1, "--json").json
    assert [row["name"] for row in both] == ["support.refunds"]
    assert "shop.cart" in cli("search", "alias IS NULL").out


def test_a_filter_that_cannot_be_read_shows_where(cli: Cli) -> None:
    lines = cli("search", "name ~ 'x'", code=1).err.splitlines()
    assert lines[1:3] == ["  name ~ 'x'", "       ^"]


def test_json_is_one_document_and_safe_on_a_terminal(cli: Cli, registry: Registry) -> None:
    registry.register("tricky", TRICKY, "Line\x1b]0;x\x07 one")
    result = cli("show", "tricky", "--json")
    assert result.json["template"] == TRICKY
    assert not set("\x1b\x9b\u202e\u2028") & set(result.out)
    assert json.loads(result.out)["commit_message"] == "Line\x1b]0;x\x07 one"
