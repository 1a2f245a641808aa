"""Tricks with what is no plain file, with names, and with what files hold."""

from __future__ import annotations

from receiver import Clone
from tricks import REFUNDS, trick

# --- what is no plain file -------------------------------------------------------------------------------------------


@trick(f"{REFUNDS}/4.yaml", "it is a symbolic link")
def a_version_is_a_symbolic_link(clone: Clone) -> str:
    return clone.graft(f"{REFUNDS}/4.yaml", "120000", clone.blob("/etc/passwd"))


@trick("prompts/private", "it is a symbolic link")
def a_folder_is_a_symbolic_link(clone: Clone) -> str:
    return clone.graft("prompts/private", "120000", clone.blob("/etc"))


@trick("prompts", "it is a symbolic link")
def all_prompts_are_a_symbolic_link(clone: Clone) -> str:
    clone("rm", "-rq", "--cached", "prompts")
    return clone.graft("prompts", "120000", clone.blob("/etc"))


@trick(f"{REFUNDS}/1.yaml", "a committed version is no file any more")
def a_version_becomes_a_symbolic_link(clone: Clone) -> str:
    return clone.graft(f"{REFUNDS}/1.yaml", "120000", clone.blob("2.yaml"))


@trick(f"{REFUNDS}/1.yaml", "removed without a tombstone")
def a_version_becomes_a_folder(clone: Clone) -> str:
    clone.remove(f"{REFUNDS}/1.yaml")
    clone.write(f"{REFUNDS}/1.yaml/1.yaml", "template: Hello\n")
    return clone.commit("Go deeper")


@trick(f"{REFUNDS}/2.yaml", "a committed version is no file any more")
def a_version_becomes_executable(clone: Clone) -> str:
    clone("update-index", "--chmod=+x", f"{REFUNDS}/2.yaml")
    return clone.commit("Run it")


@trick("prompts/vendor", "it is a submodule")
def a_submodule_stands_among_the_prompts(clone: Clone) -> str:
    return clone.graft("prompts/vendor", "160000", clone.head())


@trick("promptgit.yaml", "it is a symbolic link")
def the_rules_are_a_symbolic_link(clone: Clone) -> str:
    return clone.graft("promptgit.yaml", "120000", clone.blob("README.md"))


# --- names -----------------------------------------------------------------------------------------------------------


@trick("prompts/support/refunds", "only by case")
def a_name_differs_by_case_alone(clone: Clone) -> str:
    return clone.version(1, name="support/Refunds")


@trick("name-twin", "only by case or by how it is encoded")
def a_name_differs_by_how_an_accent_is_encoded(clone: Clone) -> str:
    blob = clone.blob("Remarks\n")
    clone.graft(f"{REFUNDS}/caf\u00e9.md", "100644", blob)
    return clone.graft(f"{REFUNDS}/cafe\u0301.md", "100644", blob)


@trick("PROMPTS", "differs from prompts only by case")
def a_second_folder_is_called_prompts(clone: Clone) -> str:
    return clone.graft("PROMPTS/support/refunds/1.yaml", "100644", clone.blob("template: Hello\n"))


@trick("prompts/support/a\\nb", "'\\n' is not allowed")
def a_name_has_a_newline(clone: Clone) -> str:
    return clone.graft("prompts/support/a\nb/1.yaml", "100644", clone.blob("template: Hello\n"))


@trick(f"{REFUNDS}/\\udcff.md", "its name is not UTF-8")
def a_name_is_not_utf8(clone: Clone) -> str:
    return clone.graft(f"{REFUNDS}/\udcff.md", "100644", clone.blob("Remarks\n"))


@trick(f"{REFUNDS}/\\x1b]0;owned.md", "its name holds '\\x1b'")
def a_name_speaks_to_the_terminal(clone: Clone) -> str:
    return clone.graft(f"{REFUNDS}/\x1b]0;owned.md", "100644", clone.blob("Remarks\n"))


@trick("prompts/support/con", "is a device on Windows")
def a_name_is_a_device(clone: Clone) -> str:
    return clone.version(1, name="support/con")


@trick("prompts/support.refunds", "has a dot in its name")
def a_folder_takes_another_prompts_name(clone: Clone) -> str:
    return clone.version(9, name="support.refunds")


@trick(f"{REFUNDS}/remarks.", "its name begins or ends with what some systems drop")
def a_name_ends_in_a_dot(clone: Clone) -> str:
    return clone.graft(f"{REFUNDS}/remarks.", "100644", clone.blob("Remarks\n"))


