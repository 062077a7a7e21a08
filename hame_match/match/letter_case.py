"""Puts playful capitals back into lower case, so that a model reads words and not letters.

Titles are written in capitals ("TAIDE JA KULTTUURI"), and those of projects spell their acronym in them ("SEcure
Decentralised Intelligent Data MARKetplace"). A model that knows upper from lower case takes such a word to pieces.
"""

import re

LONGEST_ABBREVIATION = 4
"""Letters of a word that may keep any capitals: "EU", "DNA", "mRNA"; longer ones are mostly words."""

_WORD = re.compile(rf"[^\W\d_]{{{LONGEST_ABBREVIATION + 1},}}")


def plain_case(text: str) -> str:
    """Return `text` with every longer word in lower case that has a capital behind its first letter.

    >>> plain_case("SEcure Data MARKetplace for EU regions and mRNA")
    'secure Data marketplace for EU regions and mRNA'
    """
    return _WORD.sub(lambda found: found[0].lower() if not found[0][1:].islower() else found[0], text)
