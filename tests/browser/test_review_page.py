"""The page of a review in a real browser: it fits a desktop and a phone, it folds, and nothing in it runs."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import Git

from promptgit import Registry
from promptgit.review.html import render

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

# The page forbids scripts, so it is looked at from around it.
FRAME = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe id="page" src="review.html" style="border:0;width:%dpx;height:900px"></iframe>
<script>
const errors = [];
page.onload = () => {
  const view = page.contentWindow, root = page.contentDocument.documentElement;
  const shown = (selector) => [...page.contentDocument.querySelectorAll(selector)].filter(
    (node) => node.checkVisibility());
  const wide = [...root.querySelectorAll("*")].filter((node) => node.getBoundingClientRect().right > view.innerWidth + 1);
  const found = {
    overflow: root.scrollWidth - view.innerWidth,
    wide: wide.map((node) => node.className || node.tagName).slice(0, 5),
    columns: getComputedStyle(page.contentDocument.querySelector(".row.changed")).gridTemplateColumns.split(" ").length,
    title: page.contentDocument.title,
    owned: view.owned === undefined ? "no" : "yes",
    inserted: shown("ins").length,
    folded: shown(".fold .row").length,
    requests: view.performance.getEntriesByType("resource").length,
  };
  for (const fold of page.contentDocument.querySelectorAll("details")) fold.open = true;
  found.unfolded = shown(".fold .row").length;
  found.unfoldedCells = shown(".fold .cell").length;
  found.overflowUnfolded = root.scrollWidth - view.innerWidth;
  document.body.innerText = JSON.stringify(found);
};
</script>"""
HOSTILE = (
    "<script>window.owned = 1; document.title = 'owned'</script><img src=/x.png onerror=\"window.owned=1\">"
    "<svg onload='window.owned=1'><style>@import url(/x.css)</style></pre></style>"
)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder on a port of this machine."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that keeps no log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def look(page: str, folder: Path, width: int) -> dict[str, Any]:
    """What a browser makes of a page at some width."""
    (folder / "review.html").write_text(page, encoding="utf-8")
    (folder / "frame.html").write_text(FRAME % width, encoding="utf-8")
    with served(folder) as address:
        line = [
            str(BROWSER),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1400,1000",
            "--virtual-time-budget=5000",
            "--dump-dom",
            f"{address}/frame.html",
        ]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True)
    found = re.search(r"\{.*\}", done.stdout, re.DOTALL)
    assert found is not None, done.stdout
    values: dict[str, Any] = json.loads(found[0].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    return values


@pytest.fixture
def page(refunds: Registry, git: Git) -> str:
    """A promotion with a bit of everything in it."""
    name, base = "support.refunds", git("rev-parse", "HEAD")
    lines = "".join(
        f"Rule {number}: answer kindly and never promise what the terms do not say.\n" for number in range(40)
    )
    old = f"{lines}Question: {{{{question}}}}\n"
    refunds.register(name, old, "Rules", model_config={"model_name": "gpt-5", "temperature": 0.2})
    refunds.set_alias(name, "production", 4)
    base = git("rev-parse", "HEAD")
    new = old.replace("Rule 20: answer kindly", "Rule 20: answer kindly and in {{language}}").replace(
        "Question", HOSTILE
    )
    refunds.register(
        name,
        f"{new}{'unbroken' * 200}\n",
        f"Languages {HOSTILE}",
        model_config={"model_name": "gpt-5", "temperature": 0.7, "extra_params": {"x" * 120: "y" * 300}},
    )
    refunds.set_alias(name, "production", {4: 90, 5: 10})
    return render(refunds.review(f"{base}..HEAD"))


@pytest.mark.parametrize(("width", "columns"), [(1280, 2), (390, 1)])
def test_the_page_fits_and_nothing_in_it_runs(page: str, tmp_path: Path, width: int, columns: int) -> None:
    found = look(page, tmp_path, width)
    assert found["overflow"] <= 0, found["wide"]
    assert found["overflowUnfolded"] <= 0
    assert found["columns"] == columns
    assert found["owned"] == "no"
    assert found["requests"] == 0
    assert found["title"].startswith("production of support.refunds goes 4 → 4 (90 %) + 5 (10 %)")
    assert found["inserted"] > 0
    assert found["folded"] == 0
    assert found["unfolded"] > 20
    assert found["unfoldedCells"] == columns * found["unfolded"]  # on both sides
