"""Every mutation as a function that builds a changeset from the branch's tip. The engine applies them.

A builder may run several times: whenever the tip has moved meanwhile, it runs again on the new one. So it reads all it
needs from the catalog that it is handed, and every rule that must hold at the moment of writing is checked in it.
"""

from __future__ import annotations

from promptgit.registry.edits.aliases import ANY, delete_alias, set_alias
from promptgit.registry.edits.notes import edit_notes, set_model_config, set_tags, set_version_tag, tag_note
from promptgit.registry.edits.prompts import create, delete_prompt, rename
from promptgit.registry.edits.rules import commit_message, require_no_twin, require_valid_notes
from promptgit.registry.edits.versions import delete_version, register, version_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.registry.edits.rules import Edit as Edit

__all__ = [
    "ANY",
    "commit_message",
    "create",
    "delete_alias",
    "delete_prompt",
    "delete_version",
    "edit_notes",
    "register",
    "rename",
    "require_no_twin",
    "require_valid_notes",
    "set_alias",
    "set_model_config",
    "set_tags",
    "set_version_tag",
    "tag_note",
    "version_file",
]
