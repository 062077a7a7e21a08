import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.match.themes import LONGEST_QUOTE, MOST_THEMES, Lexicon, ThemeTag, shared_themes, tags_of
from hame_match.model.call import Call, SectionRole
from hame_match.model.region import Theme, ThemeWords
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_region
from tests.builders import a_call, an_actor, an_eu_call, section

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "../shared/data"
SHIPPED = Lexicon(load_region(bundled("profiles") / REGION_FILE).themes)


def lexicon(**words: str) -> Lexicon:
    """Return a lexicon of themes named by the keys, each with one English term."""
    return Lexicon(
        Theme(code=code, name_fi=code, name_en=code, words=ThemeWords(en=(term,))) for code, term in words.items()
    )


def english(text: str, title: str = "Open call", **changes: object) -> Call:
    return an_eu_call(text=text, titles={"en": title}, **changes)


def codes(call: Call, of: Lexicon = SHIPPED) -> list[str]:
    return [tag.code for tag in tags_of(call, of)]


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        (
            "fi",
            "Avustusta maatilojen ravinnekiertoon ja lannoituksen kehittämiseen.",
            ["circular_economy", "food_system"],
        ),
        ("fi", "Tuemme palvelumuotoilua kuntien ja yritysten hankkeissa.", ["design"]),
        ("fi", "Rahoitamme konepajojen robotisaatiota ja tekoälyn käyttöönottoa.", ["smart_services"]),
        ("sv", "Bidrag till jordbrukets vattenbruk och livsmedelsförädling i skärgården.", ["food_system"]),
        ("sv", "Stöd till cirkulär ekonomi och återvinning av textilier i kommunerna.", ["circular_economy"]),
        ("sv", "Vi finansierar tjänstedesign och formgivning i små företag.", ["design"]),
        ("en", "The topic funds ecodesign of furniture with local designers.", ["design"]),
        ("en", "Farmers and the food industry develop new crops together.", ["food_system"]),
    ],
)
def test_a_call_is_tagged_in_its_own_language(language: str, text: str, wanted: list[str]) -> None:
    title = {"fi": "Haku", "sv": "Ansökan", "en": "Open call"}[language]
    assert sorted(codes(a_call(titles={language: title}, sections=(section(text, language=language),)))) == sorted(
        wanted
    )


@pytest.mark.parametrize(
    "text",
    [
        "The action analyses circular migration of workers between the Member States.",
        "Proposals develop a secure system design for weapon systems and their sensors.",
        "Sports clubs get a prize for what their volunteers did for the community.",
    ],
)
def test_a_word_in_another_sense_tags_nothing(text: str) -> None:
    assert codes(english(text)) == []


def test_every_tag_quotes_the_sentence_that_has_its_word() -> None:
    call = english("Villages grow old and young people leave. Dairy farms may test new feed for their cows.")
    [tag] = tags_of(call, lexicon(food="dairy"))
    assert (tag.code, tag.sentence) == ("food", "Dairy farms may test new feed for their cows.")
    assert tag.language == "en"


def test_of_several_sentences_the_one_with_most_words_of_the_theme_is_quoted() -> None:
    call = english("Farms are where it all begins in the end. Farms, crops and dairies belong to the food chain.")
    assert tags_of(call, SHIPPED)[0].sentence.startswith("Farms, crops")


def test_a_title_alone_tags_and_is_quoted() -> None:
    call = english("", title="Dairies of tomorrow", sections=())
    assert [(tag.code, tag.sentence) for tag in tags_of(call, lexicon(food="dair*"))] == [
        ("food", "Dairies of tomorrow")
    ]


def test_a_cascade_call_is_tagged_by_its_parent_topic() -> None:
    call = english("", title="ACRO open call 2", sections=(), parent_title="Robots in the food industry")
    assert tags_of(call, lexicon(smart="robot*"))[0].sentence == "Robots in the food industry"


def test_a_finnish_call_reads_the_english_title_of_its_parent_topic_as_english() -> None:
    call = a_call(titles={"fi": "Osahaku 2"}, sections=(), parent_title="Robots in homes")
    [tag] = tags_of(call, lexicon(smart="robots"))
    assert (tag.sentence, tag.language) == ("Robots in homes", "en")


