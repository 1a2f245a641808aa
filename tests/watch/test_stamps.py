"""Whatever is done to files, a look finds exactly the paths whose content may have changed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from promptgit.watch.stamps import Stamps

NAMES = st.sampled_from(["faq/1.yaml", "faq/2.yaml", "support/refunds/1.yaml", "support/refunds/aliases.yaml"])
STEPS = st.lists(st.tuples(st.sampled_from(["write", "replace", "remove", "touch"]), NAMES), max_size=6)


def contents(root: Path) -> dict[str, bytes]:
    """Path -> content of all files."""
    return {str(path): path.read_bytes() for path in root.rglob("*.yaml")}


def do(root: Path, step: str, name: str, text: str) -> None:
    """One thing that happens to a file."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if step == "write":
        path.write_text(text)
    elif step == "replace":
        path.with_suffix(".tmp").write_text(text)
        path.with_suffix(".tmp").replace(path)
    elif step == "remove":
        path.unlink(missing_ok=True)
    elif path.exists():
        os.utime(path)


@settings(max_examples=30, deadline=None)
@given(st.lists(STEPS, max_size=5))
def test_no_change_is_missed_however_fast_one_follows_the_other(rounds: list[list[tuple[str, str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "prompts"
        stamps = Stamps({str(root): lambda name: name.endswith(".yaml")}, lambda: ())
        known = contents(root)
        for number, steps in enumerate(rounds):
            for at, (step, name) in enumerate(steps):
                do(root, step, name, f"template: {number} {at}")
            stamps.look()
            taken, now = stamps.take(), contents(root)
            assert {path for path in known.keys() | now.keys() if known.get(path) != now.get(path)} <= taken
            known = now


def test_what_was_taken_just_after_it_was_written_is_taken_again(tmp_path: Path) -> None:
    file = tmp_path / "1.yaml"
    stamps = Stamps({str(tmp_path): lambda _: True}, lambda: ())
    file.write_text("template: one")
    assert stamps.look()
    assert stamps.take() == {str(file)}
    assert stamps.restless
    assert not stamps.look()
    assert stamps.take() == {str(file)}


def test_a_file_that_is_gone_is_doubtful_until_it_is_back(tmp_path: Path) -> None:
    file, backup = tmp_path / "1.yaml", tmp_path / "1.yaml~"
    file.write_text("template: one")
    stamps = Stamps({str(tmp_path): lambda name: name.endswith(".yaml")}, lambda: ())
    file.rename(backup)
    stamps.look()
    assert stamps.doubtful
    file.write_text("template: two")
    stamps.look()
    assert not stamps.doubtful
    stamps.take()
    file.unlink()
    stamps.look()
    assert stamps.doubtful
    assert stamps.take() == {str(file)}


def test_what_could_not_be_read_is_put_back(tmp_path: Path) -> None:
    stamps = Stamps({}, lambda: ())
    stamps.put_back({str(tmp_path / "1.yaml")})
    assert stamps.pending
    assert stamps.take() == {str(tmp_path / "1.yaml")}
    assert not stamps.pending
