"""A process that moves an alias again and again, each time only from where it saw it: for tests of races.

mover.py PATH COUNT WHO     prints `FROM TO WHO` for each move that was acknowledged, and nothing for those that were refused
"""

from __future__ import annotations

import sys

from promptgit import Registry
from promptgit.errors import AliasMovedError

NAME, ALIAS = "support.refunds", "production"


def main() -> None:
    """See the module's docstring."""
    path, count, who = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    registry = Registry(path)
    done = 0
    while done < count:
        seen = registry.aliases(NAME)[ALIAS].version
        wanted = seen % 3 + 1 if seen else 1
        try:
            registry.set_alias(NAME, ALIAS, wanted, expect=seen, message=f"{seen} {wanted} {who}-{done}")
        except AliasMovedError:
            continue
        print(seen, wanted, f"{who}-{done}", flush=True)
        done += 1


if __name__ == "__main__":
    main()
