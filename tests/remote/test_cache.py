"""The cache folder: private, followed through no link, starting nothing; and mended when it is damaged or half-made."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import environment
from origin import NAME, PRODUCTION, TEXTS, Origin
from processes import eventually
from support import Git

from promptgit import Registry
from promptgit.errors import CorruptObjectError, GitError, PromptGitError

pytest_plugins = ["far"]


@pytest.fixture
def cache(home: Path) -> Path:
    """Where clones are kept."""
    return home / ".cache" / "promptgit"


def clone_in(cache: Path) -> Path:
    """The only clone in a cache folder."""
    (found,) = cache.glob("*/repository.git")
    return found


def test_the_cache_is_the_users_alone(far: str, home: Path, cache: Path) -> None:
    (home / ".cache").mkdir(mode=0o755)
    cache.mkdir(mode=0o777)
    cache.chmod(0o777)
    with Registry(far, refresh=0):
        folders = [cache, *cache.glob("*"), clone_in(cache)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders if path.is_dir()} == {0o700}


@pytest.mark.parametrize("which", ["cache", "folder", "repository"])
def test_a_symbolic_link_in_the_place_of_a_cache_folder_is_not_followed(
    far: str, cache: Path, tmp_path: Path, which: str
) -> None:
    with Registry(far, refresh=0):
        pass
    clone = clone_in(cache)
    link = {"cache": cache, "folder": clone.parent, "repository": clone}[which]
    elsewhere = tmp_path / "elsewhere"
    shutil.move(link, elsewhere)
    link.symlink_to(elsewhere)
    before = sorted(str(path) for path in elsewhere.rglob("*"))
    if which == "repository":
        with Registry(far, refresh=0) as registry:
            assert registry.load(PRODUCTION).version == 1
        assert not link.is_symlink()
    else:
        with pytest.raises(GitError, match="is no folder"):
            Registry(far, refresh=0)
    assert sorted(str(path) for path in elsewhere.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_cache_folder_of_another_user_is_refused(far: str, cache: Path) -> None:
    cache.mkdir(parents=True)
    os.chown(cache, 65534, 65534)
    with pytest.raises(GitError, match="belongs to another user"):
        Registry(far, refresh=0)


def test_nothing_that_lies_in_the_cached_clone_starts_a_program(
    origin: Origin, far: str, cache: Path, tmp_path: Path
) -> None:
    with Registry(far, refresh=0):
        pass
    clone, started = clone_in(cache), tmp_path / "started"
    (clone / "config").write_text(
        f"[core]\n\tbare = true\n\tfsmonitor = touch {started}\n\tsshCommand = touch {started}\n"
        f"\thooksPath = {clone}/hooks\n\tpager = touch {started}\n"
        f"[uploadpack]\n\tpackObjectsHook = touch {started}\n[gc]\n\trecentObjectsHook = touch {started}\n"
        f"[fetch]\n\tbundleURI = ext::touch {started}\n[include]\n\tpath = {tmp_path}/more\n"
    )
    (tmp_path / "more").write_text(f"[credential]\n\thelper = !touch {started}\n")
    (clone / "hooks").mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-merge", "post-checkout", "pre-auto-gc"):
        hook = clone / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {started}\n")
        hook.chmod(0o755)
    (clone / "commondir").write_text(str(origin.path))
    (clone / "objects" / "info").mkdir(exist_ok=True)
    (clone / "objects" / "info" / "alternates").write_text(f"{tmp_path}/objects\n")
    origin.promote(2)
    with Registry(far, refresh=0) as registry:
        registry.refresh()
        assert registry.load(PRODUCTION).version == 2
    assert not started.exists()
    assert "fsmonitor = touch" not in (clone / "config").read_text()


def corrupt_object(clone: Path) -> None:
    """Damage the pack in the middle."""
    for pack in clone.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        data = bytearray(pack.read_bytes())
        data[40:-40] = bytes(byte ^ 0x5A for byte in data[40:-40])
        pack.write_bytes(data)
    for loose in clone.glob("objects/[0-9a-f][0-9a-f]/*"):
        loose.chmod(0o600)
        loose.write_bytes(b"not zlib")


def truncate_pack(clone: Path) -> None:
    """Cut the pack, or all loose objects, in the middle."""
    for path in (*clone.glob("objects/pack/*.pack"), *clone.glob("objects/[0-9a-f][0-9a-f]/*")):
        path.chmod(0o600)
        os.truncate(path, path.stat().st_size // 2)


def remove_objects(clone: Path) -> None:
    """Take all objects away."""
    shutil.rmtree(clone / "objects")
    (clone / "objects").mkdir()


def half_made(clone: Path) -> None:
    """Leave what a clone is that was killed while it was made."""
    made = clone.with_name("repository.git.new")
    clone.rename(made)
    (made / "HEAD").unlink()


def empty_refs(clone: Path) -> None:
    """Leave what a power cut may: refs without content."""
    (clone / "packed-refs").unlink(missing_ok=True)
    for path in (clone / "refs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


def no_head(clone: Path) -> None:
    """Take HEAD away, by which git knows a repository."""
    (clone / "HEAD").unlink()


def a_file_instead(clone: Path) -> None:
    """A file where the clone was."""
    shutil.rmtree(clone)
    clone.write_text("what is this")


def locks_left(clone: Path) -> None:
    """Locks and half a pack of a fetch that was killed."""
    for name in ("packed-refs.lock", "config.lock", "HEAD.lock", "shallow.lock", "refs/remotes/origin/main.lock"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("")
    (clone / "objects" / "pack").mkdir(exist_ok=True)
    (clone / "objects" / "pack" / "tmp_pack_x1").write_bytes(b"PACK")


def garbage_state(clone: Path) -> None:
    """Damage what is known of the remote."""
    (clone.parent / "state.json").write_text("{")


def strange_state(clone: Path) -> None:
    """What is known of the remote holds other kinds of values."""
    path = clone.parent / "state.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps({**known, "attempted_at": "yesterday", "served": [1], "moves": 3, "fetched_at": "x"}))


DAMAGE = [
    corrupt_object,
    truncate_pack,
    remove_objects,
    half_made,
    empty_refs,
    no_head,
    a_file_instead,
    locks_left,
    garbage_state,
    strange_state,
]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_a_damaged_cache_is_mended_when_a_registry_is_opened(
    origin: Origin, far: str, cache: Path, damage: Callable[[Path], None]
) -> None:
    with Registry(far, refresh=0):
        pass
    damage(clone_in(cache))
    origin.promote(2)
    with Registry(far, refresh=0) as registry:
        registry.refresh()
        assert registry.load(PRODUCTION).template == TEXTS[2]
        assert registry.status().error is None
    with Registry(far, refresh=0, offline=True) as again:
        assert again.load(PRODUCTION).template == TEXTS[2]
    Git(clone_in(cache))("-c", "safe.directory=*", "fsck", "--strict", "--no-dangling")


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_a_damaged_cache_without_a_network_is_a_sentence_or_serves_what_is_whole(
    far: str, cache: Path, damage: Callable[[Path], None]
) -> None:
    with Registry(far, refresh=0):
        pass
    damage(clone_in(cache))
    try:
        with Registry(far, refresh=0, offline=True) as registry:
            assert registry.load(PRODUCTION).template == TEXTS[1]
    except PromptGitError as error:
        assert re.search("damaged|not in the cache|missing|not known", str(error)), error
        assert error.hint


def test_an_object_that_is_damaged_while_it_is_served_is_mended_in_the_background(
    origin: Origin, far: str, cache: Path
) -> None:
    with Registry(far, refresh=3600) as registry:
        assert registry.load(PRODUCTION).version == 1
        registry.repository().close()
        corrupt_object(clone_in(cache))
        with pytest.raises(CorruptObjectError):
            registry.load(f"prompts:/{NAME}/3")
        assert registry.load(PRODUCTION).version == 1
        eventually(lambda: registry.load(f"prompts:/{NAME}/3", fallback="not yet").version == 3, 20, "the mending")
        assert registry.load(f"prompts:/{NAME}/3").template == TEXTS[3]


FULL = """
import json, resource, sys
from promptgit import Registry
from promptgit.errors import PromptGitError

