"""Makes one relevance of the signals of a call: a logistic regression with few, inspectable weights.

Cosines of one actor lie higher than those of another, whatever suits them. So meaning counts by how far a call stands
out among the calls of the same actor, in standard deviations: measured on graded actors left out in turn, that is what
makes a relevance mean the same for a university and an association (`training/fusion.py actors`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hame_match.model.match import Label

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal adds to the logit of a relevance; learnt by ``training/fusion.py``, but for `words`.

    Attributes:
        prominence: of a standard deviation of similarity above the mean of the list.
        lexical: of full agreement of words.
        fit: of the best fit of the type of action; its worst takes as much away.
        offset: the logit of a call in the middle of the list.
        words: full agreement of words beside similarity, where the two best interests are chosen.
    """

    prominence: float
    lexical: float
    fit: float
    offset: float
    words: float


PROFILE = Weights(prominence=1.07, lexical=0.70, fit=4.24, offset=-3.35, words=0.1)
"""For interests of an actor, a sentence or two each: meaning decides."""
PROJECT = Weights(prominence=1.45, lexical=6.50, fit=0.0, offset=-12.20, words=0.45)
"""For the text of a project, which was written for its call: its words count, too. The regression gives them 3.39; on
the fold it was learnt from both order the first ten alike."""
STRONG, WORTH_A_LOOK = 0.57, 0.30
"""Least relevance of the labels; their precision stands in ``docs/evaluation.md``."""

_USUAL_MEAN, _USUAL_SPREAD, _WEIGHT = 0.0, 0.085, 50
"""Similarities of the bundled model, counted as so many calls: a list of few calls says little about what is usual."""
_FAR, _NEAR, _FAR_OUT = 0.1, 0.25, 2.6
"""Similarities of what has nothing to do with an interest, and of what suits: the tenth call of every graded actor lies
about so near, and stands out so many spreads."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What similarities of one actor are usual.

    Attributes:
        mean: of its list.
        spread: standard deviation.
    """

    mean: float
    spread: float


def scale_of(semantic: Vector) -> Scale:
    """Return the scale of an actor's list from its similarities, (n_calls,); few calls are helped by what is usual."""
    count = len(semantic)
    share = count / (count + _WEIGHT)
    found, variance = (float(semantic.mean()), float(semantic.var())) if count else (0.0, 0.0)
    mean = share * found + (1 - share) * _USUAL_MEAN
    spread = float(np.sqrt(share * variance + (1 - share) * _USUAL_SPREAD**2))
    # Else the best of a list in which nothing suits would stand out as far as what suits another actor.
    return Scale(mean, max(spread, (_NEAR - mean) / _FAR_OUT))


def signals(semantic: Vector, lexical: Vector, fit: Vector, scale: Scale) -> NDArray[np.float32]:
    """Return what the weights are for: prominence, agreement of words, and fit; (n_calls, 3).

    A type of action that suits counts only as far as the subject is near: no actor wants a grant because it is small.
    """
    near = np.clip((semantic - _FAR) / (_NEAR - _FAR), 0, 1)
    prominence = (semantic - scale.mean) / scale.spread
    return np.stack([prominence, lexical, np.where(fit > 0, fit * near, fit)], axis=1)


def relevance(semantic: Vector, lexical: Vector, fit: Vector, weights: Weights, scale: Scale) -> Vector:
    """Return the relevance of each call from its signals; all (n_calls,), the result in (0, 1), higher is better."""
    slopes = np.array([weights.prominence, weights.lexical, weights.fit])
    logit = signals(semantic, lexical, fit, scale) @ slopes + weights.offset
    return np.asarray(1.0 / (1.0 + np.exp(-logit)), dtype=np.float32)


def label_of(value: float) -> Label:
    """Return the label of a relevance."""
    if value >= STRONG:
        return Label.STRONG
    return Label.WORTH_A_LOOK if value >= WORTH_A_LOOK else Label.WEAK
