"""Turns texts into unit vectors; the only module that knows sentence-transformers, and it loads it when first used.

sentence-transformers loads the model and says of which modules it is made. Where that is a plain BertModel with mean
pooling, as multilingual-e5-small is, its weights are driven here over *packed* texts: the tokens of many texts stand
in one matrix without any padding, and only attention looks at one text at a time. Other models run as the library
runs them.

Thread safety: one embedder may be used by one thread at a time.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hame_match.errors import EmbeddingError
from hame_match.match import weights
from hame_match.match.letter_case import plain_case
from hame_match.progress import Progress, silent

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

BUNDLED: Final = "bundled"
LABEL: Final = "embedding texts"
CENTRING: Final = 0.7
"""With our adapter what texts of a language have in common is no longer all noise. On graded actors 0.5 to 0.75 does
better than 1 in Finnish and in English; on projects they are alike."""

_E5_PROMPTS: Final = ("query: ", "passage: ")
_PREPARED: Final = "plain case"
"""How a text is prepared for a model; part of the id of any but the bundled one, whose adapter was learnt so."""
_E5_NAME: Final = re.compile(r"(?:^|[-_/])e5(?:[-_]|$)", re.IGNORECASE)
# Tokens in one matrix: 8,192 are no faster on two cores and take 330 MB more.
_PACK: Final = 2048
# Texts tokenised at once: their ids are Python integers until they are packed.
_SLAB: Final = 2048
_BF16_FLAGS: Final = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


class Embedder(Protocol):
    """A model that maps texts of several languages into one space."""

    model_id: str
    """Keys vectors: name and content of the model, whatever the precision; vectors of two ids never mix."""

    dimension: int

    centring: float
    """Share of what texts of a language have in common that is to be taken out of its vectors, in [0, 1]."""

    def embed_queries(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        """Return (n, dimension) float32 unit rows for what is sought (an actor's interests), in the order given.

        A text longer than the model's window (512 tokens, about 2,000 characters) is cut there: window it first.
        No text gives (0, dimension). Cosine similarity is the dot product of rows. Playful capitals are not seen, see
        `letter_case.plain_case`.

        Raises:
            EmbeddingError: the model gave something else than finite numbers of that shape.
        """

    def embed_passages(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        """Return the same for what is searched (windows of calls)."""


def load_embedder(
    model: str = BUNDLED,
    *,
    cache: Path | None = None,
    precision: str = "auto",
    threads: int | None = None,
    progress: Progress = silent,
) -> Embedder:
    """Load a model (about 7 s, most of it importing libraries; some seconds more once per machine to unpack).

    Args:
        model: `bundled`, which never touches the network, or a name or folder of a sentence-transformers model;
            a name not on this machine yet is downloaded from its hub.
        cache: where `bundled` is unpacked; the user's cache by default.
        precision: `bf16`, `fp32`, or `auto`: bf16 where the processor computes in it. Vectors of the two agree to a
            cosine above 0.999.
        threads: for the whole process; by default torch takes one per core.
        progress: told about unpacking.

    Raises:
        EmbeddingError: the model cannot be had or is not one that embeds texts; the message says what to do.
    """
    if precision not in {"auto", "bf16", "fp32"}:
        raise EmbeddingError(f"embedding precision is {precision!r}: it must be auto, bf16 or fp32")
    if threads is not None and threads < 1:
        raise EmbeddingError(f"embedding threads is {threads}: it must be 1 or more")
    half = precision == "bf16" or (precision == "auto" and has_native_bf16())
    if model == BUNDLED:
        folder = weights.unpacked_model(cache, progress)
        # The pooling layer of the class is neither in the weights nor used; without it nothing is made at random.
        loaded = _load(str(folder), f"delete the folder {folder}, it is unpacked again", add_pooling_layer=False)
        prompts, model_id, centring = _E5_PROMPTS, folder.name, CENTRING
    else:
        loaded = _load(
            model, 'check embedding.model in the settings and the network, or set embedding.model = "bundled"'
        )
        prompts, model_id, centring = _prompts(loaded, model), f"{Path(model).name}-{_fingerprint(loaded)}", 1.0

    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    dimension = loaded.get_embedding_dimension()
    if dimension is None:
        raise EmbeddingError(f"{model}: does not say the dimension of its vectors: name another embedding.model")
    dtype = torch.bfloat16 if half else torch.float32
    encode = _packed_encoder(loaded, dtype) or _library_encoder(loaded, dtype)
    return _Embedder(model_id, dimension, prompts, centring, encode)


def has_native_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether the processor multiplies bfloat16 itself; where it does not, or does not say, fp32 is faster.

    Source of the flags: Linux, arch/x86/include/asm/cpufeatures.h and arch/arm64/kernel/cpuinfo.c.
    """
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return flags is not None and not _BF16_FLAGS.isdisjoint(flags[1].split())


_Encode = Callable[[list[str], Callable[[int], None]], NDArray[np.float32]]
"""Gives one row per text; tells how many texts are done."""


@dataclass
class _Embedder:
    model_id: str
    dimension: int
    prompts: tuple[str, str]
    centring: float
    encode: _Encode

    def embed_queries(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        return self._embed(self.prompts[0], texts, progress)

    def embed_passages(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        return self._embed(self.prompts[1], texts, progress)

    def _embed(self, prompt: str, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        if isinstance(texts, str):
            raise TypeError("texts is one string: give a list of texts")
        total = len(texts)
        if not total:
            return np.zeros((0, self.dimension), np.float32)
        rows = self.encode([prompt + plain_case(text) for text in texts], lambda done: progress(LABEL, done, total))
        if rows.shape != (total, self.dimension):
            raise EmbeddingError(f"{self.model_id}: {total} texts gave vectors of shape {rows.shape}")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        bad = np.flatnonzero(~np.isfinite(lengths[:, 0]) | (lengths[:, 0] == 0))
        if bad.size:
            raise EmbeddingError(
                f"{self.model_id}: no finite vector for {bad.size} of {total} texts, the first at {bad[0]}: "
                'set embedding.precision = "fp32" or name another embedding.model in the settings'
            )
        unit: NDArray[np.float32] = np.divide(rows, lengths, dtype=np.float32)
        return unit


def _load(name: str, remedy: str, **model_kwargs: object) -> "SentenceTransformer":
    local = Path(name).is_dir()
    from safetensors import SafetensorError

    with _quiet(offline=local):
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(name, device="cpu", local_files_only=local, model_kwargs=dict(model_kwargs))
        except (OSError, ValueError, RuntimeError, LookupError, ImportError, SafetensorError) as exc:
            reason = str(exc).strip().partition("\n")[0] or type(exc).__name__
            raise EmbeddingError(f"embedding model {name}: cannot be loaded ({reason}): {remedy}") from exc


@contextmanager
def _quiet(*, offline: bool) -> Iterator[None]:
    """Keep the libraries' load reports and bars off the terminal, and where `offline` themselves off the network."""
    from huggingface_hub import constants
    from transformers.utils import logging as noise

    verbosity, bars = noise.get_verbosity(), noise.is_progress_bar_enabled()
    library = logging.getLogger("sentence_transformers")
    level, was_offline = library.level, constants.HF_HUB_OFFLINE
    telemetry = constants.HF_HUB_DISABLE_TELEMETRY
    noise.set_verbosity_error()
    noise.disable_progress_bar()
    library.setLevel(logging.ERROR)
    constants.HF_HUB_OFFLINE = was_offline or offline
    constants.HF_HUB_DISABLE_TELEMETRY = True
    try:
        yield
    finally:
        noise.set_verbosity(verbosity)
        if bars:
            noise.enable_progress_bar()
        library.setLevel(level)
        constants.HF_HUB_OFFLINE = was_offline
        constants.HF_HUB_DISABLE_TELEMETRY = telemetry


def _prompts(model: "SentenceTransformer", name: str) -> tuple[str, str]:
    own = {key: text for key, text in model.prompts.items() if text}
    if not own and _E5_NAME.search(name):
        return _E5_PROMPTS
    return own.get("query", ""), own.get("passage") or own.get("document", "")


def _fingerprint(model: "SentenceTransformer") -> str:
    """Return 12 hexadecimal digits that change with the weights, the modules and the prompts of `model`."""
    import torch

    made_with = (str(model), sorted(model.prompts.items()), model.max_seq_length, _PREPARED)
    digest = hashlib.sha256(repr(made_with).encode())
    for key, tensor in sorted(model.state_dict().items()):
        if "pooler." not in key:  # unused by our models and, where a file lacks it, made at random
            digest.update(key.encode())
            digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:12]


def _library_encoder(model: "SentenceTransformer", dtype: "torch.dtype") -> _Encode:
    """Return an encoder for any model, as sentence-transformers runs it."""
    model.to(dtype)

    def encode(texts: list[str], done: Callable[[int], None]) -> NDArray[np.float32]:
        rows = []
        for start in range(0, len(texts), _SLAB):
            part = model.encode(texts[start : start + _SLAB], prompt="", show_progress_bar=False)
            rows.append(np.asarray(part, dtype=np.float32))
            done(start + len(part))
        return np.concatenate(rows)

    return encode


def _packed_encoder(model: "SentenceTransformer", dtype: "torch.dtype") -> _Encode | None:
    """Return the fast encoder, or None where `model` is not a plain BertModel with mean pooling."""
    from transformers import BertModel

    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    bert, pooling = getattr(model[0], "auto_model", None), model[1]
    config = getattr(bert, "config", None)
    if (
        type(bert) is not BertModel
        or config is None
        or config.hidden_act != "gelu"
        or config.is_decoder
        or getattr(config, "position_embedding_type", "absolute") != "absolute"
        or pooling.pooling_mode != "mean"
        or not pooling.include_prompt
        or getattr(model[0], "do_lower_case", False)
        or not getattr(model.tokenizer, "is_fast", False)
    ):
        return None
    forward = _PackedBert(bert, dtype)
    tokenizer = model.tokenizer  # `model` itself is let go of: its float32 weights are not needed any more
    window = min(model.max_seq_length or config.max_position_embeddings, config.max_position_embeddings)

    def encode(texts: list[str], done: Callable[[int], None]) -> NDArray[np.float32]:
        ids: list[NDArray[np.int32]] = []
        for start in range(0, len(texts), _SLAB):
            batch = tokenizer(
                texts[start : start + _SLAB],
                truncation=True,
                max_length=window,
                return_attention_mask=False,
                return_token_type_ids=False,
            )
            ids.extend(np.array(row, np.int32) for row in batch["input_ids"])
        rows = np.empty((len(texts), config.hidden_size), np.float32)
        finished = 0
        for pack in _packs([len(row) for row in ids]):
            rows[pack] = forward([ids[i] for i in pack])
            finished += len(pack)
            done(finished)
        return rows

    return encode


def _packs(lengths: Sequence[int], budget: int = _PACK) -> Iterator[list[int]]:
    """Yield the indices of texts in packs of at most `budget` tokens (one text may exceed it), the longest first.

    >>> list(_packs([3, 9, 3, 2], budget=6))
    [[1], [0, 2], [3]]
    """
    pack: list[int] = []
    room = budget
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if pack and lengths[index] > room:
            yield pack
            pack, room = [], budget
        pack.append(index)
        room -= lengths[index]
    if pack:
        yield pack


class _PackedBert:
    """The forward pass of a BertModel over the tokens of many texts in one (tokens, hidden) matrix.

    Follows `transformers.models.bert.modeling_bert` (post-norm, exact gelu); query, key and value are one product.
    The word embeddings stay as they were loaded, since only the rows in use are ever read.
    """

    def __init__(self, bert: Any, dtype: "torch.dtype") -> None:
        import torch

        def cast(*parts: Any) -> "torch.Tensor":
            return torch.cat([part.detach() for part in parts]).to(dtype)

        embeddings = bert.embeddings
        self.dtype = dtype
        self.heads = bert.config.num_attention_heads
        self.eps = bert.config.layer_norm_eps
        self.words = embeddings.word_embeddings.weight.detach()
        # Every text is of token type 0.
        self.positions = (embeddings.position_embeddings.weight + embeddings.token_type_embeddings.weight[0]).detach()
        self.norm = (embeddings.LayerNorm.weight.detach(), embeddings.LayerNorm.bias.detach())
        self.layers = []
        for layer in bert.encoder.layer:
            attention, own = layer.attention, layer.attention.self
            projections = (own.query, own.key, own.value)
            self.layers.append(
                (
                    (cast(*(p.weight for p in projections)), cast(*(p.bias for p in projections))),
                    *(
                        (cast(part.weight), cast(part.bias))
                        for part in (
                            attention.output.dense,
                            attention.output.LayerNorm,
                            layer.intermediate.dense,
                            layer.output.dense,
                            layer.output.LayerNorm,
                        )
                    ),
                )
            )

    def __call__(self, texts: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
        """Return (n, hidden) float32 means over the tokens of each text; texts of a length must stand together."""
        import torch
        from torch.nn import functional

        lengths = [len(text) for text in texts]
        with torch.inference_mode():
            ids = torch.from_numpy(np.concatenate(texts))
            positions = torch.from_numpy(np.concatenate([np.arange(length) for length in lengths]))
            x = functional.embedding(ids, self.words).float() + self.positions[positions]
            size = (x.shape[1],)
            x = functional.layer_norm(x, size, *self.norm, self.eps).to(self.dtype)
            for projections, out, out_norm, up, down, down_norm in self.layers:
                mixed = self._attention(functional.linear(x, *projections), lengths)
                x = functional.layer_norm(functional.linear(mixed, *out).add_(x), size, *out_norm, self.eps)
                inner = functional.gelu(functional.linear(x, *up))
                x = functional.layer_norm(functional.linear(inner, *down).add_(x), size, *down_norm, self.eps)
            means = torch.stack([part.mean(0, dtype=torch.float32) for part in torch.split(x, lengths)])
        return np.asarray(means.numpy(), dtype=np.float32)

    def _attention(self, projected: "torch.Tensor", lengths: Sequence[int]) -> "torch.Tensor":
        """Return (tokens, hidden) from (tokens, 3 hidden); texts of one length are attended to together, unmasked."""
        import torch
        from torch.nn import functional

        tokens, width = projected.shape[0], projected.shape[1] // 3
        mixed = torch.empty(tokens, width, dtype=self.dtype)
        start = first = 0
        while first < len(lengths):
            length = lengths[first]
            count = 1
            while first + count < len(lengths) and lengths[first + count] == length:
                count += 1
            end = start + count * length
            q, k, v = projected[start:end].view(count, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            part = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2)
            mixed[start:end].view(count, length, self.heads, -1).copy_(part)
            start, first = end, first + count
        return mixed
