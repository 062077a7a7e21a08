"""The candidate stage and the search by words where there are many calls: time, memory, and what is lost.

    python benchmarks/scale.py                    # the curve: 2,500 to 20,000 calls, 10,000 actors
    python benchmarks/scale.py search             # 200 searches in 20,000 calls
    python benchmarks/scale.py recall --cache DIR # relevant calls among the candidates, by their number

The curve is of made-up vectors: unit vectors around 200 common directions, as calls lie around subjects; 40 % of the
calls are Finnish or Swedish. Each size runs in a process of its own, so that its peak memory is its own, and takes
the bare matrix product of the same blocks in turn with the stage itself. The search holds the calls of a recorded week
with sentences exchanged at random among calls of a language, so that 20,000 calls have 20,000 texts.
The recall is of the graded actors and the project titles and objectives beside the checkout (``../shared/data/eval``).
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.corpus import ROOT, calls
from hame_match.collect.runner import crawl
from hame_match.demo.server import ReplayServer
from hame_match.demo.sites import DEMO_NOW, demo_sites
from hame_match.jobs import evaluating, searching
from hame_match.jobs.evaluation_files import read_calls, read_queries, read_topics
from hame_match.jobs.ground import score, stems_of
from hame_match.jobs.trec import read_qrels
from hame_match.jobs.workspace import Workspace
from hame_match.match import candidates, ranking
from hame_match.match.ranking import Corpus, Facet, Matrix
from hame_match.model.call import Call
from hame_match.profiles import load_actors
from hame_match.sentences import sentences
from hame_match.settings import CrawlSettings, Settings
from hame_match.store import open_store
from hame_match.store.search import SearchIndex

EVAL = ROOT / "../shared/data/eval"
WIDTH, INTERESTS, SUBJECTS = 384, 4, 200
SHARES = {"en": 0.6, "fi": 0.3, "sv": 0.1}
SIZES = (2_500, 5_000, 10_000, 20_000)
PARTS = (0.05, 0.1, 0.2, 0.25, 1 / 3, 0.5)
"""Candidates by meaning as a part of all calls: where there are more calls, there are more like the one wanted, too."""
TARGET = 0.3
"""Seconds a search may take."""


def main() -> None:
    """Run the part asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=("curve", "one", "search", "recall"), default="curve")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--actors", type=int, default=10_000)
    parser.add_argument("--cache", type=Path, help="folder for the databases of the recall; made anew without it")
    parser.add_argument("--sample", type=int, default=400, help="projects of each kind whose recall is taken")
    arguments = parser.parse_args()
    match arguments.part:
        case "curve":
            curve(arguments.actors)
        case "one":
            print(one_size(arguments.calls, arguments.actors))
        case "search":
            search(arguments.calls)
        case "recall":
            with tempfile.TemporaryDirectory() as folder:
                recall(arguments.cache or Path(folder), arguments.sample)


