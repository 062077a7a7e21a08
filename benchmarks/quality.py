"""What each part of the ranking is worth: the graded actors, ranked with each part left out in turn.

    python benchmarks/quality.py [--vectors FILE] [--model NAME]
    python benchmarks/quality.py [--vectors FILE] --forget 0.2

Data: the graded actors beside the checkout (``../shared/data/eval``): 8 fictional actors, 712 real calls, about 43
graded calls an actor. The measures and what they rest on are those of ``hame-match evaluate``, see
``docs/evaluation.md``. The ranking was looked at on this very set while it was made, and the four weights were learnt
from it, so the figures compare parts; they promise nothing for other actors. `--model` with a folder of the model
without our adapter shows what the adapter is worth; `--vectors` keeps vectors from run to run.

The glossary was mended with these actors in hand. `--forget` takes that share of the words out of their glosses, drawn
anew for each of `DRAWS` rankings, and prints the means for a gloss alone, as shipped, and with the own words beside it.
"""

import argparse
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

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
DRAWS = 5
MEASURES = (EXPONENTIAL, CEILING, "R@10")


def finnish(fi: str, _: str) -> Facet:
    """Return the interest in Finnish only."""
    return Facet(fi, (FacetText("fi", fi),))


def glossed(fi: str, _: str) -> Facet:
    """Return what is shipped: the gloss for English calls, Finnish for Finnish ones."""
    found = gloss(fi, "fi")
    return Facet(fi, (FacetText("fi", fi), FacetText(GLOSS, found.english or fi, found.known)))


def forgetting(share: float, seed: int, known: float | None) -> Callable[[str, str], Facet]:
    """Return what is shipped when about `share` of the words of a gloss are not known; `known` says otherwise of it."""

    def facet(fi: str, _: str) -> Facet:
        dice, found = random.Random(f"{seed} {fi}"), gloss(fi, "fi")
        english = [word.english for word in found.words if word.english]
        kept = [word for word in english if dice.random() >= share] or english[:1]
        left = found.known * len(kept) / len(english)
        return Facet(fi, (FacetText("fi", fi), FacetText(GLOSS, " ".join(kept), left if known is None else known)))

    return facet


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


class Bench:
    """The graded actors and their calls, ready to be ranked one way or another."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.judgements = read_qrels(EVAL / "qrels-actors.tsv")
        calls = read_calls(EVAL / "actor-calls.jsonl.gz")
        self.actors = load_actors(EVAL / "actors", load_region(bundled("profiles") / REGION_FILE))
        self.given = {call.call_id: name for name, call in calls.items()}
        self.ground = ground_for(workspace, calls, self.actors)

    def measured(self, variant: Variant) -> tuple[list[float], float]:
        """Return the means of `MEASURES`, and how many of the first `FIRST` calls are in Finnish."""
        ground, store = self.ground, self.workspace.store
        space = ground.space if variant.centred else Space({}, {})
        corpus = ranking.corpus_of(ground.windows, ground.vectors.known, space)
        run: dict[str, dict[str, float]] = {}
        in_finnish = 0
        for actor in self.actors:
            facets = tuple(variant.facet(*pair) for pair in zip(actor.interests, actor.interests_en, strict=True))
            ground.vectors.need_queries(text.text for facet in facets for text in facet.texts)
            fit = ground.fits(self.workspace, actor) if variant.fitted else None
            scores = score(store.search, facets, corpus, ground.vectors.known, space, fit=fit, weights=variant.weights)
            run[actor.slug] = {
                self.given[one]: float(value) for one, value in zip(corpus.call_ids, scores.relevance, strict=True)
            }
            first = ranking.order(scores.relevance, corpus.call_ids, actor.slug)[:FIRST]
            in_finnish += sum(corpus.languages[row] == "fi" for row in first)
        figures = measure(self.judgements, run).figures
        return [figures[key].mean for key in MEASURES], in_finnish / len(self.actors)


def main() -> None:
    """Rank, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=Path, default=None)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--forget", type=float, default=None, metavar="SHARE")
    arguments = parser.parse_args()
    with open_store(arguments.vectors) as store:
        bench = Bench(Workspace(Settings(embedding=EmbeddingSettings(model=arguments.model)), store))
        if arguments.forget is None:
            print("| ranking | nDCG@10 (2^g-1) | P@5 / ceiling | recall@10 | Finnish calls in the top 12 |")
            print("|---|---|---|---|---|")
            for name, variant in VARIANTS.items():
                means, in_finnish = bench.measured(variant)
                print(f"| {name} | {' | '.join(f'{mean:.2f}' for mean in means)} | {in_finnish:.1f} |", flush=True)
        else:
            print(f"| {arguments.forget:.0%} of the words unknown | nDCG@10 (2^g-1) | P@5 / ceiling | recall@10 |")
            print("|---|---|---|---|")
            half = 1 - ranking.UNKNOWN_TOO_MANY / 2
            for name, known in (("gloss alone", 1.0), ("as shipped", None), ("half own words", half)):
                drawn = [bench.measured(Variant(forgetting(arguments.forget, seed, known)))[0] for seed in range(DRAWS)]
                means = [float(mean) for mean in np.mean(drawn, axis=0)]
                print(f"| {name} | {' | '.join(f'{mean:.2f}' for mean in means)} |", flush=True)


if __name__ == "__main__":
    main()
