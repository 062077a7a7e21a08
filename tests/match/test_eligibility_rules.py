"""One table of cases for each rule beyond who may apply; the sentences are made up in the sources' manner."""

from datetime import date
from typing import Any

import pytest

from hame_match.match.eligibility import (
    RULES,
    applicant_type_rule,
    closed_circle_rule,
    co_funding_rule,
    consortium_rule,
    de_minimis_rule,
    defence_rule,
    facts_of,
    judge,
    language_rule,
    ownership_rule,
    person_rule,
    region_rule,
    status_rule,
    trl_rule,
)
from hame_match.match.eligibility.funding import share_facts
from hame_match.match.eligibility.reading import LONGEST_QUOTE, spoken
from hame_match.model.actor import Size, size_class
from hame_match.model.call import ApplicantType, Call, Deadline, DeadlineKind, SectionRole
from hame_match.model.match import DECISIVE_RULES, Reason, Verdict, question_of
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_region
from tests.builders import NOW, a_call, an_actor, an_eu_call, section

YES, NO, UNKNOWN = Verdict.ELIGIBLE, Verdict.INELIGIBLE, Verdict.UNKNOWN
REGION = load_region(bundled("profiles") / REGION_FILE)


def saying(text: str, **changes: Any) -> Call:
    return a_call(sections=(section(text, SectionRole.ELIGIBILITY),), **changes)


def answer(rule: Any, call: Call, **actor: Any) -> Reason:
    reason: Reason = rule(facts_of(call, NOW), an_actor(**actor), REGION)
    assert not reason.sentence or any(reason.sentence in part.text for part in call.sections)
    return reason


def test_a_two_stage_call_is_closed_to_newcomers_after_its_first_stage() -> None:
    stages = (
        Deadline(on=date(2026, 9, 1), kind=DeadlineKind.FIRST_STAGE),
        Deadline(on=date(2027, 2, 1), kind=DeadlineKind.SECOND_STAGE),
    )
    reason = answer(status_rule, a_call(deadlines=stages))
    assert (reason.verdict, reason.code) == (NO, "status_second_stage")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Avustusta voivat hakea yhdistykset.", YES),
        ("The grant is awarded to the identified beneficiary without a competition.", NO),
        ("Named beneficiaries receive the grant.", NO),
        ("Avustus myönnetään ilman avointa hakua.", NO),
        ("The call is open only to beneficiaries of earlier projects.", UNKNOWN),
        ("Applications are limited to holders of a running grant.", UNKNOWN),
        ("Participation is by invitation only.", UNKNOWN),
        ("Only nominated candidates may take part.", UNKNOWN),
        ("Only framework partners may apply under this agreement.", UNKNOWN),
        ("The proposal must be submitted by the coordinator of the consortium funded under the first topic.", UNKNOWN),
        ("Hakea voivat vain kutsutut organisaatiot.", UNKNOWN),
        ("Haku on suunnattu haku.", UNKNOWN),
        ("Endast inbjudna organisationer kan söka.", UNKNOWN),
        # company kept, and what every two-stage call says
        ("Only applicants invited to the second stage submit a full proposal.", YES),
        ("Beneficiaries of the grant report once a year.", YES),
        ("Projects should build on the results of former projects.", YES),
        ("Proposals are invited to cooperate with the framework partnership.", YES),
    ],
)
def test_closed_circle(text: str, verdict: Verdict) -> None:
    assert answer(closed_circle_rule, saying(text)).verdict is verdict


def test_a_call_that_names_the_actor_as_its_beneficiary_is_for_it() -> None:
    call = saying("The identified beneficiary is Esimerkin Konepaja Oy.")
    assert answer(closed_circle_rule, call).verdict is YES