def curve(actors: int) -> None:
    """Print time, ratio and memory of each size."""
    print(f"{actors:,} actors with {INTERESTS} interests")
    print("| calls | candidates | bare product | candidate stage | ratio | memory before | peak | the stage's own |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for size in SIZES:
        command = [sys.executable, __file__, "one", "--calls", str(size), "--actors", str(actors)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


def one_size(size: int, actors: int) -> str:
    """Return a row of the curve: block by block the bare product, then the stage."""
    chance = np.random.default_rng(1)
    subjects = _unit(chance.standard_normal((SUBJECTS, WIDTH), np.float32))
    languages = chance.choice(list(SHARES), size, p=list(SHARES.values()))
    corpus = Corpus(tuple(map(str, range(size))), tuple(map(str, languages)), _around(subjects, size, chance))
    before, bare, ours = _peak(), 0.0, 0.0
    for start in range(0, actors, candidates.ACTORS_AT_ONCE):
        block = min(candidates.ACTORS_AT_ONCE, actors - start)
        rows = {language: _around(subjects, block * INTERESTS, chance) for language in SHARES}
        facets = [
            {language: found[INTERESTS * actor : INTERESTS * (actor + 1)] for language, found in rows.items()}
            for actor in range(block)
        ]
        started = time.perf_counter()
        for first in range(0, size, candidates.CALLS_AT_ONCE):
            rows["en"] @ corpus.matrix[first : first + candidates.CALLS_AT_ONCE].T
        between = time.perf_counter()
        found = candidates.best_by_meaning(facets, corpus, candidates.by_meaning(size))
        ours += time.perf_counter() - between
        bare += between - started
        assert len(found) == block
    times = f"{bare:.1f} s | {ours:.1f} s | {ours / bare:.2f}"
    memory = f"{before:.0f} MiB | {_peak():.0f} MiB | {_peak() - before:.0f} MiB"
    return f"| {size:,} | {candidates.by_meaning(size):,} | {times} | {memory} |"


def search(size: int) -> None:
    """Print how long searches take, the first in a fresh connection and then each of 200."""
    chance = random.Random(3)
    found = list(_varied(size, chance))
    queries = _queries(chance)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "search.sqlite"
        with open_store(file) as store:
            with store.transaction():
                store.calls.import_crawl(found, DEMO_NOW)
            started = time.perf_counter()
            searching.bring_up_to_date(store)
            print(f"{size:,} calls indexed in {time.perf_counter() - started:.0f} s")
        del found
        for label, drop in (("cold: a fresh connection each", True), ("warm: one connection", False)):
            times = _searched(file, queries, fresh=drop)
            shown = ", ".join(f"{name} {np.quantile(times, q):.3f} s" for name, q in (("median", 0.5), ("p95", 0.95)))
            print(f"{label}: {shown}, worst {max(times):.3f} s of {len(times)} (target: p95 under {TARGET} s)")


def _searched(file: Path, queries: Sequence[str], *, fresh: bool) -> list[float]:
    times: list[float] = []
    if fresh:
        for query in queries:
            started = time.perf_counter()
            with open_store(file) as store:
                searching.search(Workspace(Settings(root=file.parent), store, lambda: DEMO_NOW), query)
            times.append(time.perf_counter() - started)
        return times
    with open_store(file) as store:
        workspace = Workspace(Settings(root=file.parent), store, lambda: DEMO_NOW)
        searching.search(workspace, queries[0])
        for query in queries:
            started = time.perf_counter()
            searching.search(workspace, query)
            times.append(time.perf_counter() - started)
    return times


def _queries(chance: random.Random) -> list[str]:
    """Return 200 searches of one to four neighbouring words of real interests in Finnish, English and Swedish."""
    with open_store(None) as store:
        examples = Workspace(Settings(), store).examples
    texts = [
        *(text for actor in examples for text in actor.interests),
        *(text for actor in examples for text in (*actor.interests_en, *actor.interests_sv)),
    ]
    queries = []
    while len(queries) < 200:
        words = chance.choice(texts).replace(",", " ").replace(".", " ").split()
        first = chance.randrange(len(words))
        queries.append(" ".join(words[first : first + chance.randint(1, 4)]))
    return queries


def _varied(size: int, chance: random.Random) -> Iterator[Call]:
    """Yield calls whose sections are made of sentences of other calls in the same language."""
    known, _, origin = calls(700)
    for spider, site in (("fi_eura2021", "eura2021.fi"), ("fi_haeavustuksia", "www.haeavustuksia.fi")):
        stand_in = demo_sites()[site]
        with ReplayServer({site: stand_in}) as server:
            known += crawl(spider, CrawlSettings(replay=server.url), DEMO_NOW).calls
    print(f"{len(known)} calls ({origin}, and the demo's Finnish ones) varied to {size:,}")
    pool: dict[str, list[str]] = {}
    for call in known:
        for section in call.sections:
            pool.setdefault(section.language, []).extend(sentences(section.text))
    for number in range(size):
        call = known[number % len(known)]
        sections = tuple(
            section.model_copy(
                update={"text": "\n".join(chance.choices(pool[section.language], k=len(sentences(section.text)) or 1))}
            )
            for section in call.sections
        )
        yield call.model_copy(update={"source_key": f"{call.source_key}-{number}", "sections": sections})


def recall(cache: Path, sample: int) -> None:
    """Print which share of the relevant calls are among the candidates, by the part of all calls that are."""
    print("| relevant calls | calls | " + " | ".join(f"{part:.0%}" for part in PARTS) + " |")
    print("|---" * (len(PARTS) + 2) + "|")
    _recall_of_actors(cache)
    _recall_of_projects(cache, sample)


def _recall_of_actors(cache: Path) -> None:
    with open_store(cache / "actors.sqlite") as store:
        workspace = Workspace(Settings(), store)
        documents = read_calls(EVAL / "actor-calls.jsonl.gz")
        actors = load_actors(EVAL / "actors", workspace.region)
        ground = evaluating.ground_for(workspace, documents, actors)
        given = {name: call.call_id for name, call in documents.items()}
        judged = read_qrels(EVAL / "qrels-actors.tsv")
        asked = [
            (ranking.facets_of(actor), _relevant(judged.grades[actor.slug], judged.relevant_from, given))
            for actor in actors
        ]
        _print_recall("graded actors", asked, ground.corpus, ground.vectors.known, ground.space, store.search)


def _recall_of_projects(cache: Path, sample: int) -> None:
    with open_store(cache / "topics.sqlite") as store:
        workspace = Workspace(Settings(), store)
        documents = read_topics(EVAL / "topics.jsonl.gz")
        windows, vectors = evaluating.prepared(workspace, documents)
        given = {name: call.call_id for name, call in documents.items()}
        judged = read_qrels(EVAL / "qrels-projects.tsv")
        queries = list(read_queries(EVAL / "queries-projects.jsonl.gz"))
        random.Random(5).shuffle(queries)
        for kind in ("title", "objective"):
            chosen = [query for query in queries if query.kind == kind][:sample]
            texts = [text for query in chosen for facet in query.facets for text in facet.texts]
            examples = ranking.background_of(workspace.examples)
            vectors.need_queries(text.text for text in (*texts, *examples))
            space = vectors.space(windows, [*examples, *texts])
            corpus = ranking.corpus_of(windows, vectors.known, space)
            asked = [
                (query.facets, _relevant(judged.grades[query.query_id], judged.relevant_from, given))
                for query in chosen
            ]
            _print_recall(f"project {kind}s", asked, corpus, vectors.known, space, store.search)


def _relevant(grades: dict[str, int], relevant_from: int, given: dict[str, str]) -> set[str]:
    return {given[name] for name, grade in grades.items() if grade >= relevant_from and name in given}


def _print_recall(
    label: str,
    asked: Sequence[tuple[Sequence[Facet], set[str]]],
    corpus: Corpus,
    vectors: dict[str, Matrix],
    space: ranking.Space,
    index: SearchIndex,
) -> None:
    matrices = [ranking.facet_matrices(facets, corpus.languages, vectors, space) for facets, _ in asked]
    ids = set(corpus.call_ids)
    by_words = [
        {call_id for facet in facets for call_id in index.best(stems_of(facet), candidates.BY_WORDS, ids)}
        for facets, _ in asked
    ]
    total = sum(len(relevant) for _, relevant in asked)
    # What a person would have been shown: the first 50 of the list of every call.
    shown = []
    for facets, _ in asked:
        values = score(index, tuple(facets), corpus, vectors, space).relevance
        shown.append({corpus.call_ids[row] for row in np.argsort(-values, kind="stable")[:50]})
    alone, united, kept, sizes = [], [], [], []
    for part in PARTS:
        k = round(part * len(ids))
        found = [{corpus.call_ids[row] for row in rows} for rows in candidates.best_by_meaning(matrices, corpus, k)]
        alone.append(sum(len(one & relevant) for one, (_, relevant) in zip(found, asked, strict=True)) / total)
        both = [one | words for one, words in zip(found, by_words, strict=True)]
        united.append(sum(len(one & relevant) for one, (_, relevant) in zip(both, asked, strict=True)) / total)
        kept.append(sum(len(one & first) for one, first in zip(both, shown, strict=True)) / sum(map(len, shown)))
        sizes.append(sum(map(len, both)) / len(both))
    for name, values in (("by meaning", alone), (f"and {candidates.BY_WORDS} an interest by words", united)):
        figures = " | ".join(f"{value:.3f}" for value in values)
        print(f"| {label}: {total}, {name} | {len(ids):,} | {figures} |")
    print(f"| {label}: first 50 of every call's list | | {' | '.join(f'{value:.3f}' for value in kept)} |")
    print(f"| {label}: candidates united, mean | | {' | '.join(f'{size:.0f}' for size in sizes)} |", flush=True)


def _around(subjects: Matrix, count: int, chance: np.random.Generator) -> Matrix:
    noise = _unit(chance.standard_normal((count, WIDTH), np.float32))
    return _unit(subjects[chance.integers(0, len(subjects), count)] + noise)


def _unit(rows: Matrix) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
