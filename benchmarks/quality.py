"""How well the ranking finds what two judges called suitable: Finnish interests as they are, centred, glossed; English.

    python benchmarks/quality.py

Data: the graded actors beside the checkout (``../shared/data/eval``): 8 fictional actors, 712 real calls, about 43
graded calls an actor. The measures and what they rest on are those of ``hame-match evaluate``, see
``docs/evaluation.md``; here each part of the ranking is left out in turn. The ranking was looked at on this very set
while it was made, so the figures compare its parts; they promise nothing for other actors.
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.jobs import matching
from hame_match.jobs.evaluating import prepared
from hame_match.jobs.evaluation_files import read_calls
from hame_match.jobs.measuring import CEILING, measure
from hame_match.jobs.trec import read_qrels
from hame_match.jobs.workspace import Workspace
from hame_match.match import ranking
from hame_match.match.gloss import gloss
from hame_match.match.ranking import GLOSS, Facet, FacetText, Space
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.settings import Settings
from hame_match.store import open_store

EVAL = Path(__file__).resolve().parents[1] / "../shared/data/eval"
FIRST = 12
"""Calls of a list looked at for their language."""


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
    judgements = read_qrels(EVAL / "qrels-actors.tsv")
    calls = read_calls(EVAL / "actor-calls.jsonl.gz")
    actors = load_actors(EVAL / "actors", load_region(bundled("profiles") / REGION_FILE))
    given = {call.call_id: name for name, call in calls.items()}
    print("| interests | nDCG@10 | P@5 / ceiling | recall@10 | Finnish calls in the top 12 |\n|---|---|---|---|---|")
    with open_store(None) as store:
        workspace = Workspace(Settings(), store)
        windows, vectors = prepared(workspace, calls)
        background = ranking.background_of((*actors, *workspace.examples))
        vectors.need_queries(text.text for text in background)
        space = matching.space_of(windows, background, vectors.known)
        for name, facet in VARIANTS.items():
            used = Space({}, {}) if name.endswith("as it is") else space
            corpus = ranking.corpus_of(windows, vectors.known, used)
            run: dict[str, dict[str, float]] = {}
            finnish = 0
            for actor in actors:
                facets = tuple(facet(*pair) for pair in zip(actor.interests, actor.interests_en, strict=True))
                values = matching.score(store.search, facets, corpus, vectors.known, used).relevance
                run[actor.slug] = {given[one]: float(value) for one, value in zip(corpus.call_ids, values, strict=True)}
                first = ranking.order(values, corpus.call_ids, actor.slug)[:FIRST]
                finnish += sum(corpus.languages[row] == "fi" for row in first)
            figures = measure(judgements, run).figures
            shown = " | ".join(f"{figures[key].mean:.2f}" for key in ("nDCG@10", CEILING, "R@10"))
            print(f"| {name} | {shown} | {finnish / len(actors):.1f} |")


if __name__ == "__main__":
    main()
