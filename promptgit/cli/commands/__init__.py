"""The commands.

To add one: write `cli/commands/x.py`, list it here, prove it in `tests/cli/`, explain it in `docs/cli.md`.
"""

from __future__ import annotations

_HERE = "promptgit.cli.commands"

COMMANDS = {
    "init": f"{_HERE}.init:init",
    "register": f"{_HERE}.register:register",
    "new": f"{_HERE}.new:new",
    "list": f"{_HERE}.list:list_prompts",
    "show": f"{_HERE}.show:show",
    "render": f"{_HERE}.render:render",
    "search": f"{_HERE}.search:search",
    "diff": f"{_HERE}.diff:diff",
    "log": f"{_HERE}.log:log",
    "history": f"{_HERE}.history:history",
    "alias": f"{_HERE}.alias:alias",
    "rollback": f"{_HERE}.rollback:rollback",
    "tag": f"{_HERE}.tag:tag",
    "delete": f"{_HERE}.delete:delete",
    "rename": f"{_HERE}.rename:rename",
    "push": f"{_HERE}.push:push",
    "pull": f"{_HERE}.pull:pull",
    "sync": f"{_HERE}.sync:sync",
    "status": f"{_HERE}.status:status",
    "import": f"{_HERE}.import_:import_prompts",
    "export": f"{_HERE}.export:export",
    "check": f"{_HERE}.check:check",
    "review": f"{_HERE}.review:review",
    "verify": f"{_HERE}.verify:verify",
    "bundle": f"{_HERE}.bundle:bundle",
    "usages": f"{_HERE}.usages:usages",
    "typegen": f"{_HERE}.typegen:typegen",
    "watch": f"{_HERE}.watch:watch",
    "renumber": f"{_HERE}.renumber:renumber",
    "hook": f"{_HERE}.hook:hook",
    "merge-driver": f"{_HERE}.merge_driver:merge_driver",
    "textconv": f"{_HERE}.textconv:textconv",
    "doctor": f"{_HERE}.doctor:doctor",
    "demo": f"{_HERE}.demo:demo",
    "completion": f"{_HERE}.completion:completion",
}
"""Name -> "module:attribute", imported when it is called."""