@trick(f"{REFUNDS}/..\\..\\owned.md", "its name holds '\\\\'")
def a_name_leads_upwards_on_windows(clone: Clone) -> str:
    return clone.graft(f"{REFUNDS}/..\\..\\owned.md", "100644", clone.blob("Remarks\n"))


@trick(f"{REFUNDS}/04.yaml", "nobody reads it: 4.yaml is called so")
def a_version_only_looks_like_one(clone: Clone) -> str:
    clone.write(f"{REFUNDS}/04.yaml", "template: Hello\n")
    return clone.commit("Register")


@trick(REFUNDS, "is not as git writes them")
def a_tree_has_two_files_of_one_name(clone: Clone) -> str:
    rows = clone("ls-tree", f"HEAD:{REFUNDS}").splitlines()
    other = bytes.fromhex(clone.blob("template: Promise {{question}} anything.\n"))
    entries = b"100644 1.yaml\0" + other
    for row in rows:
        _, _, oid, name = row.split()
        entries += b"100644 " + name.encode() + b"\0" + bytes.fromhex(oid)
    tree = clone("hash-object", "--literally", "-w", "-t", "tree", "--stdin", stdin=entries)
    for path in ("support/refunds", "prompts/support", "prompts"):
        folder, _, name = path.rpartition("/")
        listed = clone("ls-tree", f"HEAD:{'prompts/support' if folder == 'support' else folder}").splitlines()
        lines = [f"040000 tree {tree}\t{name}" if row.endswith(f"\t{name}") else row for row in listed]
        tree = clone("mktree", stdin="\n".join(lines) + "\n")
    return clone.merge(tree, "HEAD")


@trick("prompts", "is not as git writes them")
def a_tree_has_two_folders_of_prompts(clone: Clone) -> str:
    other = clone("mktree", stdin=f"100644 blob {clone.blob('Hello')}\tremarks.md\n")
    entries = b"40000 prompts\0" + bytes.fromhex(other)
    for row in clone("ls-tree", "HEAD").splitlines():
        mode, _, oid, name = row.split()
        entries += mode.lstrip("0").encode() + b" " + name.encode() + b"\0" + bytes.fromhex(oid)
    tree = clone("hash-object", "--literally", "-w", "-t", "tree", "--stdin", stdin=entries)
    return clone.merge(tree, "HEAD")


# --- content ---------------------------------------------------------------------------------------------------------


@trick(f"{REFUNDS}/aliases.yaml:1:1", "production leads to version 7, which does not exist")
def an_alias_leads_nowhere(clone: Clone) -> str:
    return clone.aliases(production=7)


@trick(f"{REFUNDS}/aliases.yaml", "production leads to version 1, which was deleted")
def a_version_is_deleted_that_an_alias_leads_to(clone: Clone) -> str:
    clone.notes("versions: {1: {deleted: superseded}}\n")
    clone.remove(f"{REFUNDS}/1.yaml")
    return clone.commit("Delete 1")


@trick(f"{REFUNDS}/4.yaml", "is larger than 1048576 bytes")
def a_file_is_far_too_large(clone: Clone) -> str:
    clone.write(f"{REFUNDS}/4.yaml", "template: |\n" + "  All work and no play.\n" * 90_000)
    return clone.commit("Register")


@trick(f"{REFUNDS}/4.yaml:1:", "yaml-")
def a_file_is_a_bomb(clone: Clone) -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 12)]
    clone.write(f"{REFUNDS}/4.yaml", "\n".join(rows) + "\n")
    return clone.commit("Register")


@trick(f"{REFUNDS}/4.yaml", "[template")
def a_template_does_not_compile(clone: Clone) -> str:
    clone.write(f"{REFUNDS}/4.yaml", "syntax: jinja2\ntemplate: Answer {% if question %}\n")
    return clone.commit("Register")


@trick(f"{REFUNDS}/4.yaml", "[secret")
def a_secret_is_taken_back_by_the_next_commit(clone: Clone) -> str:
    key = "AKIA" + "Z7Q4X2M9L5T8R3W6"
    bad = clone.version(4, f"Ask with {key} about {{{{question}}}}.\n")
    clone.notes("versions: {4: {deleted: secret}}\n")
    clone.remove(f"{REFUNDS}/4.yaml")
    clone.commit("Take it back")
    return bad


@trick(f"{REFUNDS}/6.yaml", "versions 4 to 5 of support.refunds are skipped")
def a_number_is_skipped(clone: Clone) -> str:
    return clone.version(6)