@pytest.mark.parametrize(
    ("identifier", "action", "verdict"),
    [
        ("LIFE-2026-NGO-OG-SGA", "LIFE Operating Grants", UNKNOWN),
        ("HORIZON-EIT-2025-KIC-IBA", "HORIZON Other", NO),
        ("HORIZON-EIT-2025-KIC-IBA", None, YES),  # a cascade call keeps the identifier of its project's topic
        ("HORIZON-CL4-2026-SGAS-01", "HORIZON Innovation Actions", YES),
    ],
)
def test_an_identifier_tells_of_a_closed_circle(identifier: str, action: str | None, verdict: Verdict) -> None:
    assert answer(closed_circle_rule, an_eu_call(identifier, type_of_action=action)).verdict is verdict


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        (an_eu_call(type_of_action="HORIZON ERC Grants"), UNKNOWN),
        (an_eu_call(type_of_action="HORIZON TMA MSCA Postdoctoral Fellowships - European Fellowships"), UNKNOWN),
        (an_eu_call(type_of_action="HORIZON TMA MSCA Doctoral Networks"), YES),
        (an_eu_call(type_of_action="HORIZON Innovation Actions"), YES),
        (an_eu_call(text="Applicants must be natural persons.", type_of_action="HORIZON Recognition Prize"), UNKNOWN),
        (saying("Apuraha myönnetään väitöskirjatutkimukseen."), UNKNOWN),
        (saying("Apurahaa voivat hakea tutkijat, työryhmät ja yhteisöt."), YES),
        (a_call(titles={"fi": "Säätiön apurahat"}), UNKNOWN),
        (a_call(), YES),
    ],
)
def test_person(call: Call, verdict: Verdict) -> None:
    assert answer(person_rule, call).verdict is verdict


@pytest.mark.parametrize(
    ("text", "regions", "verdict"),
    [
        ("Avustusta voidaan myöntää yrityksille, joiden toimipaikka on Kanta-Hämeessä.", None, YES),
        ("Avustusta voidaan myöntää yhdistyksille, jotka toimivat Hausjärvellä tai Riihimäellä.", None, YES),
        ("Avustusta voidaan myöntää yhdistyksille, jotka toimivat Forssassa.", None, UNKNOWN),
        ("Avustusta voidaan myöntää vain yhdistyksille, jotka toimivat Forssassa.", None, NO),
        ("Avustusta voidaan myöntää kunnille, jotka toimivat Lapissa.", None, UNKNOWN),
        ("Kokeilu järjestetään Lapissa.", None, UNKNOWN),
        ("Kokeilu järjestetään Lapissa.", (), YES),
        ("Participation is limited to legal entities established in Member States and Norway.", (), YES),
        ("The call is open only to legal entities established in developing countries.", (), NO),
        ("The project takes up one additional partner from a widening country.", (), NO),
        ("Participation as coordinators is limited to legal entities established in widening countries.", (), YES),
    ],
)
def test_region_down_to_the_municipality(text: str, regions: tuple[str, ...] | None, verdict: Verdict) -> None:
    call = saying(text, regions=regions, region_note=None)
    assert answer(region_rule, call, municipality="Hausjärvi").verdict is verdict


@pytest.mark.parametrize(
    ("action", "actor", "verdict"),
    [
        ("HORIZON Innovation Actions", {}, YES),
        ("EDF Research Actions", {}, UNKNOWN),
        ("EDF Research Actions", {"wants": ("puolustusalan hankkeet",)}, YES),
        ("EDF Research Actions", {"excludes": ("ei puolustusalan hankkeita",)}, UNKNOWN),
    ],
)
def test_defence(action: str, actor: dict[str, Any], verdict: Verdict) -> None:
    assert answer(defence_rule, an_eu_call(type_of_action=action), **actor).verdict is verdict


CONTROLLED = "Entities that are directly or indirectly controlled by a non-eligible country shall not participate."


@pytest.mark.parametrize(
    ("text", "action", "actor", "verdict"),
    [
        ("Welding robots.", "HORIZON Innovation Actions", {}, YES),
        (CONTROLLED, "HORIZON Innovation Actions", {}, UNKNOWN),
        (CONTROLLED, "HORIZON Innovation Actions", {"actor_type": "municipality"}, YES),
        (CONTROLLED, "HORIZON Innovation Actions", {"eligibility": ("osakeyhtiö, suomalaisessa omistuksessa",)}, YES),
        ("Welding robots.", "EDF Development Actions", {}, UNKNOWN),
        ("Consult the guidance on ownership and control.", "HORIZON Innovation Actions", {}, YES),
    ],
)
def test_ownership(text: str, action: str, actor: dict[str, Any], verdict: Verdict) -> None:
    assert answer(ownership_rule, an_eu_call(text=text, type_of_action=action), **actor).verdict is verdict


