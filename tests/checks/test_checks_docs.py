"""docs/checks.md holds the manual of every check, word for word: UPDATE_DOCS=1 writes it anew."""

from __future__ import annotations

import os
import re

from commandline import ROOT

from promptgit.checks import CHECKS, manual, module_of

PAGE = ROOT / "docs" / "checks.md"
MARK = "<!-- below: the manuals, written by tests/checks/test_checks_docs.py -->\n"


def manuals() -> str:
    parts = []
    for name in CHECKS:
        title, _, text = manual(name).partition("\n")
        fixes = " `--fix` mends it." if hasattr(module_of(name), "fix") and "--fix" not in text else ""
        parts.append(f"\n## {name}\n\n**{title}**{fixes}\n{text.rstrip()}\n")
    return "".join(parts)


def test_the_page_has_the_manual_of_every_check() -> None:
    head, mark, _ = PAGE.read_text().partition(MARK)
    assert mark
    written = head + MARK + manuals()
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(written)
    assert PAGE.read_text() == written


def test_the_page_lists_every_check_at_its_top() -> None:
    head = PAGE.read_text().partition(MARK)[0]
    assert set(re.findall(r"\[`([a-z-]+)`\]\(#", head)) == set(CHECKS)
