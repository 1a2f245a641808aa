"""Registries that are somewhere else: a remote that is followed through a clone in the user's cache folder, or a bundle."""
