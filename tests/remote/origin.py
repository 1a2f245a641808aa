"""A registry at the far end: a bare repository, as a Git host keeps one, and everything that can happen to it there."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from support import CONFIG, Git

from promptgit import Registry

NAME = "support.refunds"
OTHER = "support.escalation"
GREETING = "prompts:/desk.greeting@production"
CLOSING = "prompts:/desk.closing@production"
PRODUCTION = f"prompts:/{NAME}@production"
TEXTS = {
    1: "Answer briefly.\n\nQuestion: {{question}}\n",
    2: "Answer kindly.\n\nQuestion: {{question}}\n",
    3: "Answer kindly and briefly.\n\nQuestion: {{question}}\n",
}
_MAIN = "refs/heads/main"
_STOCK = "refs/stock/main"
_ESCALATION: dict[str, str | None] = {"prompts/support/escalation/1.yaml": 'template: "Hand over to {{team}}."\n'}


class Origin:
    """A bare repository that others follow. It is changed as pushes would change it: each call makes one commit.

    Args:
        path: its place. It holds support.refunds in three versions, production on 1, and support.escalation.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git = Git(path)
        self._away = path.with_name(f"{path.name}.away")

    @classmethod
    def make(cls, path: Path, *, aliases: str = "file") -> Origin:
        """A new one."""
        path.mkdir(parents=True)
        origin = cls(path)
        origin.git("init", "-q", "--bare", "-b", "main")
        origin.write({"promptgit.yaml": f"{CONFIG}aliases: {aliases}\n"}, "New registry")
        with Registry(path) as registry:
            for number, text in TEXTS.items():
                registry.register(NAME, text, f"Version {number}")
            registry.set_alias(NAME, "production", 1)
        origin.write(_ESCALATION, "Hand over")
        return origin

    @classmethod
    def copy(cls, source: Path, path: Path) -> Origin:
        """One made from the repository of a registry such as the fixture `prepared`."""
        shutil.copytree(source / ".git", path)
        origin = cls(path)
        origin.git("config", "core.bare", "true")
        origin.write(_ESCALATION, "Hand over")
        return origin

    @property
    def tip(self) -> str:
        """The commit that its branch is at."""
        return self.git("rev-parse", _MAIN)

    def promote(self, version: int, alias: str = "production") -> str:
        """Move an alias of support.refunds; returns the commit."""
        with Registry(self.path) as registry:
            registry.set_alias(NAME, alias, version, message=f"Put {alias} on {version}")
        return self.tip

    def write(self, files: dict[str, str | None], message: str = "Edit by hand", *, onto: str | None = _MAIN) -> str:
        """Commit files (None removes one) on top of a revision (None: of nothing), and put the branch there."""
        index = str(self.path / "edit.index")
        found = self.git("rev-parse", "-q", "--verify", onto, check=False) if onto else ""
        self.git("read-tree", found or "--empty", GIT_INDEX_FILE=index)
        for path, text in files.items():
            if text is None:
                self.git("update-index", "--index-info", stdin=f"0 {'0' * 40}\t{path}\n", GIT_INDEX_FILE=index)
            else:
                blob = self.git("hash-object", "-w", "--stdin", stdin=text)
                self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", GIT_INDEX_FILE=index)
        tree = self.git("write-tree", GIT_INDEX_FILE=index)
        commit = self.git("commit-tree", tree, "-m", message, *(["-p", found] if found else []))
        self.git("update-ref", _MAIN, commit)
        return commit

    def grow(self, size: int = 300_000) -> str:
        """Commit a new version of support.escalation that no compression makes small, so that a transfer has a middle."""
        letters = random.Random(size).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size)
        rows = ["".join(letters[at : at + 100]) for at in range(0, size, 100)]
        with Registry(self.path) as registry:
            registry.register(OTHER, "\n".join(rows), "A long one")
        return self.tip

    def rewrite(self) -> str:
        """Force-push: the last commit is replaced by one beside it, with production on 3."""
        return self.write({f"prompts/{NAME.replace('.', '/')}/aliases.yaml": "production: 3\n"}, onto=f"{_MAIN}~1")

    def stock(self, count: int) -> list[str]:
        """Prepare commits that build on each other and on the tip, where nobody fetches them from; see `publish`.

        In the n-th, desk.greeting and desk.closing get their version n, production moves there, and both texts end in n.
        """
        rows = []
        for number in range(1, count + 1):
            rows += [f"commit {_STOCK}", "committer Ada Lovelace <ada@example.com> 1900000000 +0000"]
            rows += [*_data(f"Serial {number}"), *([f"from {_MAIN}^0"] if number == 1 else [])]
            for name in ("greeting", "closing"):
                rows += [f"M 100644 inline prompts/desk/{name}/{number}.yaml"]
                rows += _data(f"template: Hello {{{{customer}}}}, this is the {name} of serial {number}\n")
                rows += [f"M 100644 inline prompts/desk/{name}/aliases.yaml", *_data(f"production: {number}\n")]
        self.git("fast-import", "--quiet", stdin="\n".join(rows) + "\n")
        return self.git("rev-list", "--reverse", f"--max-count={count}", _STOCK).split()

    def publish(self, commit: str) -> None:
        """Put the branch on a commit."""
        self.git("update-ref", _MAIN, commit)

    # --- misfortunes of the whole repository, each taken back by `restore` --------------------------------------------

    def remove(self) -> None:
        """The repository's folder is gone."""
        self._put_away()

    def replace(self) -> None:
        """Another registry stands in its place, with no history in common."""
        self._put_away()
        Origin.make(self.path).promote(3)

    def empty(self) -> None:
        """An empty repository stands in its place."""
        self._put_away()
        Git(self.path.parent)("init", "-q", "--bare", "-b", "main", str(self.path))

    def delete_branch(self) -> None:
        """The branch is deleted; another one is there."""
        self.set_aside()
        self.git("update-ref", "refs/heads/archive", _MAIN)
        self.git("update-ref", "-d", _MAIN)

    def force_push(self) -> None:
        """The branch is rewritten."""
        self.set_aside()
        self.rewrite()

    def restore(self) -> None:
        """Make it what it was before a misfortune; nothing, if there was none."""
        if self._away.exists():
            shutil.rmtree(self.path, ignore_errors=True)
            self._away.rename(self.path)

    def set_aside(self) -> None:
        """Keep the repository as it is, for `restore`."""
        self._put_away()
        shutil.copytree(self._away, self.path)

    def _put_away(self) -> None:
        self.path.rename(self._away)


def _data(text: str) -> list[str]:
    """A text in the language of git fast-import."""
    return [f"data {len(text.encode())}", text]
