"""What is known, in one SQLite file through sqlite-utils; the only SQL of the project."""

from hame_match.store.database import Store, open_store

__all__ = ["Store", "open_store"]
