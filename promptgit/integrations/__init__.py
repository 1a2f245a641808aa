"""Where promptgit meets other services."""
