"""Sets up a user's own Git: the pre-commit hook, the merge driver, the textconv; or a server's pre-receive hook.

All of it can be run again, and taken back. An existing hook is kept: ours is a marked block in it, before anything that
could end the script. Which files the merge driver and the textconv are for stands in `.gitattributes`, which is
committed, so that the whole team has it; what they run stands in each repository's own configuration.
"""

from __future__ import annotations

import contextlib
import os
import stat

from promptgit import layout
from promptgit.errors import ConflictError
from promptgit.hooks import shell
from promptgit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptgit.gitrepo.repository import GitRepository
    from promptgit.registry.registry import Registry

MERGE, DIFF = "promptgit-aliases", "promptgit"
ATTRIBUTES = (
    ("merge", MERGE, f"{layout.PROMPTS}/**/{layout.ALIASES_FILE} merge={MERGE}"),
    ("diff", DIFF, f"{layout.PROMPTS}/**/*.yaml diff={DIFF}"),
)
_START = "#!/bin/sh\n"
_EXECUTABLE = 0o755


class Installed(Record):
    """What `install` or `uninstall` did.

    Attributes:
        hook: the hook's file.
        changed: whether it had to be written or removed.
        shared: the hook held something of somebody else's, which stays.
        settings: git settings that were set or removed.
        attributes: lines that were added to `.gitattributes`; they are to be committed.
    """

    hook: str
    changed: bool
    shared: bool = False
    settings: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


def install(registry: Registry, *, force: bool = False) -> Installed:
    """Install the pre-commit hook, the merge driver and the textconv.

    Args:
        force: also into a hooks folder outside of this repository, where other repositories may use it.

    Raises:
        ConflictError: there is a hook that no block can be put into, or the hooks folder is not this repository's.
    """
    repository = registry.repository()
    if repository.work_tree is None:
        raise ConflictError(
            "this repository is bare: nobody commits in it", hint="On a server: promptgit hook install --server"
        )
    path = _hook(repository, "pre-commit", force)
    script = _read(path)
    own = registry.prefix.rstrip("/") or "."
    block = shell.pre_commit(sorted({own, *shell.checked(script)}))
    changed = _write(path, script, shell.with_block(script or _START, block))
    return Installed(
        hook=path,
        changed=changed,
        shared=bool(shell.without_block(script).removeprefix(_START)),
        settings=_set(repository),
        attributes=_attribute(registry),
    )


def uninstall(registry: Registry, *, force: bool = False) -> Installed:
    """Take back what `install` did here. `.gitattributes` stays: it is the team's, and without the settings does nothing.

    Raises: as `install` does.
    """
    repository = registry.repository()
    path = _hook(repository, "pre-commit", force)
    own = registry.prefix.rstrip("/") or "."
    script = _read(path)
    others = [folder for folder in shell.checked(script) if folder != own]
    rest = shell.with_block(script, shell.pre_commit(others)) if others else shell.without_block(script)
    settings = () if others else _unset(repository)
    return Installed(hook=path, changed=_write(path, script, rest), shared=rest not in ("", _START), settings=settings)


def install_server(repository: GitRepository, *, folder: str = "", force: bool = False) -> Installed:
    """Install the pre-receive hook of a repository that is pushed to, which may be empty yet; raises as `install` does.

    Args:
        folder: where the registry lies in it, if not at its top.
    """
    path = _hook(repository, "pre-receive", force)
    script = _read(path)
    changed = _write(path, script, shell.with_block(script or _START, shell.pre_receive(folder)))
    return Installed(hook=path, changed=changed, shared=bool(shell.without_block(script).removeprefix(_START)))


def uninstall_server(repository: GitRepository, *, force: bool = False) -> Installed:
    """Take it back; raises as `install` does."""
    path = _hook(repository, "pre-receive", force)
    script = _read(path)
    rest = shell.without_block(script)
    return Installed(hook=path, changed=_write(path, script, rest), shared=rest not in ("", _START))


# --- the hook -------------------------------------------------------------------------------------------------------


