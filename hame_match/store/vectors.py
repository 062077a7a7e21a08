"""Embeddings as float32 BLOBs, keyed by what was embedded and by which model."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from hame_match.store.database import wrapping_errors


@wrapping_errors
class VectorTable:
    """Keeps one vector per (content hash, model id); a switch of model never mixes spaces."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def load(self, hashes: Iterable[str], model_id: str) -> dict[str, NDArray[np.float32]]:
        """Return content hash to vector, shape (d,), for those that are stored; the others are left out."""
        wanted = set(hashes)
        found: dict[str, NDArray[np.float32]] = {}
        if not wanted:
            return found
        cursor = self._db.execute("SELECT content_hash, vector FROM vectors WHERE model_id = ?", [model_id])
        for digest, blob in cursor:
            if digest in wanted:
                found[digest] = np.frombuffer(blob, dtype="<f4")
        return found

    def put(self, vectors: Mapping[str, NDArray[np.float32]], model_id: str) -> None:
        """Store vectors by content hash; expects an open transaction."""
        for digest, vector in vectors.items():
            self._db.execute(
                "INSERT OR REPLACE INTO vectors (content_hash, model_id, vector) VALUES (?, ?, ?)",
                [digest, model_id, np.ascontiguousarray(vector, dtype="<f4").tobytes()],
            )
