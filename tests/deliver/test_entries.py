from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from hame_match.deliver.entries import SECOND_CHARS, SISTERS, Entry, entries, money_range
from hame_match.deliver.summary import summarise
from hame_match.deliver.words import load_words
from hame_match.model.call import Call, Deadline, Section, SectionRole
from hame_match.model.match import Reason, Verdict
from tests.deliver.make import INTERESTS, INTERESTS_EN, NOW, actor, digest, eu_call, finnish_call, item

FI, EN = load_words("fi"), load_words("en")


def entry(call: Call, language: str = "fi", **changes: object) -> Entry:
    return entries(digest(item(call, **changes)), actor(), load_words(language), NOW)[0]


def facts(of: Entry) -> dict[str, str]:
    return {fact.name: f"{fact.text.text} | {fact.note}".replace("\N{NO-BREAK SPACE}", " ") for fact in of.facts}


@pytest.mark.parametrize(
    ("low", "high", "finnish", "english"),
    [
        (4_000_000, 5_500_000, "4–5,5 milj. €", "€4 million–€5.5 million"),
        (50_000, 400_000, "50 000–400 000 €", "€50,000–€400,000"),
        (500_000, 1_500_000, "500 000 €–1,5 milj. €", "€500,000–€1.5 million"),
        (None, 60_000, "enintään 60 000 €", "up to €60,000"),
        (0, 60_000, "enintään 60 000 €", "up to €60,000"),
        (60_000, None, "vähintään 60 000 €", "at least €60,000"),
        (3_000_000, 3_000_000, "3 milj. €", "€3 million"),
        (None, None, "", ""),
    ],
)
def test_money_reads_as_it_is_written(low: int | None, high: int | None, finnish: str, english: str) -> None:
    ends = tuple(None if value is None else Decimal(value) for value in (low, high))
    assert money_range(*ends, FI).replace("\N{NO-BREAK SPACE}", " ") == finnish
    assert money_range(*ends, EN) == english.replace(" million", "\N{NO-BREAK SPACE}million")


def test_the_share_of_a_project_comes_before_the_whole_budget() -> None:
    assert facts(entry(eu_call()))["Rahoitus"] == (
        "4–5,5 milj. € hanketta kohti | haussa jaetaan yhteensä 22 milj. € arviolta 4 hankkeelle"
    )
    whole = eu_call(grant_min=None, grant_max=None, expected_grants=1)
    assert facts(entry(whole))["Rahoitus"] == "haussa jaetaan yhteensä 22 milj. € arviolta yhdelle hankkeelle | "
    assert "Rahoitus" not in facts(entry(eu_call(grant_min=None, grant_max=None, budget_total=None)))


def test_the_interest_is_shown_in_the_language_of_the_reader() -> None:
    finnish, english = entry(eu_call()), entry(eu_call(), "en")
    assert finnish.interest is not None
    assert english.interest is not None
    assert (finnish.interest.text, finnish.interest.language) == (INTERESTS[1], "fi")
    assert (english.interest.text, english.interest.language) == (INTERESTS_EN[1], "en")


def test_an_interest_nobody_translated_keeps_its_language() -> None:
    shown = entries(digest(item(eu_call())), actor(interests_en=()), EN, NOW)[0].interest
    assert shown is not None
    assert (shown.text, shown.language) == (INTERESTS[1], "fi")


def test_open_questions_become_what_to_check_and_answered_ones_do_not() -> None:
    reasons = (
        Reason("status", Verdict.ELIGIBLE, "status_open"),
        Reason("region", Verdict.UNKNOWN, "region_unknown"),
        Reason("money", Verdict.UNKNOWN, "money_unknown"),
    )
    shown = facts(entry(eu_call(), reasons=reasons, verdict=Verdict.UNKNOWN))
    assert shown["Tarkistakaa"] == "Koskeeko haku Kanta-Hämettä? Lähde ei kerro aluerajausta. | "
    assert "Tarkistakaa" not in facts(entry(eu_call(), reasons=reasons[:1]))


def test_a_call_approved_against_the_rules_says_what_stands_against_it() -> None:
    against = Reason("region", Verdict.INELIGIBLE, "region_other", "FI19")
    shown = facts(entry(eu_call(), reasons=(against,), verdict=Verdict.INELIGIBLE))
    assert shown["Tarkistakaa"].startswith("Koskeeko haku teitä? Se näyttää olevan rajattu muulle alueelle: FI19.")