def _hook(repository: GitRepository, name: str, force: bool) -> str:
    """The file of a hook, where git looks for it.

    Raises:
        ConflictError: it is not this repository's to change, or nothing can be put into it.
    """
    top = repository.work_tree or repository.git_dir
    found = repository.git(["rev-parse", "--git-path", "hooks"], hooks=True).text
    folder = os.path.join(top, found)
    if not force and not any(_is_in(folder, place) for place in (top, repository.common_dir)):
        raise ConflictError(
            f"hooks are kept outside of this repository, in {folder} (core.hooksPath)",
            hint="Other repositories may use them too. If that is meant: promptgit hook install --force",
        )
    path = os.path.join(folder, name)
    _require_script(path)
    return path


def _is_in(path: str, folder: str) -> bool:
    path, folder = os.path.realpath(path), os.path.realpath(folder)
    return os.path.commonpath([path, folder]) == folder


def _require_script(path: str) -> None:
    if not os.path.lexists(path):
        return
    with contextlib.suppress(OSError), open(path, "rb") as file:
        script = file.read()
        runs = os.access(path, os.X_OK)
        if not os.path.islink(path) and shell.is_shell(script) and (runs or shell.BEGIN.encode() in script):
            return
        why = (
            "a link"
            if os.path.islink(path)
            else "not executable, so git does not run it"
            if not runs
            else "no shell script"
        )
    line = "promptgit check --staged" if path.endswith("pre-commit") else "promptgit hook pre-receive"
    raise ConflictError(f"there is a hook already, and it is {why}: {path}", hint=f"Let it run: {line}")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _write(path: str, before: str, after: str) -> bool:
    """Put a script in place, whole; one with nothing left in it goes."""
    if after == before:
        return False
    if after in ("", _START):
        os.unlink(path)
        return True
    os.makedirs(os.path.dirname(path), exist_ok=True)
    mode = stat.S_IMODE(os.stat(path).st_mode) if before else _EXECUTABLE
    temporary = f"{path}.promptgit-{os.getpid()}"
    try:
        with open(temporary, "x", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(after)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    return True


# --- settings and attributes ----------------------------------------------------------------------------------------


def _settings() -> Mapping[str, str]:
    return {
        f"merge.{MERGE}.name": "promptgit: alias by alias",
        f"merge.{MERGE}.driver": shell.merge_driver(),
        f"diff.{DIFF}.textconv": shell.textconv(),
        f"diff.{DIFF}.cachetextconv": "true",
    }


def _set(repository: GitRepository) -> tuple[str, ...]:
    changed = []
    for key, value in _settings().items():
        if repository.git(["config", "--local", "--get", key], accept=(0, 1)).text != value:
            repository.git(["config", "--local", "--replace-all", key, value])
            changed.append(key)
    return tuple(changed)


def _unset(repository: GitRepository) -> tuple[str, ...]:
    there = [key for key in _settings() if not repository.git(["config", "--local", "--get", key], accept=(0, 1)).code]
    for section in (f"merge.{MERGE}", f"diff.{DIFF}"):
        if any(key.startswith(f"{section}.") for key in there):
            repository.git(["config", "--local", "--remove-section", section])
    return tuple(there)


def _attribute(registry: Registry) -> tuple[str, ...]:
    """Add what `.gitattributes` lacks, as git itself understands it."""
    sample = f"{registry.prefix}{layout.aliases_path('some.prompt')}"
    args = ["check-attr", "-z", "merge", "diff", "--", sample]
    fields = registry.repository().git(args).out.decode("utf-8", "surrogateescape").split("\0")
    now = dict(zip(fields[1::3], fields[2::3], strict=False))
    missing = tuple(line for attribute, value, line in ATTRIBUTES if now.get(attribute) != value)
    if missing:
        path = os.path.join(registry.path, ".gitattributes")
        text = _read(path)
        gap = "\n" if text and not text.endswith("\n") else ""
        with open(path, "a", encoding="utf-8", newline="") as file:
            file.write(gap + "".join(f"{line}\n" for line in missing))
    return missing