@pytest.mark.parametrize(
    ("text", "action", "verdict", "fact"),
    [
        ("Proposals must be submitted by at least 3 applicants from 3 different countries.", None, UNKNOWN, "3"),
        ("The consortium must include at least two independent legal entities.", None, UNKNOWN, "2"),
        ("Hankkeessa on oltava vähintään kolme kumppania eri maista.", None, UNKNOWN, "3"),
        ("Projektet ska ha minst två sökande från olika länder i ett konsortium.", None, UNKNOWN, "2"),
        ("Proposals may be submitted by a single applicant.", None, YES, ""),
        ("Hanke voi olla yhden organisaation oma.", None, YES, ""),
        ("Avustusta voi hakea yksin tai yhdessä.", None, YES, ""),
        ("A single applicant is not eligible.", None, UNKNOWN, ""),
        ("Coordinators are limited to legal entities established in widening countries.", None, UNKNOWN, ""),
        ("At least three workshops are held.", None, UNKNOWN, ""),
        ("ERICs may participate as sole beneficiaries.", None, UNKNOWN, ""),
        ("Welding robots.", "HORIZON Innovation Actions", UNKNOWN, "3"),
        (
            "Welding robots.",
            "HORIZON Coordination and Support Actions",
            YES,
            "HORIZON Coordination and Support Actions",
        ),
        ("Welding robots.", None, UNKNOWN, ""),
    ],
)
def test_consortium_is_a_condition_and_never_a_no(text: str, action: str | None, verdict: Verdict, fact: str) -> None:
    reason = answer(consortium_rule, an_eu_call(text=text, type_of_action=action))
    assert (reason.verdict, reason.fact) == (verdict, fact)


@pytest.mark.parametrize(
    ("text", "action", "actor", "verdict", "fact"),
    [
        ("Omarahoitusta ei vaadita.", None, {}, YES, ""),
        ("Omarahoituksen osuus on vähintään 20 prosenttia.", None, {}, UNKNOWN, "20"),
        ("Omarahoituksen osuus on vähintään 20 prosenttia.", None, {"money": {"own_share_percent": 20}}, YES, "20"),
        ("Omarahoituksen osuus on vähintään 60 prosenttia.", None, {"money": {"own_share_percent": 50}}, NO, "60"),
        ("Tuki on enintään 80 prosenttia hyväksyttävistä kustannuksista.", None, {}, UNKNOWN, "20"),
        ("Tukitaso on enintään 50% hyväksyttävistä kehittämiskustannuksista.", None, {}, UNKNOWN, "50"),
        ("Understödet är högst 70 procent av kostnaderna.", None, {}, UNKNOWN, "30"),
        ("The funding rate is 100 % of the eligible costs.", None, {}, YES, ""),
        ("The funding rate is 60 % of the eligible costs.", "HORIZON Innovation Actions", {}, UNKNOWN, "40"),
        ("Welding robots.", "HORIZON Innovation Actions", {}, UNKNOWN, "30"),
        ("Welding robots.", "HORIZON Innovation Actions", {"actor_type": "municipality"}, YES, ""),
        ("Welding robots.", "HORIZON Innovation Actions", {"actor_type": "development_company"}, UNKNOWN, "0–30"),
        ("Welding robots.", "HORIZON Research and Innovation Actions", {}, YES, ""),
        ("Welding robots.", "HORIZON JU Innovation Actions", {}, UNKNOWN, ""),
        ("Kolmannes kustannuksista on palkkoja, 40 % matkoja.", None, {}, UNKNOWN, ""),
    ],
)
def test_co_funding(text: str, action: str | None, actor: dict[str, Any], verdict: Verdict, fact: str) -> None:
    reason = answer(co_funding_rule, an_eu_call(text=text, type_of_action=action), **actor)
    assert (reason.verdict, reason.fact) == (verdict, fact)


def test_kinds_of_applicants_may_pay_different_shares() -> None:
    text = "Yritysten omarahoitus on vähintään 50 prosenttia ja muiden 20 prosenttia."
    shares = share_facts(spoken(saying(text)))
    assert shares.of(frozenset({ApplicantType.COMPANY})) == (50, 50)
    assert shares.of(frozenset({ApplicantType.ASSOCIATION})) == (20, 20)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Avustus on vähämerkityksistä tukea (de minimis).", UNKNOWN),
        ("Stödet är stöd av mindre betydelse.", UNKNOWN),
        ("The grant is de minimis aid.", UNKNOWN),
        ("Avustus ei ole de minimis -tukea.", YES),
        ("The grant is not de minimis aid.", YES),
        ("Avustusta voivat hakea yhdistykset.", YES),
    ],
)
def test_de_minimis(text: str, verdict: Verdict) -> None:
    assert answer(de_minimis_rule, saying(text)).verdict is verdict


