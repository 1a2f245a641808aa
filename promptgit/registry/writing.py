"""The writing half of `Registry`: every mutation as a method. Each builds an edit and lets the engine apply it."""

from __future__ import annotations

from promptgit.errors import ConflictError, NotFoundError
from promptgit.registry import views

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from promptgit.aliases import AliasMove
    from promptgit.aliases.target import Targetish
    from promptgit.catalog import Catalog
    from promptgit.changeset import Changeset
    from promptgit.engine.engine import Applied, Engine
    from promptgit.model import PromptVersion
    from promptgit.registry.edits import Edit
    from promptgit.remote.follower import Follower
    from promptgit.source import CommitSource

ANY_EXPECTED: Any = object()


class Writing:
    """What `Registry` inherits to write."""

    if TYPE_CHECKING:
        _opened: views.Opened
        _remote: Follower | None
        rev: str | None

        @property
        def catalog(self) -> Catalog: ...

        def alias_history(self, name: str, alias: str | None = None) -> list[AliasMove]: ...

        def tags(self, name: str) -> dict[str, str]: ...

    def engine(self) -> Engine:
        """The write engine for the branch that this registry reads.

        Raises:
            ConflictError: it reads a pinned commit, or what it reads is not written to.
        """
        from promptgit.engine.engine import Engine

        if self._opened.read_only:
            raise ConflictError(self._opened.read_only, hint="Write in a clone: git clone URL, then promptgit -C DIR")

        branch = None
        if self.rev is not None:
            branch = views.follows(self._opened, self.rev)
            if branch is None:
                raise ConflictError(
                    f"this registry is pinned to {self.rev}",
                    hint="Open it without rev, or with a branch, to write.",
                )
            branch = None if branch == "HEAD" and self._opened.has_files else branch
            if branch == "HEAD":
                branch = self._opened.repository().head_ref()
        return Engine(self._opened.repository(), branch, self._opened.prefix)

    def catalog_of(self, source: CommitSource) -> Catalog:
        """What there is at a commit that the engine holds."""
        return self._opened.catalog(source)[0]

    def apply(self, edit: Edit, *, dry_run: bool = False, push: bool = False) -> Applied:
        """Apply an edit of `promptgit.registry.edits`.

        Args:
            dry_run: build and check the changeset, write nothing.
            push: succeed only once the remote has it too. A registry that was opened by its URL does so always.

        Raises:
            PolicyError: the policies of `promptgit.yaml` refuse the change.
        """
        if self._remote is not None:
            from promptgit.remote.writing import write

            return write(self._remote, lambda engine: self._apply(engine, edit, dry_run=dry_run, push=True))
        return self._apply(self.engine(), edit, dry_run=dry_run, push=push)

    def _apply(self, engine: Engine, edit: Edit, *, dry_run: bool, push: bool) -> Applied:
        return engine.apply(lambda source: self._permitted(edit, source), dry_run=dry_run, push=push)

    def _permitted(self, edit: Edit, source: CommitSource) -> Changeset:
        """The edit's changeset on this tip, if the registry's policies allow it."""
        catalog, backend = self._opened.catalog(source)
        changeset = edit(catalog, backend)
        rules = views.read_config(catalog.files, self._opened.path).policies
        if rules:
            from promptgit.checks import policies

            policies.require_valid(catalog)
            facts = views.facts(self._opened, policies.DIRECT, catalog.files.commit)
            policies.require(rules, changeset, catalog, backend, facts)
        return changeset

    def register(
        self,
        name: str,
        template: str | Sequence[Mapping[str, Any]],
        commit_message: str | None = None,
        tags: Mapping[str, str] | None = None,
        response_format: Any = None,
        model_config: Any = None,
        *,
        syntax: str | None = None,
        variables: Mapping[str, Mapping[str, Any]] | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
        push: bool = False,
    ) -> PromptVersion:
        """Add a version: the next free number of the prompt, which is made if it does not exist.

        Args:
            template: a text, or a list of messages (`{"role": ..., "content": ...}` or `{"placeholder": NAME}`).
            commit_message: why; it becomes the commit's message.
            tags: of this version.
            response_format: a JSON Schema as a dict, or a pydantic class.
            model_config: a dict, or an object with `to_dict`, such as MLflow's `PromptModelConfig`.
            syntax: `double-brace`, `single-brace` or `jinja2`. Left out, it is `double-brace`, and `jinja2` only where the
                template is certain to be that.
            variables: the contract: type, required, default, description and example by name.
            tools: tool definitions.
            push: succeed only once the remote has it too.

        Raises:
            InvalidDocumentError, TemplateError: what was given is not valid; nothing is stored.
            ConflictError: the user has edits in the way.
            GitError: git or the disk refused; nothing is stored.
        """
        from promptgit.registry import contents, edits

        content = contents.version_content(
            template,
            syntax=syntax,
            variables=variables,
            model_config=model_config,
            response_format=response_format,
            tools=tools,
            tags=tags,
        )
        applied = self.apply(edits.register(name, content, commit_message), push=push)
        (path,) = applied.changeset.creates
        return self._opened.at(applied.commit, pinned=False).version(name, int(path.rpartition("/")[2][:-5]))

    def create(
        self,
        name: str,
        *,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        message: str | None = None,
        push: bool = False,
    ) -> Applied:
        """Make a prompt that has no versions yet. `register` does not need it.

        Raises:
            ConflictError: the name is taken.
        """
        from promptgit.registry import edits

        return self.apply(edits.create(name, description, tags or {}, message), push=push)

    def set_alias(
        self,
        name: str,
        alias: str,
        version: Targetish,
        *,
        expect: Targetish | None = ANY_EXPECTED,
        message: str | None = None,
        push: bool = False,
    ) -> Applied:
        """Point an alias to a version, or to several by weight: `{3: 90, 4: 10}`.

        Args:
            expect: where it must point now (None: nowhere), else nothing is moved.
            message: why; it becomes the commit's message.

        Raises:
            AliasMovedError: it points elsewhere than `expect`.
            NotFoundError: the prompt or version does not exist.
        """
        from promptgit.registry import contents, edits

        wanted = edits.ANY if expect is ANY_EXPECTED else None if expect is None else contents.as_target(expect)
        edit = edits.set_alias(name, alias, contents.as_target(version), expect=wanted, message=message)
        return self.apply(edit, push=push)

    def delete_alias(self, name: str, alias: str, *, message: str | None = None, push: bool = False) -> Applied:
        """Remove an alias.

        Raises:
            AliasNotFoundError: there is none of that name.
        """
        from promptgit.registry import edits

        return self.apply(edits.delete_alias(name, alias, message=message), push=push)

    def rollback(
        self, name: str, alias: str, *, message: str | None = None, push: bool = False, dry_run: bool = False
    ) -> Applied:
        """Point an alias back to where it pointed before; once more goes one step further back.

        One that was removed comes back.

        Raises:
            NotFoundError: the alias never existed, or has never pointed elsewhere.
        """
        from promptgit.registry.contents import rollback_edit

        moves = self.alias_history(name, alias)
        return self.apply(rollback_edit(self.catalog, name, alias, moves, message), push=push, dry_run=dry_run)

    def set_description(
        self, name: str, description: str, *, message: str | None = None, push: bool = False
    ) -> Applied:
        """Say what a prompt is for; an empty text removes the description."""
        return self._note(name, ["description"], description or None, "description", message, push)

    def set_tag(self, name: str, key: str, value: str, *, message: str | None = None, push: bool = False) -> Applied:
        """Set a tag of a prompt."""
        from promptgit.registry import edits

        return self._note(name, ["tags", key], value, f"tag {edits.tag_note(key, value)}", message, push)

    def delete_tag(self, name: str, key: str, *, message: str | None = None, push: bool = False) -> Applied:
        """Remove a tag of a prompt.

        Raises:
            NotFoundError: it has none of that name.
        """
        from promptgit.registry import edits

        if key not in self.tags(name):
            raise NotFoundError(f"{name} has no tag {key}", hint=f"Its tags: {', '.join(self.tags(name)) or 'none'}")
        return self.apply(edits.set_tags(name, None, {key: None}, message), push=push)

    def set_version_tag(
        self, name: str, version: int, key: str, value: str, *, message: str | None = None, push: bool = False
    ) -> Applied:
        """Set a tag of a version. Its file does not change: what is set later stands in `prompt.yaml`."""
        from promptgit.registry import edits

        return self.apply(edits.set_version_tag(name, version, key, value, message), push=push)

    def set_model_config(
        self,
        name: str,
        version: int,
        model_config: Any,
        *,
        message: str | None = None,
        push: bool = False,
        dry_run: bool = False,
    ) -> Applied:
        """Give a version another model configuration, where the policy `model_config: mutable` allows that.

        Its file does not change: what is set later stands in `prompt.yaml`. Whoever may not move an alias may not set the
        configuration of what it leads to either.

        Args:
            model_config: as for `register`; None takes it away.

        Raises:
            ImmutableVersionError: no policy allows it.
            PolicyError: an alias that leads there is protected, or the model is not allowed.
            NotFoundError: the prompt or version does not exist.
            InvalidDocumentError: it is no model configuration.
        """
        from promptgit.registry import contents, edits

        edit = edits.set_model_config(name, version, contents.plain_config(model_config), message)
        return self.apply(edit, push=push, dry_run=dry_run)

    def delete_version_tag(
        self, name: str, version: int, key: str, *, message: str | None = None, push: bool = False
    ) -> Applied:
        """Take a tag of a version away.

        Raises:
            NotFoundError: it has none of that name.
        """
        from promptgit.registry import edits

        tags = self.catalog.tags(name, version)
        if key not in tags:
            raise NotFoundError(
                f"{name} version {version} has no tag {key}", hint=f"Its tags: {', '.join(tags) or 'none'}"
            )
        return self.apply(edits.set_version_tag(name, version, key, None, message), push=push)

    def delete_version(self, name: str, version: int, *, message: str | None = None, push: bool = False) -> Applied:
        """Remove a version; its number is never used again, and an earlier commit still has it.

        Raises:
            ConflictError: an alias leads to it.
            NotFoundError: it does not exist.
        """
        from promptgit.registry import edits

        return self.apply(edits.delete_version(name, version, message), push=push)

    def delete(self, name: str, *, message: str | None = None, push: bool = False) -> Applied:
        """Remove all versions of a prompt; raises as `delete_version` does."""
        from promptgit.registry import edits

        return self.apply(edits.delete_prompt(name, message), push=push)

    def rename(self, old: str, new: str, *, message: str | None = None, push: bool = False) -> Applied:
        """Give a prompt another name. Aliases and history go with it; the old name says where it went.

        Raises:
            ConflictError: the new name is taken.
        """
        from promptgit.registry import edits

        return self.apply(edits.rename(old, new, message), push=push)

    def _note(self, name: str, keys: list[str], value: object, note: str, message: str | None, push: bool) -> Applied:
        from promptgit.registry import edits

        return self.apply(edits.edit_notes(name, keys, value, note, message), push=push)

    # --- with a remote ----------------------------------------------------------------------------------------------

    def push(self) -> str:
        """Send what was committed; where the remote moved on, put it on top first. Returns the commit both sides have.

        Raises:
            ConflictError: both sides changed the same file; nothing was changed here.
            PushRejectedError, RemoteUnavailableError: the remote refused or did not answer.
        """
        from promptgit.engine import remote

        engine = self.engine()
        with engine.locked() as branch:
            return remote.push(self._opened.repository(), branch)

    def pull(self) -> bool:
        """Fetch, and follow the remote's branch; local commits go on top. Returns whether anything came.

        Raises: as `push` does.
        """
        from promptgit.engine import remote

        engine = self.engine()
        with engine.locked() as branch:
            return remote.follow(self._opened.repository(), branch)
