import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hame_match.match.ranking import (
    GLOSS,
    Corpus,
    Facet,
    FacetText,
    Space,
    corpus_of,
    facet_agreements,
    facet_matrices,
    facets_of,
    language_means,
    order,
    semantic_scores,
    two_best,
    unit,
)
from hame_match.match.windows import CallWindows, text_hash
from tests.builders import an_actor

Rows = NDArray[np.float32]
EMPTY = Space({}, {})
finite = st.floats(-1, 1, width=32)


def rows(*values: tuple[float, ...]) -> Rows:
    return np.array(values, dtype=np.float32)


def one_language_each(seed: int) -> tuple[dict[str, CallWindows], dict[str, Rows], Facet, str]:
    """Twenty subjects, each as a Finnish and an English call, and a Finnish interest in one of them.

    Vectors are subject + language, with the language far stronger: what a small multilingual model does.
    """
    dice = np.random.default_rng(seed)
    subjects = dice.normal(size=(20, 48))
    languages = {"fi": dice.normal(size=48) * 6, "en": dice.normal(size=48) * 6}
    windows, vectors = {}, {}
    for number, subject in enumerate(subjects):
        for language, offset in languages.items():
            text = f"{language}{number}"
            windows[text] = CallWindows(language, (text,))
            vectors[text_hash(text)] = unit((subject + offset + dice.normal(size=48) * 0.3).astype(np.float32))
    interests = []
    for number in range(20):
        interests.append(f"interest {number}")
        vectors[text_hash(f"interest {number}")] = unit(
            (subjects[number] + languages["fi"] * 1.2 + dice.normal(size=48) * 0.3).astype(np.float32)
        )
    return windows, vectors, Facet(interests[7], (FacetText("fi", interests[7]),)), "7"


@pytest.mark.parametrize("seed", range(5))
def test_centring_per_language_takes_out_what_all_texts_of_a_language_share(seed: int) -> None:
    windows, vectors, facet, number = one_language_each(seed)

    def best(space: Space) -> list[str]:
        corpus = corpus_of(windows, vectors, space)
        scores = semantic_scores(facet_matrices([facet], corpus.languages, vectors, space), corpus)
        return [corpus.call_ids[row] for row in np.argsort(-scores)]

    raw = best(EMPTY)
    assert all(call.startswith("fi") for call in raw[:20]), "without centring the language decides"
    centred = best(
        Space(
            call_means=language_means(((w.language, w.texts[0]) for w in windows.values()), vectors),
            interest_means=language_means((("fi", f"interest {n}") for n in range(20)), vectors),
        )
    )
    assert set(centred[:2]) == {f"fi{number}", f"en{number}"}
    assert 5 <= sum(call.startswith("fi") for call in centred[:20]) <= 15


def test_a_language_with_one_text_has_no_mean_and_a_text_counts_once() -> None:
    vectors = {text_hash(text): np.float32([value, 0]) for text, value in (("a", 1), ("b", 3), ("c", 5))}
    means = language_means([("fi", "a"), ("fi", "b"), ("fi", "a"), ("sv", "c"), ("sv", "c")], vectors)
    assert means.keys() == {"fi"}
    np.testing.assert_allclose(means["fi"], [2, 0])


def test_a_call_is_a_mean_of_its_windows_the_first_ahead_and_an_unknown_language_is_left_as_it_is() -> None:
    vectors = {text_hash("a"): np.float32([1, 0]), text_hash("b"): np.float32([0, 1])}
    corpus = corpus_of({"x": CallWindows("de", ("a", "b"))}, vectors, EMPTY)
    np.testing.assert_allclose(corpus.matrix, [[2 / 3, 1 / 3]])
    assert corpus_of({}, {}, EMPTY).call_ids == ()


def test_the_two_best_facets_count() -> None:
    corpus = Corpus(("x",), ("en",), rows((1, 0, 0)))
    facets = rows((1, 0, 0), (0.5, 0, 0), (-1, 0, 0))
    np.testing.assert_allclose(semantic_scores({"en": facets}, corpus), [0.75])
    np.testing.assert_allclose(semantic_scores({"en": facets[:1]}, corpus), [1.0])
    assert semantic_scores({"en": facets}, Corpus((), (), np.zeros((0, 1), np.float32))).shape == (0,)


def test_each_call_is_held_against_the_wording_in_its_language_else_against_the_english() -> None:
    vectors = {text_hash("fi"): np.float32([1, 0]), text_hash("en"): np.float32([0, 1])}
    facet = Facet("fi", (FacetText("fi", "fi"), FacetText("en", "en")))
    matrices = facet_matrices([facet], ("fi", "en", "sv"), vectors, EMPTY)
    np.testing.assert_allclose(matrices["fi"], [[1, 0]])
    np.testing.assert_allclose(matrices["en"], [[0, 1]])
    np.testing.assert_allclose(matrices["sv"], [[0, 1]])
    corpus = Corpus(("a", "b"), ("fi", "en"), rows((1, 0), (1, 0)))
    np.testing.assert_allclose(semantic_scores(matrices, corpus), [1, 0])


def test_a_gloss_stands_in_where_nobody_wrote_english_and_the_own_words_where_nothing_else_is() -> None:
    glossed = Facet("fi", (FacetText("fi", "fi"), FacetText(GLOSS, "gloss")))
    assert glossed.wording_for("en").text == "gloss"
    assert glossed.wording_for("fi").text == "fi"
    assert Facet("fi", (FacetText("fi", "fi"),)).wording_for("en").text == "fi"


