"""`python -m promptgit`: the command line, where its script is not on PATH."""

from __future__ import annotations

from promptgit.cli.main import main

main()