@pytest.mark.parametrize(
    ("text", "trl", "verdict", "fact"),
    [
        (
            "Activities are expected to start at TRL 4 and achieve TRL 6-7 by the end of the project.",
            (5, 9),
            YES,
            "4–7",
        ),
        ("Activities are expected to achieve TRL 6-8 by the end of the project.", (1, 3), YES, "8"),
        ("Hankkeen teknologian valmiustaso on TRL 3–6.", (5, 9), YES, "3–6"),
        ("Activities are expected to achieve TRL 4 by the end of the project.", (5, 9), UNKNOWN, "4"),
        ("Activities are expected to achieve TRL 3 by the end of the project.", (5, 9), NO, "3"),
        ("Activities are expected to start at TRL 6.", (1, 3), NO, "6–9"),
        ("Earlier work on robots (TRL 3) exists.", (5, 9), UNKNOWN, "3"),
        ("The Technology Readiness Level (TRL) is a scale from TRL 1 to TRL 9.", (5, 9), UNKNOWN, ""),
        ("Welding robots.", (5, 9), UNKNOWN, ""),
        ("Activities are expected to achieve TRL 3 by the end of the project.", None, YES, ""),
    ],
)
def test_trl(text: str, trl: tuple[int, int] | None, verdict: Verdict, fact: str) -> None:
    reason = answer(trl_rule, saying(text), trl=trl)
    assert (reason.verdict, reason.fact) == (verdict, fact)


@pytest.mark.parametrize(
    ("text", "actor", "verdict"),
    [
        ("Hakemus on laadittava suomeksi tai ruotsiksi.", {}, YES),
        ("Hakemus laaditaan ruotsiksi.", {}, UNKNOWN),
        ("Hakemus laaditaan ruotsiksi.", {"languages": ("fi", "en")}, NO),
        ("Applications must be written in English.", {"languages": ("fi", "en")}, YES),
        ("The application is completed in the two languages German and Polish.", {"languages": ("fi", "en")}, NO),
        ("Applications may be submitted in any of the EU official languages.", {"languages": ("fi",)}, YES),
        ("Ansökan ska lämnas på svenska eller finska.", {"languages": ("fi",)}, YES),
        ("Training material is available in English.", {}, UNKNOWN),
    ],
)
def test_language(text: str, actor: dict[str, Any], verdict: Verdict) -> None:
    assert answer(language_rule, saying(text), **actor).verdict is verdict


def test_a_topic_of_the_portal_takes_every_official_language() -> None:
    assert answer(language_rule, an_eu_call(source="eu_funding_tenders")).verdict is YES
    assert answer(language_rule, an_eu_call(type_of_action=None)).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ({}, None),
        ({"staff": 9, "turnover_eur": 2_000_000}, "micro"),
        ({"staff": 49, "turnover_eur": 12_000_000, "balance_eur": 10_000_000}, "small"),
        ({"staff": 249, "balance_eur": 43_000_000}, "medium"),
        ({"staff": 249, "turnover_eur": 51_000_000, "balance_eur": 44_000_000}, "large"),
        ({"staff": 250, "turnover_eur": 1}, "large"),
        ({"staff": 20}, None),
        ({"staff": 20, "turnover_eur": 60_000_000}, None),
        ({"class": "medium", "staff": 20, "turnover_eur": 1}, "medium"),
    ],
)
def test_size_class_by_the_recommendation(size: dict[str, Any], expected: str | None) -> None:
    assert size_class(Size.model_validate(size)) == expected


