import pytest
from hypothesis import given

from hame_match.match.evidence import MOST_SENTENCES, Evidence, candidates, choose, quotable
from hame_match.match.ranking import Facet, FacetText, Space
from hame_match.match.windows import text_hash
from hame_match.model.call import Call
from tests.builders import HashEmbedder, a_call
from tests.strategies import evil_text

EMPTY = Space({}, {})
ROBOTS = "Avustuksella tuetaan hitsausrobottien käyttöönottoa pienissä konepajoissa."
BOOKS = "Kirjastojen lukupiirit saavat tukea uusiin kokoelmiin ja tapahtumiin."
INTERESTS = ("Hitsausrobottien käyttöönotto konepajoissa.", "Lukupiirit ja kirjastojen kokoelmat.")
FACETS = [Facet(interest, (FacetText("fi", interest),)) for interest in INTERESTS]


def evidence_of(call: Call, *, embedded: bool = True) -> Evidence:
    embedder = HashEmbedder()
    sentences = candidates(call)
    vectors = {text_hash(s): row for s, row in zip(sentences, embedder.embed_passages(sentences), strict=True)}
    facets = embedder.embed_queries(INTERESTS)
    return choose(quotable(call, sentences, vectors if embedded else {}, EMPTY), FACETS, facets, facets[1])


@pytest.mark.parametrize(("text", "interest"), [(ROBOTS, INTERESTS[0]), (BOOKS, INTERESTS[1])])
def test_the_sentence_that_fits_and_the_interest_it_answers(text: str, interest: str) -> None:
    filler = "Hankkeen kesto on enintään kaksi vuotta päätöksestä lukien."
    found = evidence_of(a_call(text=f"{filler} {text} {filler}"))
    assert (found.sentence, found.language, found.interest) == (text, "fi", interest)


def test_a_call_without_sentences_names_the_interest_its_title_is_nearest_to() -> None:
    found = evidence_of(a_call(sections=()))
    assert (found.sentence, found.interest) == ("", INTERESTS[1])


def test_further_down_the_list_the_first_sentence_is_quoted() -> None:
    found = evidence_of(a_call(text=f"{BOOKS} {ROBOTS}"), embedded=False)
    assert found.sentence == BOOKS


def test_a_long_text_is_not_searched_to_its_end() -> None:
    text = " ".join(f"Avustuksella numero {number} tuetaan konepajoja." for number in range(100))
    assert len(candidates(a_call(text=text))) == MOST_SENTENCES


def in_text(sentence: str, call: Call) -> bool:
    squeezed = "".join("".join(s.text for s in call.sections).split())
    return "".join(sentence.split()) in squeezed


@given(evil_text())
def test_evidence_stands_word_for_word_in_any_text(text: str) -> None:
    call = a_call(text=f"Alku on tässä. {text}")
    if "[" not in text:  # footnote marks are the one thing left out
        assert all(in_text(sentence, call) for sentence in candidates(call))
