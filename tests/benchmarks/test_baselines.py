"""The comparison with simple rankings, on tiny data of the same shape as the real ones."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import baselines
from benchmarks.baselines import CachedEmbedder, fused
from hame_match.jobs.trec import read_run
from hame_match.jobs.workspace import Workspace
from hame_match.settings import Settings
from hame_match.store import Store, open_store
from tests.builders import HashEmbedder, an_actor, write_profiles

SUBJECTS = {
    "robots": "Welding robots learn small series of metal parts",
    "books": "Reading circles of a library and its culture",
    "peat": "Restoration of bogs and drained peat land",
    "heat": "Heat pumps and storage of energy in buildings",
}


def written(file: Path, rows: Iterable[object]) -> None:
    file.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), "utf-8")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of an evaluation: four subjects, each the best answer of one query."""
    folder = tmp_path / "eval"
    folder.mkdir()
    texts = [{"id": key, "title": text, "text": f"{text}. {text} in regions."} for key, text in SUBJECTS.items()]
    written(folder / "actor-calls.jsonl.gz", [row | {"language": "en"} for row in texts])
    written(folder / "topics.jsonl.gz", texts)
    written(folder / "candidates-orgs.txt", ["robots", "books", "peat"])
    write_profiles(
        folder / "actors",
        [
            an_actor(f"a-{key}", interests=(f"Me teemme: {text}",), interests_en=(f"We work on: {text}",))
            for key, text in SUBJECTS.items()
        ],
    )
    grades = [f"a-{a}\t{c}\t{3 * (a == c)}\t{3 * (a == c)}" for a in SUBJECTS for c in SUBJECTS]
    written(folder / "qrels-actors.tsv", ["actor\tcall_id\tgrade_a\tgrade_b", *grades])
    projects = [
        {"id": f"{kind}-{key}", "kind": kind, "title": text, "objective": "", "bottom_up": False}
        for kind in ("title", "objective")
        for key, text in SUBJECTS.items()
    ]
    written(folder / "queries-projects.jsonl.gz", projects)
    written(folder / "qrels-projects.tsv", [f"{row['id']} 0 {str(row['id']).split('-')[1]} 1" for row in projects])
    firms = [
        {"org_id": f"o-{key}", "focused": key != "peat", "seen_topic_ids": ["peat"],
         "projects": [{"title": SUBJECTS["peat"]}, {"title": text}]}
        for key, text in SUBJECTS.items() if key != "heat"
    ]  # fmt: skip
    written(folder / "queries-orgs.jsonl.gz", firms)
    written(folder / "qrels-orgs.tsv", [f"{row['org_id']} 0 {str(row['org_id']).split('-')[1]} 1" for row in firms])
    monkeypatch.setattr(baselines, "EVAL", folder)
    return folder


def test_every_ranking_is_run_and_measured_on_every_task_and_texts_are_embedded_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[HashEmbedder] = []

    def load(_: str) -> HashEmbedder:
        asked.append(HashEmbedder())
        return asked[-1]

    monkeypatch.setattr(baselines, "load_embedder", load)
    monkeypatch.setattr(sys, "argv", ["baselines.py", "--out", str(tmp_path / "runs"), "--cache", str(tmp_path / "c")])
    baselines.main()
    first = capsys.readouterr().out
    baselines.main()
    assert capsys.readouterr().out == first
    texts = [*asked[0].passages, *(f"query: {text}" for text in asked[0].queries)]
    assert len(texts) == len(set(texts)), "no text is embedded twice"
    assert not asked[1].passages
    assert not asked[1].queries
    for heading in ("Actors, interests in Finnish, 4 queries", "Project titles, 4", "Organisations, focused, 2"):
        assert f"### {heading}" in first
    for system in baselines.SYSTEMS:
        assert first.count(f"| {system} |") == len(baselines.TASKS)
    assert first.count("p = ") > len(baselines.TASKS)
    runs = list((tmp_path / "runs").glob("*.trec"))
    assert len(runs) == len(baselines.TASKS) * len(baselines.SYSTEMS)
    assert set(read_run(tmp_path / "runs/organisations.6.trec")["o-books"]) == {"robots", "books", "peat"}


def test_a_fusion_of_ranks_puts_first_what_both_put_first(data: Path) -> None:
    with open_store(None) as store:
        task = baselines.TASKS["titles"](Workspace(Settings(), store, embedder=HashEmbedder()))
        scores = fused(task)(task.queries[0])
    assert scores.max() == pytest.approx(2 / (baselines.RRF + 1))
    assert task.given[task.corpus.call_ids[int(np.argmax(scores))]] == "robots"


def test_an_order_by_chance_is_the_same_every_time_and_another_for_another_query(data: Path) -> None:
    with open_store(None) as store:
        task = baselines.TASKS["titles"](Workspace(Settings(), store, embedder=HashEmbedder()))
    one, other = task.queries[:2]
    assert np.array_equal(baselines.chance(task)(one), baselines.chance(task)(one))
    assert not np.array_equal(baselines.chance(task)(one), baselines.chance(task)(other))
    assert not np.array_equal(baselines.chance(task, 1)(one), baselines.chance(task)(one))


def test_a_query_and_a_passage_of_the_same_words_are_kept_apart(store: Store) -> None:
    embedder = HashEmbedder()
    cached = CachedEmbedder(embedder, store)
    assert cached.embed_queries(["Robots", "Robots"]).shape == (2, 512)
    cached.embed_passages(["Robots"])
    cached.embed_queries(["Robots"])
    assert (embedder.queries, embedder.passages) == (["Robots"], ["Robots"])
    assert cached.embed_passages([]).shape == (0, 512)
