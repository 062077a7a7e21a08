"""How well the ranking finds what two judges called suitable: Finnish interests as they are, centred, glossed; English.

    python benchmarks/quality.py

Data: the graded actors beside the checkout (``../shared/data/eval``): 8 fictional actors, 712 real calls, about 43
graded calls an actor. Lists are condensed: calls nobody graded are left out. nDCG@10 is scikit-learn's, the mean grade
its gain; P@5 is over its ceiling; a call is relevant from a mean grade of 2. The ranking was looked at on this very set
while it was made, so the figures compare its parts; they promise nothing for other actors.
"""

import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.match import ranking
from hame_match.match.embedding import load_embedder
from hame_match.match.gloss import gloss
from hame_match.match.lexical import call_stems, stems
from hame_match.match.ranking import GLOSS, Facet, FacetText, Space
from hame_match.match.windows import text_hash, windows_of
from hame_match.model.call import Call, Section, SectionRole
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.store import open_store

EVAL = Path(__file__).resolve().parents[1] / "../shared/data/eval"
Vectors = dict[str, NDArray[np.float32]]


def read_calls() -> list[Call]:
    """Return the calls that were ranked for the judges."""
    with gzip.open(EVAL / "actor-calls.jsonl.gz", "rt", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = [json.loads(line) for line in file]
    return [
        Call(
            source="fi" if row["language"] == "fi" else "eu",
            source_key=row["id"],
            titles={row["language"]: row["title"]},
            sections=(Section(role=SectionRole.DESCRIPTION, language=row["language"], text=row["text"]),)
            if (row["text"] or "").strip()
            else (),
            url="https://example.org/",
            funder="-",
            parent_title=row["parent_title"] or None,
        )
        for row in rows
        if not row["twin_of"]
    ]


def read_grades() -> dict[str, dict[str, float]]:
    """Return actor to call to mean grade."""
    grades: dict[str, dict[str, float]] = defaultdict(dict)
    with (EVAL / "qrels-actors.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            grades[row["actor"]][row["call_id"]] = (int(row["grade_a"]) + int(row["grade_b"])) / 2
    return grades


def wording(language: str, text: str) -> Facet:
    """Return a facet with this one wording, used for calls in any language."""
    return Facet(text, (FacetText(language, text),))


VARIANTS: dict[str, Callable[[str, str], Facet]] = {
    "Finnish, as it is": lambda fi, _: wording("fi", fi),
    "Finnish, centred": lambda fi, _: wording("fi", fi),
    "gloss, centred": lambda fi, _: wording(GLOSS, gloss(fi, "fi").english or fi),
    "as shipped: gloss for English calls, Finnish for Finnish": lambda fi, _: Facet(
        fi, (FacetText("fi", fi), FacetText(GLOSS, gloss(fi, "fi").english or fi))
    ),
    "English by a person, centred": lambda _, en: wording("en", en),
}


def main() -> None:
    """Rank, measure and print."""
    calls, grades = read_calls(), read_grades()
    profiles = [yaml.safe_load(file.read_text("utf-8")) for file in sorted((EVAL / "actors").glob("*.yaml"))]
    profiles = [profile for profile in profiles if profile["slug"] in grades]
    examples = load_actors(bundled("profiles"), load_region(bundled("profiles") / REGION_FILE))
    background = ranking.background_of(examples)
    for profile in profiles:
        for fi, en in zip(profile["interests"], profile["interests_en"], strict=True):
            background += [FacetText("fi", fi), FacetText("en", en), FacetText(GLOSS, gloss(fi, "fi").english or fi)]
    embedder, vectors = load_embedder(), Vectors()
    windows = {call.source_key: windows_of(call) for call in calls}
    embed(embedder.embed_passages, [text for call in windows.values() for text in call.texts], vectors)
    embed(embedder.embed_queries, [text.text for text in background], vectors)
    space = Space(
        ranking.language_means(((call.language, text) for call in windows.values() for text in call.texts), vectors),
        ranking.language_means(((text.language, text.text) for text in background), vectors),
    )
    print("| interests | nDCG@10 | P@5 / ceiling | recall@10 | Finnish calls in the top 12 |\n|---|---|---|---|---|")
    with open_store(None) as store:
        with store.transaction():
            store.calls.import_crawl(calls, datetime.now(UTC))
            store.search.put([(call.call_id, "-", *call_stems(call)) for call in calls])
        ids = {call.call_id: call.source_key for call in calls}
        for name, facet in VARIANTS.items():
            used = Space({}, {}) if name.endswith("as it is") else space
            corpus = ranking.corpus_of(windows, vectors, used)
            rows = []
            for profile in profiles:
                facets = [facet(*pair) for pair in zip(profile["interests"], profile["interests_en"], strict=True)]
                matrices = ranking.facet_matrices(facets, corpus.languages, vectors, used)
                found = [
                    store.search.rank([s for text in one.texts for s in stems(text.text, text.words_language)])
                    for one in facets
                ]
                by_key = [{ids[call]: score for call, score in one.items()} for one in found]
                values = ranking.relevance(
                    ranking.semantic_scores(matrices, corpus), ranking.lexical_scores(by_key, corpus.call_ids)
                )
                scores = dict(zip(corpus.call_ids, map(float, values), strict=True))
                rows.append(measure(scores, grades[profile["slug"]], dict(zip(windows, corpus.languages, strict=True))))
            means = np.mean(rows, axis=0)
            print(f"| {name} | {means[0]:.2f} | {means[1]:.2f} | {means[2]:.2f} | {means[3]:.1f} |")


def embed(function: Callable[[list[str]], NDArray[np.float32]], texts: list[str], vectors: Vectors) -> None:
    """Add the vectors of `texts` by their hash."""
    wanted = list(dict.fromkeys(texts))
    vectors |= dict(zip(map(text_hash, wanted), function(wanted), strict=True))


def measure(scores: Mapping[str, float], judged: Mapping[str, float], languages: Mapping[str, str]) -> list[float]:
    """Return nDCG@10, P@5 over its ceiling, recall@10, and the number of Finnish calls in the top 12."""
    condensed = sorted((call for call in judged if call in scores), key=lambda call: -scores[call])
    grades = [judged[call] for call in condensed]
    relevant = sum(grade >= 2 for grade in grades)
    ndcg = ndcg_score([grades], [[scores[call] for call in condensed]], k=10)
    first = sorted(scores, key=lambda call: -scores[call])[:12]
    return [
        float(ndcg),
        sum(grade >= 2 for grade in grades[:5]) / min(5, relevant),
        sum(grade >= 2 for grade in grades[:10]) / relevant,
        float(sum(languages[call] == "fi" for call in first)),
    ]


if __name__ == "__main__":
    main()
