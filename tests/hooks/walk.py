"""A team at work: random ordinary changes, each pushed as it comes."""

from __future__ import annotations

import random

from receiver import Clone


class Walk:
    """Random ordinary pushes of one clone.

    Args:
        clone: of a server with support.refunds and support.triage, on `main` and in step with it.
    """

    def __init__(self, clone: Clone, seed: int) -> None:
        self._clone = clone
        self._random = random.Random(seed)
        self._count = 0
        self._names = ["support/refunds", "support/triage"]
        self._former: dict[str, list[str]] = {}

    def step(self) -> tuple[str, ...]:
        """Do something; returns what to push."""
        self._count += 1
        self._clone("switch", "-q", "main")
        actions = (
            [self.register] * 5
            + [self.move_alias] * 4
            + [self.delete, self.rename, self.document, self.tag, self.new_prompt, self.describe]
            + [self.merge_branch, self.merge_collision, self.pull_merge, self.revert_move, self.feature, self.overwrite]
        )
        return self._random.choice(actions)()

    # --- on main ----------------------------------------------------------------------------------------------------

    def register(self) -> tuple[str, ...]:
        """Register one to three versions."""
        for _ in range(self._random.randint(1, 3)):
            self._register(self._random.choice(self._names))
        return ("main",)

    def new_prompt(self) -> tuple[str, ...]:
        """Register a new prompt with an alias."""
        name = f"team{self._random.randint(1, 9)}/prompt{self._count}"
        self._names.append(name)
        self._register(name)
        self._alias(name, "production", 1)
        return ("main",)

    def move_alias(self) -> tuple[str, ...]:
        """Move an alias to some version that is there."""
        name = self._random.choice(self._names)
        self._alias(name, self._random.choice(["production", "staging"]), self._random.choice(self._versions(name)))
        return ("main",)

    def revert_move(self) -> tuple[str, ...]:
        """Move an alias, and take it back."""
        self._register(self._names[0])
        self._alias(self._names[0], "canary", self._versions(self._names[0])[-1])
        self._clone("revert", "--no-edit", "HEAD")
        return ("main",)

    def delete(self) -> tuple[str, ...]:
        """Delete a version that no alias leads to, with a tombstone."""
        name = self._random.choice(self._names)
        free = [version for version in self._versions(name)[1:] if version not in self._aliases(name).values()]
        if not free:
            return self.register()
        gone = self._random.choice(free)
        self._clone.remove(f"prompts/{name}/{gone}.yaml")
        self._note(name, deleted=gone)
        self._clone.commit(f"Delete {gone}")
        return ("main",)

    def rename(self) -> tuple[str, ...]:
        """Rename a prompt."""
        old = self._random.choice(self._names)
        new = f"renamed/prompt{self._count}"
        (self._clone.path / "prompts/renamed").mkdir(exist_ok=True)
        self._clone("mv", f"prompts/{old}", f"prompts/{new}")
        self._former[new] = [*self._former.pop(old, []), old.replace("/", ".")]
        self._names[self._names.index(old)] = new
        self._note(new)
        self._clone.commit(f"Rename {old}")
        return ("main",)

    def describe(self) -> tuple[str, ...]:
        """Describe a prompt."""
        self._note(self._random.choice(self._names))
        self._clone.commit("Describe it")
        return ("main",)

    def document(self) -> tuple[str, ...]:
        """Change what is no prompt."""
        self._clone.write(f"docs/{self._count}.md", "Read this.\n")
        self._clone.commit("Document")
        return ("main",)

    def tag(self) -> tuple[str, ...]:
        """Tag a release, annotated or not."""
        name = f"week/{self._count}"
        self._clone("tag", *self._random.choice([["-am", "Release"], []]), name)
        return (name,)

    # --- with branches ----------------------------------------------------------------------------------------------

    def merge_branch(self) -> tuple[str, ...]:
        """Merge a branch while main has moved on elsewhere."""
        self._branch(self._names[0])
        self._clone("switch", "-q", "main")
        self._register(self._names[1])
        self._clone("merge", "-q", "--no-ff", "-m", "Merge", f"work{self._count}")
        return ("main",)

    def pull_merge(self) -> tuple[str, ...]:
        """Merge main into what was done meanwhile, as `git pull` does, and make that main."""
        self._branch(self._names[0])
        self._clone("switch", "-q", "main")
        self._register(self._names[1])
        assert self._clone.push("main").taken
        self._clone("switch", "-q", f"work{self._count}")
        self._clone("merge", "-q", "-m", "Pull", "main")
        self._clone("switch", "-qC", "main")
        return ("main",)

    def merge_collision(self) -> tuple[str, ...]:
        """Merge a branch that had taken the same number, renumbered before."""
        name = self._names[0]
        self._branch(name)
        number = self._versions(name)[-1]
        branch = f"work{self._count}"
        if self._random.random() < 0.5:
            assert self._clone.push(branch).taken
        self._clone("switch", "-q", "main")
        self._register(name)
        assert self._clone.push("main").taken
        self._clone("switch", "-q", branch)
        self._clone("mv", f"prompts/{name}/{number}.yaml", f"prompts/{name}/{number + 1}.yaml")
        self._clone.commit("Renumber")
        self._clone("merge", "-q", "-m", "Merge", "main")
        self._clone("switch", "-qC", "main")
        return ("main", branch)

    def feature(self) -> tuple[str, ...]:
        """Push a branch, or delete the one that was pushed before."""
        if "refs/heads/idea" in self._clone.refs():
            return ("--delete", "idea")
        self._clone("switch", "-qC", "idea")
        self._register(self._names[0])
        self._clone("switch", "-q", "main")
        return ("--force", "idea")

    def overwrite(self) -> tuple[str, ...]:
        """Begin a branch anew, whatever it was."""
        self._clone("switch", "-qC", "draft")
        self._alias(self._names[0], "draft", self._versions(self._names[0])[-1])
        self._clone("switch", "-q", "main")
        return ("--force", "draft")

    # --- what they are made of --------------------------------------------------------------------------------------

    def _branch(self, name: str) -> None:
        self._clone.branch(f"work{self._count}")
        self._register(name)

    def _register(self, name: str) -> None:
        number = max([*self._versions(name), *self._deleted(name), 0]) + 1
        self._clone.version(number, f"Answer {{{{question}}}}, {self._random.random()}.\n", name)

    def _alias(self, name: str, alias: str, version: int) -> None:
        self._clone.aliases(name, **{**self._aliases(name), alias: version})

    def _note(self, name: str, deleted: int | None = None) -> None:
        gone = [*self._deleted(name), *([deleted] if deleted else [])]
        text = f"description: Prompt {self._count}\n"
        if name in self._former:
            text += f"former_names: [{', '.join(self._former[name])}]\n"
        if gone:
            text += "versions:\n" + "".join(f"  {number}: {{deleted: superseded}}\n" for number in gone)
        self._clone.notes(text, name)

    def _versions(self, name: str) -> list[int]:
        folder = self._clone.path / "prompts" / name
        return sorted(int(file.stem) for file in folder.glob("*.yaml") if file.stem.isdigit())

    def _deleted(self, name: str) -> list[int]:
        lines = self._lines(name, "prompt.yaml")
        return [int(line.split(":")[0]) for line in lines if line.strip().endswith("{deleted: superseded}")]

    def _aliases(self, name: str) -> dict[str, int]:
        pairs = (line.split(": ") for line in self._lines(name, "aliases.yaml") if line)
        return {alias: int(version) for alias, version in pairs}

    def _lines(self, name: str, file: str) -> list[str]:
        path = self._clone.path / "prompts" / name / file
        return path.read_text().splitlines() if path.exists() else []
