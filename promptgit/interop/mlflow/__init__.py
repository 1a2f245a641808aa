"""Prompts from MLflow's Prompt Registry, and to it, through MLflow's own client; never through its database.

    connection     the client at one URI: every call ends, and fails with a sentence that holds no credentials
    reading        what a registry there holds, as values
    content        one version from the one side to the other, and what of it cannot be carried
    planning       what an import would change in one prompt
    importing      the import: one commit a version
    exporting      the export: one prompt after the other
    prompt_export  its versions in order, under the same numbers

A number here is the same number there. A version that exists on both sides is never overwritten: it is compared, and what
differs is reported; tags and aliases change only where the user asks for it. So both directions may be run again.
"""

from __future__ import annotations
