"""A file that raises while it is imported."""

raise RuntimeError("at import")
