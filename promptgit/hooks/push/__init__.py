"""What a server's pre-receive hook holds a push against.

server      the repository as it is, and as it would be with what waits in quarantine
refs        which refs may be pushed, and how branches and tags may move
commits     the commits of a push, each with its parents
trees       what differs between two trees, and what may not be in one
versions    immutability: no version changes, or goes without a tombstone
content     the checks of `promptgit check` at each commit, and the policies at each step of a protected branch
past        what the policies go by: history as the server knows it
moves       alias tags, where aliases are tags
"""

from __future__ import annotations