OPEN = "Avustusta voivat hakea yritykset."


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Hankkeessa on oltava vähintään kolme kumppania. " + OPEN, YES),
        ("Omarahoituksen osuus on vähintään 20 prosenttia. " + OPEN, YES),
        ("Avustus on de minimis -tukea. " + OPEN, YES),
        ("Hakea voivat vain kutsutut organisaatiot. " + OPEN, UNKNOWN),
        ("Avustusta ei voida myöntää yrityksille.", NO),
    ],
)
def test_conditions_that_can_be_met_leave_the_verdict(text: str, verdict: Verdict) -> None:
    assert judge(facts_of(saying(text), NOW), an_actor(), REGION)[0] is verdict


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (OPEN, None),
        ("Omarahoituksen osuus on vähintään 20 prosenttia. " + OPEN, "co_funding_needed"),
        (
            "Omarahoituksen osuus on vähintään 20 prosenttia. Hankkeessa on oltava vähintään kolme kumppania. " + OPEN,
            "consortium_partners",
        ),
        ("Omarahoituksen osuus on vähintään 20 prosenttia.", "applicant_type_unknown"),
        ("Avustusta ei voida myöntää yrityksille.", "applicant_type_excluded"),
    ],
)
def test_the_question_asked_is_the_one_that_decides_most(text: str, code: str | None) -> None:
    asked = question_of(judge(facts_of(saying(text), NOW), an_actor(), REGION)[1])
    assert (asked.code if asked else None) == code


def test_what_the_law_asks_of_every_topic_is_no_question_of_the_digest() -> None:
    reasons = judge(facts_of(an_eu_call(), NOW), an_actor(), REGION)[1]
    assert any(reason.code == "consortium_by_law" for reason in reasons)
    assert question_of(reasons) is None


def test_every_decisive_rule_is_a_rule() -> None:
    reasons = judge(facts_of(a_call(), NOW), an_actor(), REGION)[1]
    assert {reason.rule for reason in reasons} >= DECISIVE_RULES
    assert [f"{reason.rule}_rule" for reason in reasons] == [rule.__name__ for rule in RULES]


def test_an_overlong_sentence_is_quoted_in_part_and_word_for_word() -> None:
    text = "word " * 200 + "; proposals must be submitted by at least 3 applicants from 3 countries; " + "word " * 200
    reason = answer(consortium_rule, saying(text))
    assert "at least 3 applicants" in reason.sentence
    assert len(reason.sentence) <= LONGEST_QUOTE + 1


@pytest.mark.parametrize(
    ("text", "actor", "verdict"),
    [
        ("Avustusta voidaan myöntää vain mikroyrityksille.", {"size": {"class": "micro"}}, YES),
        ("Avustusta voidaan myöntää vain mikroyrityksille.", {"size": {"class": "medium"}}, NO),
        ("Avustusta voidaan myöntää vain mikroyrityksille.", {}, UNKNOWN),
        ("Avustusta ei voida myöntää suurille yrityksille.", {"actor_type": "large_company"}, NO),
        ("Avustusta ei voida myöntää suurille yrityksille.", {"actor_type": "sme"}, UNKNOWN),
        ("Avustusta voidaan myöntää pienille ja keskisuurille yrityksille.", {"actor_type": "large_company"}, UNKNOWN),
        ("Avustusta voidaan myöntää pk-yrityksille.", {"actor_type": "cooperative", "size": {"class": "small"}}, YES),
        ("Avustusta voidaan myöntää kunnille, mutta ei yrityksille.", {"actor_type": "municipality"}, YES),
        ("Avustusta voivat hakea oikeuskelpoiset yhteisöt ja säätiöt.", {"actor_type": "association"}, YES),
        ("Bidrag beviljas inte företag.", {}, NO),
        ("The FSTP calls should be open to SMEs.", {}, UNKNOWN),
        ("Current employees of the Example Association may not apply.", {"actor_type": "association"}, UNKNOWN),
        ("Applicants must be legal entities (public or private bodies).", {"actor_type": "museum"}, YES),
    ],
)
def test_sizes_of_companies_and_mere_mentions(text: str, actor: dict[str, Any], verdict: Verdict) -> None:
    assert answer(applicant_type_rule, saying(text), **actor).verdict is verdict


@pytest.mark.parametrize(
    ("actor", "verdict"),
    [
        ({}, YES),
        ({"actor_type": "municipality"}, NO),
        ({"actor_type": "large_company"}, UNKNOWN),
        ({"actor_type": "development_company"}, UNKNOWN),
    ],
)
def test_the_accelerator_takes_companies(actor: dict[str, Any], verdict: Verdict) -> None:
    call = an_eu_call(type_of_action="HORIZON EIC Accelerator")
    assert answer(applicant_type_rule, call, **actor).verdict is verdict
