"""Files, texts and documents that the tests of `promptgit.document` share."""

from __future__ import annotations

from hypothesis import strategies as st

VERSION_FILE = b"""\
# yaml-language-server: $schema=../../schemas/version.schema.json
template:
  - role: system
    content: |
      You answer questions about refunds.
        - Be brief.

      {{policy}}
  - role: user
    content: "{{question}}"
variables:
  policy: {type: string, description: "the policy, in full"}
  question:
    type: string
    required: true
model_config:
  temperature: 0.20
  seed: 012
tags:
  team: support
  country: no
"""

ALIASES_FILE = b"""\
# Moved by release managers only.

canary: 4  # until Friday

experiment: {3: 90, 4: 10}

# what customers see
production: 2
"""

# characters that YAML gives a meaning to, that nobody can see, or that libraries are known to change
_CHARACTERS = (
    "\n \n\n  \t\r\r\n\x85\u2028\u2029\ufeff\xa0\u3000\x00\x07\x1b\x7f\u200d\u202e\ufffe"
    "#:-?,[]{}&*!|>'\"%@`\\~=<"
    "aZ0é漢😀"
)
_PIECES = [
    *(
        "no",
        "Yes",
        "null",
        "~",
        "y",
        "012",
        "+1",
        "1:30",
        "1_000",
        "0x1F",
        "0o17",
        "0b1",
        ".inf",
        "-.5",
        "1e5",
    ),
    *(
        "1.10",
        "2024-01-01",
        "12:30:45.5",
        "<<",
        "=",
        "---",
        "...",
        "- ",
        "? ",
        ": ",
        " #",
        "key: value",
        "\n\t",
    ),
    *("{{name}}", "{% if x %}", "\n---\n", "\n...\n", "\n# not a comment\n", "👩\u200d💻", "\\n", "x" * 1030),
]

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.lists(st.sampled_from([*_CHARACTERS, *_PIECES]), max_size=12).map("".join),
)
scalars = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
documents = st.dictionaries(texts, values, max_size=5)
