"""How high a call stands among all calls of one actor: the one scale on which two actors can be compared.

Relevance compares calls for one actor. An actor with broad interests has high values everywhere, one with a narrow
field has low ones, so an order of actors by relevance favours the broad. Taking each actor's own mean and spread out
makes a value say how unusual this call is *for that actor* (within-researcher normalisation, arXiv 2604.06321).
"""

from dataclasses import dataclass

import numpy as np

from hame_match.match.ranking import Vector

_EDGE = 1e-6
"""Keeps the logit of a relevance finite."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one call stands in one actor's own ranking of all open calls.

    Attributes:
        z: distance from the actor's mean call in its own standard deviations; higher is better, comparable between
            actors. 0.0 when all of the actor's calls are alike.
        place: place in the actor's ranking before eligibility, from 1; equal values share the best place.
        of: number of calls ranked.
    """

    z: float
    place: int
    of: int


def standardised(relevance: Vector) -> Vector:
    """Return the relevance of one actor's calls, (n_calls,) in (0, 1), as z-scores of its logit; (n_calls,).

    The logit undoes the curve of the relevance: without it, differences at the upper end would be squeezed. Calls that
    are all alike give zeros, no calls an empty vector.

    >>> [round(float(z), 2) for z in standardised(np.array([0.2, 0.2, 0.8], np.float32))]
    [-0.71, -0.71, 1.41]
    """
    if not len(relevance):
        return np.zeros(0, np.float32)
    clipped = np.clip(relevance.astype(np.float64), _EDGE, 1 - _EDGE)
    raw = np.log(clipped / (1 - clipped))
    spread = raw.std()
    if spread < _EDGE:
        return np.zeros(len(raw), np.float32)
    return np.asarray((raw - raw.mean()) / spread, dtype=np.float32)


def standing_of(relevance: Vector, row: int) -> Standing:
    """Return where the call in `row` stands among an actor's calls; `relevance` is (n_calls,), at least one."""
    place = 1 + int(np.count_nonzero(relevance > relevance[row]))
    return Standing(float(standardised(relevance)[row]), place, len(relevance))