def test_a_cascade_call_without_text_says_whose_it_is() -> None:
    shown = entry(eu_call(sections=(), project="AgriFlex"), evidence="")
    assert shown.summary is not None
    assert shown.summary.text == "EU-hankkeen oma haku (ketjurahoitus): AgriFlex"
    assert shown.evidence is None


def test_an_entry_tells_where_borrowed_evidence_is_from_and_what_the_match_rests_on() -> None:
    borrowed = entry(eu_call(sections=(), project="AgriFlex"), borrowed_from="Smart rural communities")
    assert borrowed.source == "Aihealueen tekstistä"
    assert borrowed.note.startswith("Haun omaa kuvausta ei ole")
    assert "(Smart rural communities)" in borrowed.note
    bare = entry(eu_call(sections=()), evidence="", evidence_language="")
    assert bare.note == "Kuvausta ei ole saatavilla; osuma perustuu haun nimeen."
    assert (entry(eu_call()).note, entry(eu_call()).source) == ("", "Haun tekstistä")


def test_a_second_reason_is_told_more_briefly() -> None:
    sentence = "Full-scale plants take in manure and slurry. " * 9
    second = entry(eu_call(), second_interest=INTERESTS[0], second_evidence=sentence)
    assert second.second_interest is not None
    assert second.second_evidence is not None
    assert second.second_interest.text == INTERESTS[0]
    assert len(second.second_evidence.text) <= SECOND_CHARS
    assert entry(eu_call()).second_interest is None


def with_sisters(*sisters: Call) -> Entry:
    return entries(digest(replace(item(eu_call()), sisters=sisters)), actor(), FI, NOW)[0]


def test_sisters_are_named_with_their_deadline_where_it_is_another_one() -> None:
    same = eu_call("T-1", titles={"en": "The same day"})
    later = eu_call("T-2", titles={"en": "Another day"}, deadlines=(Deadline(on=date(2027, 3, 16)),))
    shown = with_sisters(same, later)
    assert [sister.title.text for sister in shown.sisters] == ["The same day", "Another day"]
    assert shown.sisters[0].deadline == ""
    assert "16.3.2027" in shown.sisters[1].deadline
    assert shown.sisters[0].url == same.url
    assert (shown.sisters_words, shown.sisters_more) == ("2 rinnakkaista hakua:", "")


def test_a_large_family_is_counted_not_listed() -> None:
    shown = with_sisters(*(eu_call(f"T-{n}") for n in range(SISTERS + 3)))
    assert (len(shown.sisters), shown.sisters_more) == (SISTERS, "ja 3 muuta")


def test_the_title_is_the_original_one() -> None:
    both = finnish_call(titles={"en": "Grant for biogas", "fi": "Biokaasuavustus"})
    shown = entry(both, "en")
    assert (shown.title.text, shown.title.language) == ("Biokaasuavustus", "fi")


def section(text: str, role: SectionRole = SectionRole.SCOPE) -> Section:
    return Section(role=role, language="en", text=text)


def test_the_summary_is_the_first_sentence_that_says_something() -> None:
    assert summarise(eu_call()) == (
        "Nutrients in manure and digestate are lost to water and air in many regions.", "en",
    )  # fmt: skip


def test_a_stated_aim_is_the_better_summary() -> None:
    text = "Farms lose nutrients in many ways every year. [1] This topic supports plants that recover them at scale."
    assert summarise(eu_call(sections=(section(text),)))[0] == "This topic supports plants that recover them at scale."


@pytest.mark.parametrize(
    "empty",
    [
        "Projects are expected to contribute to all of the following expected outcomes",
        "Project results are expected to contribute to all of the following outcomes.",
        "Proposals under this topic should describe the methodology and the following parts.",
        "The expected outcomes of this topic concern every actor of the chain.",
        "Activities must address all of these:",
        "Please see the work programme for the conditions of participation.",
        "Short one.",
    ],
)
def test_sentences_of_hundreds_of_calls_say_nothing(empty: str) -> None:
    told = "Rural regions need affordable heat from local sources in winter."
    assert summarise(eu_call(sections=(section(f"{empty}\n{told}"),)))[0] == told
    assert summarise(eu_call(sections=(section(empty),))) == ("", "")


def test_the_summary_never_repeats_the_evidence() -> None:
    call = eu_call()
    assert summarise(call, summarise(call)[0]) == ("", "")


def test_conditions_are_no_summary() -> None:
    conditions = section("Legal entities established in the Member States may take part here.", SectionRole.CONDITIONS)
    assert summarise(eu_call(sections=(conditions,))) == ("", "")
