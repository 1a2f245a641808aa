"""The write engine: one for every mutation."""
