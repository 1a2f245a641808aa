"""URIs and names: parsed once, exactly, and an error shows where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgit import layout
from promptgit.errors import InvalidReferenceError, PromptGitError
from promptgit.uri import PromptRef

_PART = st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,5}", fullmatch=True).filter(
    lambda part: part not in ("con", "prn", "aux", "nul")
)
_NAMES = st.lists(_PART, min_size=1, max_size=4).map(".".join)
_ALIASES = st.from_regex(r"[a-z_][a-z0-9_-]{0,8}", fullmatch=True).filter(
    lambda alias: alias != "latest" and not alias.removeprefix("v").isdigit()
)
_REVS = st.text(st.characters(min_codepoint=33, exclude_characters="\x7f"), min_size=1, max_size=12).filter(
    lambda rev: rev[0] != "-"
)
_REFS = st.builds(
    lambda name, target, rev: PromptRef(name=name, rev=rev, **target),
    _NAMES,
    st.one_of(
        st.just({}),
        st.fixed_dictionaries({"version": st.integers(1, layout.MAX_VERSION)}),
        st.fixed_dictionaries({"alias": _ALIASES}),
    ),
    st.none() | _REVS,
)


@given(_REFS)
def test_a_reference_survives_being_written_and_read(ref: PromptRef) -> None:
    assert PromptRef.parse(str(ref)) == ref
    assert hash(PromptRef.parse(str(ref))) == hash(ref)


@given(st.text(max_size=40))
def test_any_text_is_a_reference_or_a_clear_refusal(text: str) -> None:
    for candidate in (text, f"prompts:/{text}"):
        try:
            ref = PromptRef.parse(candidate)
        except InvalidReferenceError as error:
            assert str(error)
        else:
            assert PromptRef.parse(str(ref)) == ref


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("prompts:/a..b", 11),
        ("prompts:/a b", 10),
        ("prompts:/x/03", 11),
        ("prompts:/x@latest!", 17),
        ("prompts:/x@v3", 11),
        ("prompts:/x?ref=main", 11),
        ("prompts:/x?rev=", 15),
        ("prompts:/x?rev=a&rev=b", 16),
        ("prompts:/x?rev=%4", 15),
        ("prompts:/x?rev=-o", 15),
        ("models:/x/1", 0),
        ("prompts:/con", 9),
        ("prompts:/", 9),
        ("prompts:/x/1\n", 12),
    ],
)
def test_an_error_shows_a_caret_under_the_fault(text: str, column: int) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        PromptRef.parse(text)
    assert caught.value.position == column
    shown, caret = str(caught.value).split("\n")[1:3]
    assert caret.endswith("^")
    assert shown[len(caret) - 1 :][:1] in (text[column : column + 1], "\\", "")


@pytest.mark.parametrize("value", [None, 3, b"prompts:/x", ["x"]])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidReferenceError, match="is a string"):
        PromptRef.parse(value)  # type: ignore[arg-type]


@given(_NAMES, st.integers(1, layout.MAX_VERSION))
def test_a_path_says_what_it_stands_for(name: str, version: int) -> None:
    assert layout.parse_path(layout.version_path(name, version)) == layout.PromptPath(
        name=name, file=f"{version}.yaml", version=version
    )
    assert layout.parse_path(layout.aliases_path(name)) == layout.PromptPath(name=name, file="aliases.yaml")


@pytest.mark.parametrize(
    "path",
    [
        "prompts/1.yaml",
        "prompts/a/01.yaml",
        "prompts/a/x.yaml",
        "prompts/a b/1.yaml",
        "prompts/a.b/1.yaml",
        "x/a/1.yaml",
    ],
)
def test_a_path_that_is_no_file_of_a_prompt_stands_for_nothing(path: str) -> None:
    assert layout.parse_path(path) is None


def test_control_characters_in_a_reference_do_not_reach_the_terminal() -> None:
    with pytest.raises(PromptGitError) as caught:
        PromptRef.parse("prompts:/x\x1b]52;c;evil\x07")
    assert "\x1b" not in str(caught.value)