said = {}
registry = Registry(sys.argv[1], refresh=0)
if sys.argv[2] != "-":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
print("open", flush=True)
sys.stdin.readline()
try:
    registry.refresh()
except PromptGitError as error:
    said["error"] = str(error)
said["version"] = registry.load("support.refunds@production").version
said["status"] = registry.status().error
print(json.dumps(said))
"""


def full(origin: Origin, far: str, limit: str, prefix: list[str] | None = None) -> dict[str, object]:
    """What a process says whose cache becomes full while it follows a registry that grows by 300 KB."""
    line = [*(prefix or []), sys.executable, "-c", FULL, far, limit]
    with subprocess.Popen(
        line, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        origin.promote(2)
        origin.grow()
        out, err = child.communicate("\n", timeout=60)
    assert child.returncode == 0, err
    said: dict[str, object] = json.loads(out)
    return said


def test_a_file_size_limit_is_a_sentence_and_loads_go_on(origin: Origin, far: str, cache: Path) -> None:
    said = full(origin, far, "50000")
    assert said["version"] == 1
    assert "file size limit" in str(said["error"])
    assert list(clone_in(cache).glob("objects/pack/tmp_*")) == []
    with Registry(far, refresh=0) as registry:
        registry.refresh()
        assert registry.load(PRODUCTION).version == 2


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can mount a small disk")
def test_a_full_disk_is_a_sentence_and_loads_go_on(
    origin: Origin, far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size=240k tmpfs {small} && exec "$@"', "sh"]
    if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces here")
    monkeypatch.setenv("PROMPTGIT_CACHE", str(small / "cache"))
    said = full(origin, far, "-", mount)
    assert said["version"] == 1
    assert "disk is full" in str(said["error"])


def test_a_cache_folder_that_cannot_be_made_is_a_sentence(
    far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PROMPTGIT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(GitError, match="cannot be made") as caught:
        Registry(far, refresh=0)
    assert "PROMPTGIT_CACHE" in str(caught.value)
