from decimal import Decimal

import pytest

from hame_match.deliver.entries import Entry, entries, money_range
from hame_match.deliver.summary import summarise
from hame_match.deliver.words import load_words
from hame_match.model.call import Call, Section, SectionRole
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
