"""The ranking against judgements of people's needs, and against a real week's calls: with the real model.

The judged calls and actors lie beside the checkout; their README tells where they come from. Lists are condensed:
calls nobody judged are dropped before the measure is taken.
"""

import csv
import gzip
import heapq
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from hame_match.jobs.matching import rank_all
from hame_match.match.embedding import Embedder
from hame_match.match.windows import WINDOW_CHARS, windows_of
from hame_match.model.actor import Actor
from hame_match.model.call import Call
from hame_match.progress import Progress, silent
from hame_match.store import open_store
from tests.builders import a_call, a_workspace, an_actor, put_calls, section
from tests.feeds import expected, shared_data

DATA = shared_data()
pytestmark = [
    pytest.mark.model,
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.timeout(600),  # some hundred thousand tokens, and the machine may be busy
    pytest.mark.skipif(DATA is None, reason="no recorded data in ../shared/data"),
]
MOST_CHARS = 2 * WINDOW_CHARS
"""Of each text, so that the test is quick; with whole texts the figures are a little higher."""
Grades = dict[str, dict[str, float]]


def folder() -> Path:
    assert DATA is not None
    return DATA


def grades() -> Grades:
    """Actor to call to mean grade of the two judges."""
    found: Grades = defaultdict(dict)
    with (folder() / "eval" / "qrels-actors.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found[row["actor"]][row["call_id"]] = (float(row["grade_a"]) + float(row["grade_b"])) / 2
    return found


def judged_calls(wanted: set[str]) -> list[Call]:
    with gzip.open(folder() / "eval" / "actor-calls.jsonl.gz", "rt", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = [json.loads(line) for line in file]
    return [
        a_call(
            row["id"],
            source="fi_test" if row["language"] == "fi" else "eu_test",
            titles={row["language"]: row["title"]},
            sections=(section(row["text"][:MOST_CHARS], language=row["language"]),) if row["text"] else (),
            parent_title=row["parent_title"] or None,
        )
        for row in rows
        if row["id"] in wanted or row["language"] == "fi"
    ]


def judged_actors() -> list[Actor]:
    """Each actor twice: with its interests in Finnish only (SLUG-fi) and in English only (SLUG-en)."""
    found = []
    for file in sorted((folder() / "eval" / "actors").glob("*.yaml")):
        profile = yaml.safe_load(file.read_text("utf-8"))
        for language, key in (("fi", "interests"), ("en", "interests_en")):
            slug = f"{profile['slug']}-{language}"
            found.append(an_actor(slug, actor_type=profile["actor_type"], interests=tuple(profile[key])))
    return found


class WindowsOnly:
    """The real model for what is ranked; sentences for evidence, most of the work, get a vector that says nothing."""

    def __init__(self, embedder: Embedder, calls: Sequence[Call]) -> None:
        self.model_id, self.dimension, self.centring = embedder.model_id, embedder.dimension, embedder.centring
        self.embed_queries = embedder.embed_queries
        self._embedder = embedder
        self._windows = {text for call in calls for text in windows_of(call).texts}

    def embed_passages(self, texts: Sequence[str], progress: Progress = silent) -> NDArray[np.float32]:
        rows = np.full((len(texts), self.dimension), self.dimension**-0.5, np.float32)
        real = [place for place, text in enumerate(texts) if text in self._windows]
        rows[real] = self._embedder.embed_passages([texts[place] for place in real])
        return rows


def ranked(calls: Sequence[Call], actors: Sequence[Actor], embedder: Embedder, at: Path) -> dict[str, list[Call]]:
    """Actor to calls, best first, as the job ranks them."""
    with open_store(None) as store:
        put_calls(store, *calls)
        workspace = a_workspace(
            store, at, *actors, embedder=WindowsOnly(embedder, calls), match={"keep": min(len(calls), 1000)}
        )
        rank_all(workspace)
        by_id = {call.call_id: call for call in calls}
        return {actor.slug: [by_id[m.call_id] for m in store.matches.of_actor(actor.slug)] for actor in actors}


def ndcg(ranked: Sequence[str], judged: Mapping[str, float], depth: int = 10) -> float:
    """Return nDCG@depth of the condensed list, with the grade as gain (Järvelin and Kekäläinen, 2002)."""

    def gain(values: Sequence[float]) -> float:
        return float(sum(value / np.log2(place + 2) for place, value in enumerate(values[:depth])))

    return gain([judged[call] for call in ranked if call in judged]) / gain(heapq.nlargest(depth, judged.values()))


def test_the_measure_itself() -> None:
    judged = {"a": 3.0, "b": 1.0, "c": 0.0}
    assert ndcg(["a", "b", "c"], judged) == 1
    assert ndcg(["x", "a", "y", "b"], judged) == 1
    assert ndcg(["c", "b", "a"], judged) == pytest.approx((1 / np.log2(3) + 3 / np.log2(4)) / (3 + 1 / np.log2(3)))


@pytest.fixture(scope="module")
def lists(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Call]]:
    calls = judged_calls({call for judged in grades().values() for call in judged})
    return ranked(calls, judged_actors(), embedder, tmp_path_factory.mktemp("graded"))


@pytest.mark.parametrize(("language", "least"), [("fi", 0.68), ("en", 0.66)])
def test_the_graded_actors_find_their_calls(lists: dict[str, list[Call]], language: str, least: float) -> None:
    values = {
        actor: ndcg([call.source_key for call in lists[f"{actor}-{language}"]], judged)
        for actor, judged in grades().items()
    }
    mean = float(np.mean(list(values.values())))
    print(language, round(mean, 3), {actor: round(value, 2) for actor, value in values.items()})
    assert len(values) == 8
    assert mean >= least


def test_finnish_calls_do_not_flood_the_lists_of_finnish_actors(lists: dict[str, list[Call]]) -> None:
    finnish = {
        slug: sum(call.original_language() == "fi" for call in calls[:12])
        for slug, calls in lists.items()
        if slug.endswith("-fi")
    }
    print("Finnish calls in the top 12:", finnish)
    assert len(finnish) == 8
    assert np.mean(list(finnish.values())) <= 3


SUBJECTS = ("manufactur", "robot", "industr", "product line", "automation")


def test_a_machine_shop_finds_manufacturing_and_robots_first_among_a_real_weeks_calls(
    embedder: Embedder, tmp_path: Path
) -> None:
    snapshot = max((folder() / "eu" / "ft_feed_weekly").glob("grants_*.json.gz"))
    calls = [
        a_call(
            reference,
            source="eu_test",
            titles={"en": grant["title"]},
            sections=(section(abstract[:600], language="en"),) if (abstract := grant["abstract"] or "").strip() else (),
            parent_title=grant["callTitle"] or None,
        )
        for reference, grant in expected(snapshot).items()
    ]
    [shop] = [actor for actor in judged_actors() if actor.slug == "pk-konepaja-kurkijarvi-fi"]
    best = ranked(calls, [shop], embedder, tmp_path)[shop.slug][:5]
    print("\n".join(call.title()[0] for call in best))
    texts = [f"{call.title()[0]} {' '.join(s.text for s in call.sections)}".lower() for call in best]
    assert sum(any(subject in text for subject in SUBJECTS) for text in texts) >= 3
