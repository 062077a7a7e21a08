"""Capitals that play with a word are taken out; names, abbreviations and ordinary sentences keep theirs."""

import doctest

import pytest

from hame_match.match import letter_case
from hame_match.match.letter_case import plain_case


def test_examples() -> None:
    result = doctest.testmod(letter_case)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("SEcure Decentralised Intelligent Data MARKetplace", "secure Decentralised Intelligent Data marketplace"),
        ("operAtional seNsing technologies", "operational sensing technologies"),
        ("YHTEISTYÖHANKKEIDEN RAHOITUS", "yhteistyöhankkeiden rahoitus"),
        ("Kanta-Hämeen PK-yritykset ja EU-rahoitus", "Kanta-Hämeen PK-yritykset ja EU-rahoitus"),
        ("mRNA, pH, 6G, TRL and SMEs in Åland", "mRNA, pH, 6G, TRL and SMEs in Åland"),
        ("", ""),
    ],
)
def test_only_playful_capitals_go(written: str, plain: str) -> None:
    assert plain_case(written) == plain


def test_plain_case_is_stable() -> None:
    once = plain_case("REsilienT water gOvernance Under climate CHange within the WEFE NEXUS")
    assert plain_case(once) == once == "resilient water governance Under climate change within the WEFE nexus"
