"""The ground lists stand on: calls and interests as vectors in one space, and the score of every call for an actor."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hame_match.jobs.workspace import Workspace
from hame_match.match import action_fit, candidates, fusion, ranking
from hame_match.match.eligibility import CallFacts, exclude_rule
from hame_match.match.embedding import Embedder, load_embedder
from hame_match.match.fusion import Scale, Weights
from hame_match.match.lexical import call_stems, stems
from hame_match.match.ranking import Corpus, Facet, FacetText, Matrix, Rows, Space, Vector
from hame_match.match.windows import CallWindows, lenders, text_hash, windows_of
from hame_match.model.actor import Actor
from hame_match.model.call import CallStatus, StoredCall
from hame_match.model.match import Verdict
from hame_match.model.region import Region
from hame_match.store import Store
from hame_match.store.search import SearchIndex

BATCH = 256
"""Texts embedded between two commits: enough to sort by length, and about half a minute of work on two cores."""


@dataclass(frozen=True)
class Scores:
    """How well each call of a corpus suits one actor; the vectors have shape (n_calls,), rows as in the corpus.

    Attributes:
        facets: the actor's interests.
        facet_rows: call language to (n_facets, d), see `ranking.facet_matrices`.
        semantic: similarity of meaning, higher is better.
        lexical: agreement of words, in [0, 1).
        best: the interests that gave each call these two, best first: (2, n_calls), or (1, n_calls) of one interest.
        fit: how well the type of action suits, in [-1, 1].
        relevance: all as one, in (0, 1); what lists are ordered by.
        scale: what similarities are usual for this actor.
    """

    facets: tuple[Facet, ...]
    facet_rows: Mapping[str, Matrix]
    semantic: Vector
    lexical: Vector
    best: Rows
    fit: Vector
    relevance: Vector
    scale: Scale

    def only(self, rows: Sequence[int]) -> "Scores":
        """Return the scores of `rows`, in that order: all that a list needs to remember."""
        kept = list(rows)
        return replace(
            self,
            semantic=self.semantic[kept],
            lexical=self.lexical[kept],
            best=self.best[:, kept],
            fit=self.fit[kept],
            relevance=self.relevance[kept],
        )


@dataclass(frozen=True)
class Ground:
    """What the lists of all actors rest on.

    Attributes:
        windows: call id to texts, of every call known.
        vectors: of all of them and of all interests known.
        space: what to take out of the vectors before they are compared.
        corpus: the calls to rank.
        facts: call id to what it states, of every call known.
    """

    windows: Mapping[str, CallWindows]
    vectors: "Vectors"
    space: Space
    corpus: Corpus
    facts: Mapping[str, CallFacts]

    def candidates(self, workspace: Workspace) -> Iterator[tuple[Actor, Rows]]:
        """Yield each actor with the rows, ascending, of the calls worth scoring: the best by meaning and by words."""
        call_ids, vectors, actors = self.corpus.call_ids, self.vectors.known, workspace.actors
        most = candidates.by_meaning(len(call_ids))
        if len(call_ids) <= most:
            for actor in actors:
                yield actor, np.arange(len(call_ids))
            return
        rows_of = {call_id: row for row, call_id in enumerate(call_ids)}
        for start in range(0, len(actors), candidates.ACTORS_AT_ONCE):
            block = actors[start : start + candidates.ACTORS_AT_ONCE]
            facets = [ranking.facets_of(actor) for actor in block]
            matrices = [ranking.facet_matrices(one, self.corpus.languages, vectors, self.space) for one in facets]
            by_meaning = candidates.best_by_meaning(matrices, self.corpus, most)
            for actor, interests, rows in zip(block, facets, by_meaning, strict=True):
                best = [workspace.store.search.best(stems_of(one), candidates.BY_WORDS, rows_of) for one in interests]
                by_words = [rows_of[call_id] for found in best for call_id in found]
                yield actor, np.union1d(rows, np.asarray(by_words, np.intp))

    def scores(self, workspace: Workspace, actor: Actor, rows: Rows | None = None) -> Scores:
        """Return how well each call of the corpus suits `actor`; words are asked of `rows` only, if given."""
        return self._score(workspace, actor, self.corpus, rows, None)

    def apart(self, workspace: Workspace, actor: Actor, call_ids: Sequence[str], scale: Scale) -> tuple[Corpus, Vector]:
        """Return known calls that are not ranked as a corpus, and their relevances for `actor`, (n_calls,).

        Args:
            workspace: gives the search and the region.
            actor: whose list has `scale`.
            call_ids: the calls.
            scale: what similarities are usual in that list.
        """
        windows = {call_id: self.windows[call_id] for call_id in call_ids}
        corpus = ranking.corpus_of(windows, self.vectors.known, self.space)
        return corpus, self._score(workspace, actor, corpus, None, scale).relevance

    def fits(self, workspace: Workspace, actor: Actor, corpus: Corpus | None = None) -> Vector:
        """Return how well each call's type of action suits `actor`, in [-1, 1]; -1 is also what it excludes.

        Args:
            workspace: gives the region.
            actor: who asks.
            corpus: the calls; None is those to rank. The result is (n_calls,), in their order.
        """
        call_ids = (corpus or self.corpus).call_ids
        return np.array([_fit(actor, self.facts[call_id], workspace.region) for call_id in call_ids], np.float32)

    def _score(
        self, workspace: Workspace, actor: Actor, corpus: Corpus, rows: Rows | None, scale: Scale | None
    ) -> Scores:
        facets, fit = ranking.facets_of(actor), self.fits(workspace, actor, corpus)
        return score(workspace.store.search, facets, corpus, self.vectors.known, self.space, rows, fit=fit, scale=scale)


def ground_of(workspace: Workspace, stored: Mapping[str, StoredCall], facts: Mapping[str, CallFacts]) -> Ground:
    """Return the calls that are not closed in one space; embeds what has no vector yet.

    Args:
        workspace: gives the model and the actors.
        stored: every call of the database by id, their stems up to date (see `index`).
        facts: what each of them states; one at least is not closed.

    Raises:
        EmbeddingError: the model is missing or broken.
        ProfileError: a profile is wrong.
    """
    borrowed = lenders(known.call for known in stored.values())
    windows = {call_id: windows_of(known.call, borrowed.get(call_id)) for call_id, known in stored.items()}
    background = ranking.background_of((*workspace.actors, *workspace.examples))
    vectors = Vectors(workspace)
    vectors.need_passages(text for call in windows.values() for text in call.texts)
    vectors.need_queries(text.text for text in background)
    space = vectors.space(windows, background)
    still_open = [call_id for call_id, fact in facts.items() if fact.status is not CallStatus.CLOSED]
    corpus = ranking.corpus_of({call_id: windows[call_id] for call_id in still_open}, vectors.known, space)
    return Ground(windows, vectors, space, corpus, facts)


def index(store: Store, stored: Mapping[str, StoredCall]) -> None:
    """Bring the stems of `stored` (every call of `store`, by id) up to date, for the search by words."""
    outdated = store.search.outdated()
    entries = [(call_id, stored[call_id].content_hash, *call_stems(stored[call_id].call)) for call_id in outdated]
    with store.transaction():
        store.search.put(entries)


class Vectors:
    """Vectors by text hash: from the database where they are, else embedded once and stored."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        settings = workspace.settings.embedding
        self.embedder: Embedder = workspace.embedder or load_embedder(
            settings.model,
            cache=workspace.cache,
            precision=settings.precision,
            threads=settings.threads or None,
            progress=workspace.progress,
        )
        self.known: dict[str, Vector] = {}
        self.embedded = 0

    @property
    def model_id(self) -> str:
        """The id of the model behind every vector here."""
        return self.embedder.model_id

    def space(self, windows: Mapping[str, CallWindows], background: Sequence[FacetText]) -> Space:
        """Return what the calls of `windows` (call id to texts), and the interests of `background`, have in common.

        Args:
            windows: every call known, not only those to rank; their vectors are known.
            background: every wording of every interest known; their vectors are known, too.
        """
        passages = ((call.language, text) for call in windows.values() for text in call.texts)
        queries = ((text.language, text.text) for text in background)
        return Space(
            call_means=ranking.language_means(passages, self.known),
            interest_means=ranking.language_means(queries, self.known),
            share=self.embedder.centring,
        )

    def need_passages(self, texts: Iterable[str]) -> None:
        """Make sure that every text of a call has a vector."""
        self._need(texts, "passage")

    def need_queries(self, texts: Iterable[str]) -> None:
        """Make sure that every interest has a vector."""
        self._need(texts, "query")

    def _need(self, texts: Iterable[str], kind: str) -> None:
        # The same words asked as a query have another vector than as a passage, so they have another key in the store.
        wanted = {_key(kind, text): text for text in texts}
        found = self._workspace.store.vectors.load(wanted, self.model_id)
        missing = [key for key in wanted if key not in found]
        embed = self.embedder.embed_queries if kind == "query" else self.embedder.embed_passages
        # Stored batch by batch, so that a run that is killed has not worked in vain.
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            rows = embed([wanted[key] for key in batch])
            fresh = dict(zip(batch, rows, strict=True))
            with self._workspace.store.transaction():
                self._workspace.store.vectors.put(fresh, self.model_id)
            found |= fresh
            self.embedded += len(batch)
            self._workspace.progress("embed", start + len(batch), len(missing))
        self.known |= {text_hash(text): found[key] for key, text in wanted.items()}


