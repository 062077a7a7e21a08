import numpy as np
import pytest
from hypothesis import given

from hame_match.match.evidence import MOST_SENTENCES, Evidence, Quotable, candidates, choose, quotable
from hame_match.match.ranking import Facet, FacetText, Space
from hame_match.match.windows import text_hash
from hame_match.model.call import Call
from tests.builders import HashEmbedder, a_call, an_eu_call
from tests.strategies import evil_text

EMPTY = Space({}, {})
ROBOTS = "Avustuksella tuetaan hitsausrobottien käyttöönottoa pienissä konepajoissa."
BOOKS = "Kirjastojen lukupiirit saavat tukea uusiin kokoelmiin ja tapahtumiin."
INTERESTS = ("Hitsausrobottien käyttöönotto konepajoissa.", "Lukupiirit ja kirjastojen kokoelmat.")
FACETS = [Facet(interest, (FacetText("fi", interest),)) for interest in INTERESTS]


def evidence_of(call: Call, *, embedded: bool = True, about_both: bool = False) -> Evidence:
    embedder = HashEmbedder()
    sentences = candidates(call)
    vectors = {text_hash(s): row for s, row in zip(sentences, embedder.embed_passages(sentences), strict=True)}
    facets = embedder.embed_queries(INTERESTS)
    row = facets.sum(axis=0) if about_both else facets[1]
    best = np.argsort(-(facets @ row))
    return choose(quotable(call, sentences, vectors if embedded else {}, EMPTY), FACETS, facets, row, best)


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


def test_a_match_that_rests_on_two_interests_gives_a_sentence_for_each() -> None:
    found = evidence_of(a_call(text=f"{ROBOTS} {BOOKS}"), about_both=True)
    assert {(found.sentence, found.interest), (found.second_sentence, found.second_interest)} == {
        (ROBOTS, INTERESTS[0]),
        (BOOKS, INTERESTS[1]),
    }


def test_a_second_sentence_that_is_far_behind_is_not_given() -> None:
    found = evidence_of(a_call(text=f"{ROBOTS} Hankkeen kesto on enintään kaksi vuotta päätöksestä lukien."))
    assert (found.sentence, found.second_sentence, found.second_interest) == (ROBOTS, "", "")


@pytest.mark.parametrize(("similarity", "given"), [(0.33, False), (0.38, True)])
def test_a_second_sentence_answers_its_own_interest_and_not_only_the_call(similarity: float, given: bool) -> None:
    facets = np.eye(2, 3, dtype=np.float32)
    sentences = np.asarray([[0.4, 0, 0.917], [0, similarity, (1 - similarity**2) ** 0.5]], np.float32)
    from_call = Quotable("fi", ("Eka.", "Toka."), sentences)
    found = choose(from_call, FACETS, facets, np.asarray([0.6, 0.5, 0.6], np.float32), np.asarray([0, 1]))
    assert found.sentence == "Eka."
    assert (found.second_sentence == "Toka.") is given


def test_only_the_interests_that_gave_the_call_its_score_are_asked() -> None:
    embedder = HashEmbedder()
    sentences = [ROBOTS, BOOKS]
    third = "Museot ja arkistot avaavat kokoelmiaan verkossa."
    facets = [*FACETS, Facet(third, (FacetText("fi", third),))]
    rows = embedder.embed_queries([facet.interest for facet in facets])
    vectors = {text_hash(s): row for s, row in zip(sentences, embedder.embed_passages(sentences), strict=True)}
    from_call = quotable(a_call(), sentences, vectors, EMPTY)
    about = rows[1] + rows[2]  # the call is about books and museums
    found = choose(from_call, facets, rows, about, np.asarray([1, 2]))
    assert INTERESTS[0] not in (found.interest, found.second_interest)
    assert found.sentence == BOOKS


def test_borrowed_sentences_say_whose_they_are() -> None:
    topic = an_eu_call("T-1", text="Welding robots must adapt to small series of metal parts.")
    call = an_eu_call("c", sections=(), project="MANTRA")
    sentences = candidates(call, topic)
    found = choose(quotable(call, sentences, {}, EMPTY, topic), FACETS, np.eye(2, 3), np.ones(3), np.asarray([0, 1]))
    assert (found.sentence, found.borrowed_from) == (topic.sections[0].text, topic.titles["en"])
    own = evidence_of(a_call(text=ROBOTS))
    assert own.borrowed_from == ""


def in_text(sentence: str, call: Call) -> bool:
    squeezed = "".join("".join(s.text for s in call.sections).split())
    return "".join(sentence.removeprefix("… ").removesuffix("…").split()) in squeezed


@given(evil_text())
def test_evidence_stands_word_for_word_in_any_text(text: str) -> None:
    call = a_call(text=f"Alku on tässä. {text}")
    if "[" not in text:  # footnote marks are the one thing left out
        assert all(in_text(sentence, call) for sentence in candidates(call))
