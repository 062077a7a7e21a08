"""From a call to a consortium: which actors of the region together suit it, and what is missing."""

import numpy as np

from hame_match.jobs.reverse import CallAtHand, at_hand
from hame_match.jobs.workspace import Workspace
from hame_match.match import consortium, evidence
from hame_match.match.consortium import MOST_MEMBERS, Candidate, Consortium
from hame_match.match.eligibility import judge
from hame_match.match.ranking import Matrix
from hame_match.match.standing import standing_of
from hame_match.match.windows import heading_of, text_hash
from hame_match.model.actor import Actor
from hame_match.model.call import StoredCall


def consortium_for(workspace: Workspace, name: str, size: int = MOST_MEMBERS) -> tuple[StoredCall, Consortium]:
    """Return the call called `name` and the best consortium of at most `size` actors for it.

    A call without text is one aspect, its title with its parent topic. Embeds the call's sentences where they are new.

    Args:
        workspace: the surroundings.
        name: see `reverse.at_hand`.
        size: most members, 2 to 4.

    Raises:
        NotFoundError: there is no such call, or no actor.
        RankingError: the call is closed, or no list was ever made.
        EmbeddingError: the model is missing or broken.
        ProfileError: a profile is wrong.
    """
    hand = at_hand(workspace, name)
    call, corpus = hand.stored.call, hand.ground.corpus
    sentences = evidence.candidates(call, hand.lender) or [heading_of(call, call.original_language())]
    rows = _rows(hand, sentences, corpus.languages[hand.row])
    aspects = consortium.aspects_of(sentences, rows, corpus.matrix[hand.row])
    usual = _usual(hand)
    candidates = [_candidate(workspace, hand, actor, rows, usual) for actor in workspace.actors]
    return hand.stored, consortium.choose(call, aspects, candidates, consortium.wanted_by(call), size)


def _rows(hand: CallAtHand, texts: list[str], language: str) -> Matrix:
    hand.ground.vectors.need_passages(texts)
    stacked = np.array([hand.ground.vectors.known[text_hash(text)] for text in texts], np.float32)
    stacked = stacked.reshape(len(texts), hand.ground.corpus.matrix.shape[1])
    return hand.ground.space.centred_passages(stacked, language)


def _usual(hand: CallAtHand) -> Matrix:
    """Return (n_texts, d): every text of every other call known in the language of the call, each once."""
    language = hand.ground.corpus.languages[hand.row]
    others = (call for call_id, call in hand.ground.windows.items() if call_id != hand.stored.call_id)
    texts = {text for call in others if call.language == language for text in call.texts}
    return _rows(hand, sorted(texts), language)


def _candidate(workspace: Workspace, hand: CallAtHand, actor: Actor, rows: Matrix, usual: Matrix) -> Candidate:
    scores = hand.ground.scores(workspace, actor)
    own = scores.facet_rows[hand.ground.corpus.languages[hand.row]]
    covers, nearest = consortium.covered_by(own, rows, usual)
    verdict, reasons = judge(hand.facts, actor, workspace.region)
    return Candidate(
        actor=actor,
        z=standing_of(scores.relevance, hand.row).z,
        covers=covers,
        interests=tuple(scores.facets[facet].interest for facet in nearest),
        verdict=verdict,
        reasons=reasons,
    )