def _key(kind: str, text: str) -> str:
    return text_hash(text) if kind == "passage" else text_hash(f"{kind}\n{text}")


def score(
    search: SearchIndex,
    facets: tuple[Facet, ...],
    corpus: Corpus,
    vectors: Mapping[str, Vector],
    space: Space,
    rows: Rows | None = None,
    *,
    fit: Vector | None = None,
    weights: Weights = fusion.PROFILE,
    scale: Scale | None = None,
) -> Scores:
    """Score every call of `corpus` for one actor: the one way, of lists and of evaluations.

    Args:
        search: index that holds the calls of the corpus.
        facets: the actor's interests, at least one.
        corpus: the calls.
        vectors: text hash to vector, of every wording of the facets.
        space: what to take out of the vectors before they are compared.
        rows: the calls whose words are asked; the others' lexical score is 0. None is all.
        fit: how well each call's type of action suits, see `Ground.fits`; None says nothing.
        weights: of the signals, for this kind of texts.
        scale: what similarities are usual for this actor; None asks this corpus.
    """
    facet_rows = ranking.facet_matrices(facets, corpus.languages, vectors, space)
    among = None if rows is None or len(rows) == len(corpus.call_ids) else {corpus.call_ids[row] for row in rows}
    by_facet = [search.rank(stems_of(facet), among) for facet in facets]
    semantic, lexical, best = ranking.two_best(
        ranking.facet_similarities(facet_rows, corpus),
        ranking.facet_agreements(by_facet, corpus.call_ids),
        weights.words,
    )
    suits = np.zeros(len(corpus.call_ids), np.float32) if fit is None else fit
    scale = scale or fusion.scale_of(semantic)
    relevance = fusion.relevance(semantic, lexical, suits, weights, scale)
    return Scores(facets, facet_rows, semantic, lexical, best, suits, relevance, scale)


def _fit(actor: Actor, facts: CallFacts, region: Region) -> float:
    unwanted = exclude_rule(facts, actor, region).verdict is Verdict.INELIGIBLE
    return -1.0 if unwanted else action_fit.fit(actor, facts.action)


def stems_of(facet: Facet) -> list[str]:
    """Return the stems of every wording of `facet`, repeats and all."""
    return [stem for text in facet.texts for stem in stems(text.text, text.words_language)]
