"""A script: one prompt, chosen by an option, filled from the command line."""

from __future__ import annotations

import argparse
import sys

from promptgit import load_prompt

LONG, SHORT = "writing.summary@production", "prompts:/writing.summary/1"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--sentences", type=int, default=3)
    options = parser.parse_args(arguments)
    prompt = load_prompt(SHORT if options.short else LONG)
    if options.sentences < 1:
        print("--sentences is at least 1", file=sys.stderr)
        return 2
    print(prompt.format({"text": sys.stdin.read()}, sentences=options.sentences))
    return 0


if __name__ == "__main__":
    sys.exit(main())
