"""Reads the adapter of the bundled model: low-rank corrections of its linear layers, learnt for this field.

``adapter.safetensors`` lies beside this module and holds, for each corrected layer, ``<layer>.down`` of shape
(rank, inputs) and ``<layer>.up`` of shape (outputs, rank), float16; the layer's weight becomes W + up @ down.
``training/`` made it and tells how.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hame_match.errors import EmbeddingError

ADAPTER: Final = Path(__file__).with_name("adapter.safetensors")


@dataclass(frozen=True)
class Correction:
    """What is added to one weight matrix, as the product of two thin ones.

    Attributes:
        up: (outputs, rank) float32.
        down: (rank, inputs) float32.
    """

    up: NDArray[np.float32]
    down: NDArray[np.float32]

    def applied(self, weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return `weight` (outputs, inputs) with the correction added.

        Raises:
            ValueError: the shapes do not fit.
        """
        return np.asarray(weight + self.up @ self.down, np.float32)


def read_adapter(path: Path) -> dict[str, Correction]:
    """Return the corrections of the adapter `path` by the name of the weight they are added to.

    Raises:
        EmbeddingError: the file cannot be read, is damaged, or half of a pair is missing.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = {name: tensor.astype(np.float32) for name, tensor in load_file(path).items()}
        layers = {name.rpartition(".")[0] for name in tensors}
        found = {f"{layer}.weight": Correction(tensors[f"{layer}.up"], tensors[f"{layer}.down"]) for layer in layers}
    except (OSError, ValueError, KeyError, SafetensorError) as exc:
        raise EmbeddingError(f"{path}: the adapter cannot be read ({exc}): install hame-match again") from exc
    if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        raise EmbeddingError(f"{path}: the adapter holds what is not a finite number: install hame-match again")
    return found
