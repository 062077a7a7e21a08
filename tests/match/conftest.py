"""The real model, loaded once; it is unpacked into the user's cache once per machine."""

import pytest

from hame_match.match.embedding import Embedder, load_embedder


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return load_embedder()
