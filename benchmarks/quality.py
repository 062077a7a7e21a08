"""What each part of the ranking is worth: the graded actors, ranked with each part left out in turn.

    python benchmarks/quality.py [--vectors FILE] [--model NAME]

Data: the graded actors beside the checkout (``../shared/data/eval``): 8 fictional actors, 712 real calls, about 43
graded calls an actor. The measures and what they rest on are those of ``hame-match evaluate``, see
``docs/evaluation.md``. The ranking was looked at on this very set while it was made, and the four weights were learnt
from it, so the figures compare parts; they promise nothing for other actors. `--model` with a folder of the model
without our adapter shows what the adapter is worth; `--vectors` keeps vectors from run to run.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hame_match.jobs.evaluating import ground_for
from hame_match.jobs.evaluation_files import read_calls
from hame_match.jobs.ground import score
from hame_match.jobs.measuring import CEILING, EXPONENTIAL, measure
from hame_match.jobs.trec import read_qrels
from hame_match.jobs.workspace import Workspace
from hame_match.match import ranking
from hame_match.match.fusion import PROFILE, Weights
from hame_match.match.gloss import gloss
from hame_match.match.ranking import GLOSS, Facet, FacetText, Space
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_actors, load_region
from hame_match.settings import EmbeddingSettings, Settings
from hame_match.store import open_store

EVAL = Path(__file__).resolve().parents[1] / "../shared/data/eval"
FIRST = 12
"""Calls of a list looked at for their language."""


def finnish(fi: str, _: str) -> Facet:
    """Return the interest in Finnish only."""
    return Facet(fi, (FacetText("fi", fi),))


def glossed(fi: str, _: str) -> Facet:
    """Return what is shipped: the gloss for English calls, Finnish for Finnish ones."""
    found = gloss(fi, "fi")
    return Facet(fi, (FacetText("fi", fi), FacetText(GLOSS, found.english or fi, found.known)))


def english(_: str, en: str) -> Facet:
    """Return the interest as a person wrote it in English."""
    return Facet(en, (FacetText("en", en),))


@dataclass(frozen=True)
class Variant:
    """One way to rank."""

    facet: Callable[[str, str], Facet] = glossed
    weights: Weights = PROFILE
    centred: bool = True
    fitted: bool = True


MEANING_ALONE = replace(PROFILE, lexical=0.0, words=0.0)
VARIANTS = {
    "as shipped, Finnish interests": Variant(),
    "as shipped, English by a person": Variant(english),
    "without words": Variant(weights=MEANING_ALONE),
    "without the type of action": Variant(fitted=False),
    "without centring": Variant(centred=False),
    "without the gloss": Variant(finnish),
    "meaning alone: gloss": Variant(weights=MEANING_ALONE, fitted=False),
    "meaning alone: Finnish as it is, not centred": Variant(finnish, MEANING_ALONE, centred=False, fitted=False),
    "meaning alone: English, not centred": Variant(english, MEANING_ALONE, centred=False, fitted=False),
    "words alone": Variant(weights=Weights(0.0, 1.0, 0.0, 0.0, 1e6), fitted=False),
}


def main() -> None:
    """Rank, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=Path, default=None)
    parser.add_argument("--model", default="bundled")
    arguments = parser.parse_args()
    judgements = read_qrels(EVAL / "qrels-actors.tsv")
    calls = read_calls(EVAL / "actor-calls.jsonl.gz")
    actors = load_actors(EVAL / "actors", load_region(bundled("profiles") / REGION_FILE))
    given = {call.call_id: name for name, call in calls.items()}
    print(
        "| ranking | nDCG@10 (2^g-1) | P@5 / ceiling | recall@10 | Finnish calls in the top 12 |\n|---|---|---|---|---|"
    )
    with open_store(arguments.vectors) as store:
        workspace = Workspace(Settings(embedding=EmbeddingSettings(model=arguments.model)), store)
        ground = ground_for(workspace, calls, actors)
        for name, variant in VARIANTS.items():
            space = ground.space if variant.centred else Space({}, {})
            corpus = ranking.corpus_of(ground.windows, ground.vectors.known, space)
            run: dict[str, dict[str, float]] = {}
            in_finnish = 0
            for actor in actors:
                facets = tuple(variant.facet(*pair) for pair in zip(actor.interests, actor.interests_en, strict=True))
                fit = ground.fits(workspace, actor) if variant.fitted else None
                scores = score(
                    store.search, facets, corpus, ground.vectors.known, space, fit=fit, weights=variant.weights
                )
                run[actor.slug] = {
                    given[one]: float(value) for one, value in zip(corpus.call_ids, scores.relevance, strict=True)
                }
                first = ranking.order(scores.relevance, corpus.call_ids, actor.slug)[:FIRST]
                in_finnish += sum(corpus.languages[row] == "fi" for row in first)
            figures = measure(judgements, run).figures
            shown = " | ".join(f"{figures[key].mean:.2f}" for key in (EXPONENTIAL, CEILING, "R@10"))
            print(f"| {name} | {shown} | {in_finnish / len(actors):.1f} |", flush=True)


if __name__ == "__main__":
    main()
