import pytest
from hypothesis import given

from hame_match.sentences import (
    LONGEST,
    SHORTEST,
    common_sentences,
    is_boilerplate,
    sentences,
    telling_sentences,
)
from tests.strategies import evil_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ensimmäinen virke. Toinen virke!", ["Ensimmäinen virke.", "Toinen virke!"]),
        ("Tuki on esim. koneille. Se on 50 %.", ["Tuki on esim. koneille.", "Se on 50 %."]),
        ("Haku päättyy 30.10.2026 klo 16.15. Päätökset tehdään myöhemmin.",
         ["Haku päättyy 30.10.2026 klo 16.15.", "Päätökset tehdään myöhemmin."]),
        ("Asetuksen 5. artikla koskee kuntia. Muut eivät.", ["Asetuksen 5. artikla koskee kuntia.", "Muut eivät."]),
        ("Budjetti on 2 milj. Euroa jaetaan kahdessa erässä.", ["Budjetti on 2 milj. Euroa jaetaan kahdessa erässä."]),
        ("Ålands kommuner kan söka. Även t.ex. Föreningar får stöd.",
         ["Ålands kommuner kan söka.", "Även t.ex. Föreningar får stöd."]),
        ("Robots weld, e.g. Steel parts. They learn fast.", ["Robots weld, e.g. Steel parts.", "They learn fast."]),
        ("Projects by A. Meikäläinen are funded. “Quoted ones”, too.",
         ["Projects by A. Meikäläinen are funded.", "“Quoted ones”, too."]),
        ("Welding of steel [12]. Robots [3] learn.", ["Welding of steel.", "Robots learn."]),
        ("The end.Beginning of another.", ["The end.", "Beginning of another."]),
        ("- ensimmäinen kohta\n- toinen kohta", ["ensimmäinen kohta", "toinen kohta"]),
        ("Scope: Robots learn.", ["Robots learn."]),
        ("Project results are expected to contribute to all of the following expected outcomes: Robots learn.",
         ["Robots learn."]),
        ("Robots learn.nullThey weld.", ["Robots learn.", "They weld."]),
        ("", []),
        ("\n\n", []),
    ],
)  # fmt: skip
def test_text_is_parted_at_the_ends_of_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Projects are expected to contribute to all of the following outcomes.",
        "Proposals should build on earlier results.",
        "To that end, proposals under this topic should aim to deliver results that are directed at the outcomes.",
        "Finally, proposals are expected to address all applicable considerations of the Introduction.",
        "Proposals must implement the multi-actor approach.",
        "This topic also contributes to the STEP objectives.",
        "The Commission will facilitate coordination of these activities.",
        "However, depending on the quality of the proposals, more than one may be funded.",
        "Avustus on valtakunnallinen.",
        "All proposals must include a data management plan.",
        "Activities are expected to achieve TRL 6-7 by the end of the project.",
        "Indicative budget: 20 million euros.",
        "Lisätietoja antaa neuvotteleva virkamies.",
        "Hakemus tehdään verkkopalvelussa.",
        "Haku alkaa 1.9.2026.",
        "Ansökan görs elektroniskt.",
        "Avustusta voi hakea seuraaviin toimiin:",
        "https://www.example.org/ohje",
    ],
)
def test_how_to_apply_or_report_tells_nothing_about_the_subject(sentence: str) -> None:
    assert is_boilerplate(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Projects on the edge of the forest restore wetlands.",
        "Proposals should develop robots that small workshops can teach themselves.",
        "Applicants are expected to explore how rural schools use digital twins.",
        "Robots should learn a new product in a day.",
        "Avustuksella tuetaan konepajojen automaatiota.",
        "Hakemuspohjainen automaatio yleistyy.",
        "Stödet är avsett för kommuner.",
    ],
)
def test_what_is_about_the_subject_is_kept(sentence: str) -> None:
    assert not is_boilerplate(sentence)


def test_what_only_names_papers_or_stands_in_many_calls_is_quoted_when_nothing_else_is_left() -> None:
    own = "Growers learn how cover crops keep nitrogen in clay soils."
    papers = "The topic supports the European Green Deal and the Waste Framework Directive of the Union."
    shared = "The demonstrations are open to visitors in all 3 countries."
    common = common_sentences([shared, shared.replace("3", "4"), f"{own} {shared.replace('3', '5')}"])
    assert telling_sentences(f"{papers} {own} {shared}", common) == [own]
    assert telling_sentences(f"{papers} {shared}") == [shared]
    assert telling_sentences(papers) == [papers]
    assert telling_sentences(shared, common) == [shared]


def test_a_sentence_of_two_calls_is_not_common() -> None:
    assert (
        common_sentences(["Robots weld.", "Robots weld.", "Robots paint. Robots paint. Robots paint."]) == frozenset()
    )


def test_a_long_sentence_is_cut_at_the_end_of_a_clause_and_says_so() -> None:
    first = "Workshops that make small series of metal parts learn how to teach a robot themselves in one working day"
    (part,) = telling_sentences(f"{first}, " + "because nobody programs one for ten parts " * 5 + "any more.")
    assert part == f"{first}, because nobody".split(",")[0] + "…"
    assert len(part) <= LONGEST


def test_the_items_of_a_long_list_are_quoted_one_by_one() -> None:
    items = [
        f"new tools for {what} that museums of small towns can keep up by themselves"
        for what in ("glass", "wood", "wool")
    ]
    text = f"{'; '.join(items)}; {'x' * 60} and more."
    assert telling_sentences(text)[:2] == [f"{items[0]}…", f"… {items[1]}…"]


def test_telling_sentences_are_neither_headings_nor_lists_run_together_nor_repeated() -> None:
    good = "Avustuksella tuetaan hitsausrobottien käyttöönottoa."
    text = "\n".join(["Lyhyt otsikko", good, good, "x" * (LONGEST + 1), "Hakemus tehdään verkossa, jossa on ohjeet."])
    assert telling_sentences(text) == [good]


@given(evil_text())
def test_every_sentence_stands_in_the_text_and_none_is_empty(text: str) -> None:
    without_marks = text.replace("\n", " ")
    for sentence in sentences(text):
        assert sentence.strip() == sentence != ""
        if "[" not in text:
            # runs of blanks and glued ends are the only things that change
            assert "".join(sentence.split()) in "".join(without_marks.split())
    assert all(SHORTEST <= len(sentence) <= LONGEST for sentence in telling_sentences(text))