def test_the_own_words_stand_beside_a_gloss_as_far_as_it_misses_some() -> None:
    def blend(known: float) -> dict[str, float]:
        facet = Facet("fi", (FacetText("fi", "fi"), FacetText(GLOSS, "gloss", known)))
        return {text.text: share for text, share in facet.blend_for("en")}

    assert blend(1.0) == {"fi": 0.0, "gloss": 1.0}
    assert blend(0.8) == pytest.approx({"fi": 0.25, "gloss": 0.75})
    assert blend(0.1) == {"fi": 1.0, "gloss": 0.0}
    person = Facet("fi", (FacetText("fi", "fi"), FacetText("en", "en"), FacetText(GLOSS, "gloss", 0.5)))
    assert person.blend_for("en") == ((FacetText("en", "en"), 1.0),)

    vectors = {text_hash("fi"): np.float32([1, 0]), text_hash("gloss"): np.float32([0, 1])}
    half = Facet("fi", (FacetText("fi", "fi"), FacetText(GLOSS, "gloss", 0.6)))
    np.testing.assert_allclose(facet_matrices([half], ("en",), vectors, EMPTY)["en"], [[0.5**0.5, 0.5**0.5]], rtol=1e-6)


def test_a_space_takes_out_its_share_of_what_texts_have_in_common() -> None:
    means = {"fi": np.float32([1, 0])}
    given = rows((1, 1))
    np.testing.assert_allclose(Space(means, {}).centred_passages(given, "fi"), [[0, 1]])
    np.testing.assert_allclose(Space({}, means, share=0.5).centred_queries(given, "fi"), unit(rows((0.5, 1))))
    np.testing.assert_allclose(Space(means, {}, share=0.5).centred_passages(given, "sv"), unit(given))


def test_an_interest_comes_in_its_own_words_then_in_those_a_person_translated() -> None:
    actor = an_actor(
        interests=("Hitsaamme robotteja ja koneita.",),
        interests_en=("We weld robots and machines.",),
        interests_sv=("Vi svetsar robotar och maskiner.",),
    )
    [facet] = facets_of(actor)
    assert facet.interest == "Hitsaamme robotteja ja koneita."
    assert [text.language for text in facet.texts] == ["fi", "en", "sv"]


def test_an_interest_nobody_translated_is_glossed_and_one_in_english_needs_no_gloss() -> None:
    finnish, english = facets_of(
        an_actor(interests=("Hitsaamme robotteja ja koneita.", "We weld robots and machines for the industry."))
    )
    assert [text.language for text in finnish.texts] == ["fi", GLOSS]
    assert finnish.texts[1].words_language == "en"
    assert "robot" in finnish.texts[1].text
    assert [text.language for text in english.texts] == ["en"]


scores = st.dictionaries(st.sampled_from("abcde"), st.floats(0, 1e6))


@given(st.lists(scores, max_size=5))
def test_agreements_of_words_lie_in_zero_to_one_and_grow_with_bm25(by_facet: list[dict[str, float]]) -> None:
    values = facet_agreements(by_facet, tuple("abc"))
    assert values.shape == (max(len(by_facet), 1), 3)
    for facet, found in enumerate(by_facet):
        for row, call_id in enumerate("abc"):
            score = found.get(call_id, 0.0)
            assert values[facet, row] == pytest.approx(score / (score + 10), abs=1e-5)


def test_the_two_facets_that_are_best_by_meaning_and_words_together_give_both_parts() -> None:
    similarities, agreements = rows((0.4,), (0.3,), (0.1,)), rows((0.0,), (0.0,), (0.9,))
    by_meaning, no_words, best = two_best(similarities, agreements, 0.0)
    assert best.tolist() == [[0], [1]]
    assert (by_meaning, no_words) == (pytest.approx([0.35]), pytest.approx([0.0]))
    semantic, lexical, best = two_best(similarities, agreements, 1.0)
    assert best.tolist() == [[2], [0]]
    assert (semantic, lexical) == (pytest.approx([0.25]), pytest.approx([0.45]))


def test_equal_values_are_ordered_by_a_hash_that_differs_between_actors() -> None:
    ids = tuple(f"call-{letter}" for letter in "abcdefghij")
    values = np.zeros(10, np.float32)
    first, second = order(values, ids, "yksi"), order(values, ids, "kaksi")
    assert sorted(first) == sorted(second) == list(range(10))
    assert first == order(values, ids, "yksi")
    assert first not in (second, list(range(10)))


@given(st.lists(finite, min_size=1, max_size=30))
def test_the_order_is_by_value_and_does_not_depend_on_the_order_of_input(values: list[float]) -> None:
    ids = tuple(f"call-{number}" for number in range(len(values)))
    ranked = [ids[row] for row in order(np.float32(values), ids, "x")]
    known = dict(zip(ids, values, strict=True))
    assert [known[one] for one in ranked] == sorted(values, reverse=True)
    turned = [ids[::-1][row] for row in order(np.float32(values[::-1]), ids[::-1], "x")]
    assert turned == ranked


def test_a_row_of_zeros_stays_and_divides_nothing() -> None:
    np.testing.assert_array_equal(unit(rows((0, 0), (3, 4))), rows((0, 0), (0.6, 0.8)))


def test_a_bare_title_counts_for_less_than_a_text_that_says_the_same() -> None:
    vectors = {text_hash("a"): np.float32([1, 0])}
    windows = {"text": CallWindows("en", ("a",)), "title": CallWindows("en", ("a",), heading_only=True)}
    corpus = corpus_of(windows, vectors, EMPTY)
    text, title = semantic_scores({"en": rows((1, 0))}, corpus)
    assert 0 < title < text