def test_one_mention_in_a_long_text_is_no_theme() -> None:
    passing = " ".join(
        f"The mission studies the ocean floor at place number {number} in detail." for number in range(20)
    )
    assert codes(english(f"{passing} Dairy farms are one of the users."), lexicon(food="dairy")) == []


def test_conditions_and_boilerplate_tag_nothing() -> None:
    conditions = section("Dairy farms and dairy firms may apply for this grant.", SectionRole.CONDITIONS, "en")
    assert codes(english("", sections=(conditions,)), lexicon(food="dairy")) == []


def test_a_long_sentence_is_cut_and_what_is_left_stands_in_the_text() -> None:
    text = "Dairy farms are, as authors in many countries said over and over again in reports of many kinds" + (
        ", of which some were read by others and some were read by nobody at all until this very day" * 3
    )
    [tag] = tags_of(english(f"{text}."), lexicon(food="dairy"))
    assert LONGEST_QUOTE / 2 < len(tag.sentence) <= LONGEST_QUOTE
    assert tag.sentence.endswith("…")
    assert tag.sentence.strip("…") in text


def test_no_call_has_more_than_three_themes_and_the_best_come_first() -> None:
    terms = {code: code for code in ("alpha", "beta", "gamma", "delta")}
    tags = tags_of(
        english("We fund gamma things. Fund alpha, beta, gamma and delta.", title="On alpha"), lexicon(**terms)
    )
    assert len(tags) == MOST_THEMES
    assert tags[0].code == "alpha"
    assert [tag.score for tag in tags] == sorted((tag.score for tag in tags), reverse=True)


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("farm*", "Farmers meet", True),
        ("farm", "Farmers meet", False),
        ("*farm", "An agrifarm", True),
        ("*farm", "Farmers meet", False),
        ("*farm*", "The agrifarmers", True),
        ("bio-based", "bio based goods", True),
        ("raw material*", "raw materials", True),
        ("raw material*", "raw and other materials", False),
        ("raw material*", "it is raw", False),
        ("AI", "We said main", False),
        ("AI", "(AI)-based", True),
    ],
)
def test_a_star_stands_for_letters_at_a_words_end_only(term: str, text: str, found: bool) -> None:
    assert bool(list(lexicon(x=term).hits(text, "en"))) == found


def test_where_a_word_starts_is_told() -> None:
    assert list(lexicon(x="raw material*").hits("Safe raw materials.", "en")) == [("x", 5)]


def test_a_call_in_a_language_without_words_has_no_theme() -> None:
    assert codes(a_call(titles={"fr": "La ferme"}, sections=(section("La ferme et la vache.", language="fr"),))) == []


def test_a_region_without_themes_tags_nothing() -> None:
    assert codes(english("Farmers and the food industry."), Lexicon(())) == []


@given(st.text(max_size=300), st.sampled_from(["fi", "sv", "en", "xx"]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    assert {code for code, _ in SHIPPED.hits(text, language)} <= set(SHIPPED.codes)


def test_shared_themes_are_those_the_actor_has_in_the_order_of_the_tags() -> None:
    tags = [ThemeTag(code, "x", "en", 0.5) for code in ("design", "food_system", "smart_services")]
    actor = an_actor(s3_themes=("smart_services", "circular_economy", "design"))
    assert shared_themes(actor, tags) == ("design", "smart_services")
    assert shared_themes(an_actor(), tags) == ()
    assert shared_themes(actor, ()) == ()


def test_a_thousand_long_calls_take_about_a_second() -> None:
    text = " ".join(
        f"Farmers, robots and forests of region {number} meet the market in many new ways." for number in range(60)
    )
    calls = [english(text, source_key=f"k{number}") for number in range(100)]
    begun = time.process_time()
    for call in calls:
        tags_of(call, SHIPPED)
    assert time.process_time() - begun < 1.0  # a tenth of that on a quiet machine


@pytest.mark.skipif(not SHARED.exists(), reason="the recorded calls do not lie beside the checkout")
def test_calls_that_were_labelled_after_the_words_are_tagged_as_a_person_did() -> None:
    from benchmarks.themes import HERE, compare, labels, stored_calls

    calls = stored_calls()
    counts = compare(
        labels(HERE / "themes-labels-unseen.tsv"), lambda call_id: tags_of(calls[call_id], SHIPPED), SHIPPED.codes
    )["all"]
    assert counts.f1 > 0.7  # 0.79 when it was measured, see docs/concepts.md
