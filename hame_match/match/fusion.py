"""Makes one relevance of the signals of a call: a logistic regression with few, inspectable weights.

The weights were learnt by ``training/fusion.py``, which tells the data and prints them; nothing was tuned on what
``docs/evaluation.md`` reports as out of fold.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hame_match.model.match import Label

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal adds to the logit of a relevance.

    Attributes:
        semantic: of the similarity of meaning, about -0.2 to 0.6.
        lexical: of the agreement of words, in [0, 1).
        fit: of the fit of the type of action, in [-1, 1].
        offset: the logit of a call without any.
    """

    semantic: float
    lexical: float
    fit: float
    offset: float


PROFILE = Weights(semantic=14.0, lexical=1.2, fit=1.7, offset=-3.5)
"""For interests of an actor, a sentence or two each: meaning decides."""
PROJECT = Weights(semantic=11.32, lexical=5.10, fit=0.0, offset=-11.15)
"""For the text of a project, which was written for its call: its words count, too."""
STRONG, WORTH_A_LOOK = 0.60, 0.30
"""Least relevance of the labels; their precision stands in ``docs/evaluation.md``."""


def relevance(semantic: Vector, lexical: Vector, fit: Vector, weights: Weights) -> Vector:
    """Return the relevance of each call from its signals; all (n_calls,), the result in (0, 1), higher is better."""
    logit = weights.semantic * semantic + weights.lexical * lexical + weights.fit * fit + weights.offset
    return np.asarray(1.0 / (1.0 + np.exp(-logit)), dtype=np.float32)


def label_of(value: float) -> Label:
    """Return the label of a relevance."""
    if value >= STRONG:
        return Label.STRONG
    return Label.WORTH_A_LOOK if value >= WORTH_A_LOOK else Label.WEAK
