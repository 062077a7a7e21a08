from datetime import date
from decimal import Decimal

import pytest

from hame_match.deliver.words import load_words
from hame_match.language import READING_LANGUAGES
from hame_match.match.eligibility import (
    RULES,
    applicant_type_rule,
    exclude_rule,
    facts_of,
    judge,
    money_rule,
    region_rule,
    status_rule,
)
from hame_match.match.eligibility.applicants import applicant_facts, types_in
from hame_match.model.actor import ActorType
from hame_match.model.call import ApplicantType, Call, CallStatus, Deadline, SectionRole
from hame_match.model.match import Verdict
from hame_match.paths import bundled
from hame_match.profiles import REGION_FILE, load_region
from tests.builders import NOW, a_call, an_actor, an_eu_call, section

YES, NO, UNKNOWN = Verdict.ELIGIBLE, Verdict.INELIGIBLE, Verdict.UNKNOWN
REGION = load_region(bundled("profiles") / REGION_FILE)
T = ApplicantType


def conditions(text: str) -> Call:
    return a_call(sections=(section(text, SectionRole.ELIGIBILITY),))


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, YES),
        ({"opens_on": date(2026, 12, 1), "deadlines": ()}, YES),
        ({"deadlines": (Deadline(on=date(2026, 9, 6)),)}, NO),
        ({"opens_on": None, "deadlines": ()}, UNKNOWN),
        ({"opens_on": None, "deadlines": (), "published_status": CallStatus.CLOSED}, NO),
    ],
)
def test_status(changes: dict[str, object], verdict: Verdict) -> None:
    reason = status_rule(facts_of(a_call(**changes), NOW), an_actor(), REGION)
    assert (reason.rule, reason.verdict) == ("status", verdict)


@pytest.mark.parametrize(
    ("text", "actor_type", "verdict"),
    [
        # named in Finnish
        ("Avustusta voivat hakea pk-yritykset.", "sme", YES),
        ("Avustusta voidaan myöntää kunnille ja kuntayhtymille.", "municipality", YES),
        ("Avustusta voidaan myöntää kunnille ja kuntayhtymille.", "joint_municipal_authority", YES),
        ("Hakijana voi olla rekisteröity yhdistys tai säätiö.", "association", YES),
        ("Hakijana voi olla rekisteröity yhdistys tai säätiö.", "foundation", YES),
        ("Hakukelpoisia ovat korkeakoulut ja tutkimuslaitokset.", "higher_education", YES),
        ("Hakukelpoisia ovat korkeakoulut ja tutkimuslaitokset.", "research_organisation", YES),
        ("Avustus on tarkoitettu yrityksille.", "large_company", YES),
        ("Kaikki oikeushenkilöt voivat hakea.", "museum", YES),
        # only others
        ("Avustusta voidaan myöntää vain kunnille.", "sme", NO),
        ("Avustusta voivat hakea ainoastaan yhdistykset.", "municipality", NO),
        ("Avustusta myönnetään yksinomaan pk-yrityksille.", "association", NO),
        # shut out
        ("Avustusta ei voida myöntää yrityksille.", "sme", NO),
        ("Avustusta ei myönnetä kunnille eikä kuntayhtymille.", "municipality", NO),
        ("Yksityishenkilöt eivät voi hakea avustusta.", "sme", UNKNOWN),
        # others named without a word for only, a use shut out, or nothing said
        ("Avustusta voivat hakea kunnat.", "sme", UNKNOWN),
        ("Avustusta ei myönnetä yritysten omiin investointeihin.", "sme", UNKNOWN),
        ("Avustusta ei voida myöntää suurille yrityksille.", "sme", UNKNOWN),
        ("Avustuksella kehitetään palveluita.", "sme", UNKNOWN),
        # company kept is not an applicant
        ("Avustusta voivat hakea yhdistykset yhteistyössä kuntien kanssa.", "municipality", UNKNOWN),
        ("Avustusta voivat hakea yhdistykset yhdessä yritysten kanssa.", "sme", UNKNOWN),
        ("Hanke voidaan toteuttaa yhteistyössä kuntien kanssa.", "municipality", UNKNOWN),
        (
            "Avustusta voidaan myöntää vain yhdistyksille, jotka toimivat yhteistyössä kuntien kanssa.",
            "association",
            YES,
        ),
        # a museum, whose legal form its type does not settle, is never shut out by it
        ("Avustusta voidaan myöntää vain säätiöille.", "museum", UNKNOWN),
        ("Avustusta voidaan myöntää vain kunnille.", "museum", UNKNOWN),
        # in Swedish
        ("Kommuner kan söka bidraget.", "municipality", YES),
        ("Bidrag kan beviljas små och medelstora företag.", "sme", YES),
        ("Bidrag kan beviljas endast kommuner.", "sme", NO),
        ("Bidrag kan inte beviljas företag.", "sme", NO),
        ("Föreningar kan söka bidraget i samarbete med kommuner.", "municipality", UNKNOWN),
        # in English
        ("Small and medium-sized enterprises are eligible.", "sme", YES),
        ("Applicants must be municipalities or other public bodies.", "municipality", YES),
        ("Any legal entity may apply.", "association", YES),
        ("Only universities may apply.", "sme", NO),
        ("Only universities may apply.", "higher_education", YES),
        ("Companies are not eligible.", "sme", NO),
        ("Large companies are not eligible.", "sme", UNKNOWN),
        ("Universities may apply in cooperation with SMEs.", "sme", UNKNOWN),
        ("Projects for the benefit of municipalities are eligible.", "municipality", UNKNOWN),
        ("Municipalities take part in pilots.", "municipality", UNKNOWN),
    ],
)
def test_applicant_type(text: str, actor_type: str, verdict: Verdict) -> None:
    reason = applicant_type_rule(facts_of(conditions(text), NOW), an_actor(actor_type=actor_type), REGION)
    assert (reason.rule, reason.verdict) == ("applicant_type", verdict)
    if verdict is not UNKNOWN:
        assert reason.sentence in text


def test_the_sentence_that_shuts_out_is_told() -> None:
    call = conditions("Avustuksella kehitetään palveluita. Avustusta ei voida myöntää yrityksille. Haku on jatkuva.")
    reason = applicant_type_rule(facts_of(call, NOW), an_actor(), REGION)
    assert reason.sentence == "Avustusta ei voida myöntää yrityksille."


def test_a_code_of_the_source_names_applicants() -> None:
    call = a_call(applicant_types=(T.SME,))
    assert applicant_type_rule(facts_of(call, NOW), an_actor(), REGION).verdict is YES


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        ("HORIZON Innovation Actions", YES),
        ("HORIZON Research and Innovation Actions", YES),
        ("HORIZON-JU Innovation Actions", YES),
        ("HORIZON Coordination and Support Actions", YES),
        ("HORIZON Pre-commercial Procurement", UNKNOWN),
        ("LIFE Project Grants", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_any_legal_entity_may_take_part_in_the_open_actions_of_horizon(action: str | None, verdict: Verdict) -> None:
    reason = applicant_type_rule(facts_of(an_eu_call(type_of_action=action), NOW), an_actor(), REGION)
    assert reason.verdict is verdict


def test_every_type_of_actor_may_apply_when_every_legal_entity_may() -> None:
    call = conditions("Kaikki oikeushenkilöt voivat hakea.")
    for actor_type in ActorType:
        actor = an_actor(actor_type=actor_type)
        assert applicant_type_rule(facts_of(call, NOW), actor, REGION).verdict is YES


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("kunnille, kuntayhtymille ja hyvinvointialueille", {T.MUNICIPALITY, T.PUBLIC_BODY}),
        ("pk-yritykset", {T.SME}),
        ("yritykset ja yhteisöt", {T.COMPANY}),
        ("yritystoiminnan kehittäminen", set()),
        ("maakuntien liitot", set()),
        ("kuntoutusta", set()),
        ("järjestöille, säätiöille ja seuroille", {T.ASSOCIATION, T.FOUNDATION}),
        ("yliopistot ja ammattikorkeakoulut", {T.HIGHER_EDUCATION}),
        ("yksityishenkilöille", {T.NATURAL_PERSON}),
        ("små och medelstora företag samt kommuner", {T.SME, T.COMPANY, T.MUNICIPALITY}),
        ("SMEs, start-ups and research organisations", {T.SME, T.RESEARCH}),
        ("communities", set()),
        ("", set()),
    ],
)
def test_types_are_read_from_nouns(text: str, types: set[ApplicantType]) -> None:
    assert types_in(text) == types


def test_eligibility_sections_are_read_before_the_rest() -> None:
    call = a_call(
        sections=(
            section("Aiemmin avustusta voivat hakea myös yritykset, mutta tarkemmin ehdoissa."),
            section("Avustusta voivat hakea yritykset.", SectionRole.ELIGIBILITY),
        )
    )
    assert applicant_facts(call).named[T.COMPANY] == "Avustusta voivat hakea yritykset."


@pytest.mark.parametrize(
    ("regions", "verdict"),
    [
        ((), YES),
        (("FI",), YES),
        (("FI1",), YES),
        ((REGION.nuts2,), YES),
        ((REGION.nuts3,), YES),
        (("FI1D7", REGION.nuts3), YES),
        (("FI1D7",), NO),
        (("SE",), NO),
        (None, UNKNOWN),
    ],
)
def test_region(regions: tuple[str, ...] | None, verdict: Verdict) -> None:
    reason = region_rule(facts_of(a_call(regions=regions, region_note=None), NOW), an_actor(), REGION)
    assert (reason.rule, reason.verdict) == ("region", verdict)


@pytest.mark.parametrize(
    ("low", "high", "wanted", "roles", "verdict"),
    [
        (None, None, {}, (), YES),
        (None, None, {"max_eur": 500_000}, (), UNKNOWN),
        (10_000, 60_000, {"min_eur": 50_000, "max_eur": 500_000}, (), YES),
        (None, 60_000, {"min_eur": 60_000}, (), YES),
        (None, 59_999, {"min_eur": 60_000}, (), NO),
        (500_000, None, {"max_eur": 500_000}, ("coordinator",), YES),
        (500_001, None, {"max_eur": 500_000}, ("coordinator",), NO),
        (4_000_000, 5_000_000, {"max_eur": 500_000}, ("coordinator", "partner"), UNKNOWN),
        (4_000_000, 5_000_000, {"max_eur": 500_000}, ("pilot_site",), UNKNOWN),
        (4_000_000, 5_000_000, {"max_eur": 500_000}, (), UNKNOWN),
        (None, 5_000_000, {"max_eur": 500_000}, ("coordinator",), YES),
    ],
)
def test_money(
    low: int | None, high: int | None, wanted: dict[str, int], roles: tuple[str, ...], verdict: Verdict
) -> None:
    call = a_call(grant_min=low and Decimal(low), grant_max=high and Decimal(high))
    reason = money_rule(facts_of(call, NOW), an_actor(money=wanted, roles=roles), REGION)
    assert (reason.rule, reason.verdict) == ("money", verdict)


@pytest.mark.parametrize(
    ("exclude", "title", "language", "hit"),
    [
        ("ei puolustusta", "Defence technologies for resilience", "en", True),
        ("ei puolustusta", "Puolustusteknologian haku", "fi", True),
        ("ei puolustusta", "Kielen puolustuskyky", "fi", False),
        ("ei puolustusta", "Defenceless species", "en", False),
        ("ei ydinvoimaa", "Nuclear safety research", "en", True),
        ("ei ydinvoimaa", "Wind power", "en", False),
        ("ei avaruutta", "Space weather services", "en", True),
        ("ei avaruutta", "Open space for everybody", "en", False),
        ("ei perustutkimusta", "ERC-2026-STG", "en", True),
        ("ei merituulivoimaa", "Offshore wind farms", "en", True),
        ("ei turvetta", "Peat extraction sites", "en", True),
        ("ei turvetta", "Repeatable processes", "en", False),
        ("ei terästehtaan prosesseja", "Steelworks of the future", "en", True),
        ("ei terästehtaan prosesseja", "Sheet steel parts in small series", "en", False),
        ("ei koordinaattoriksi", "Coordinator network of nuclear sites", "en", False),
        ("ei hevosia", "Hevosia koskeva haku", "fi", True),
        ("ei hevosia", "Kissoja koskeva haku", "fi", False),
        ("no cryptocurrencies", "Kissoja koskeva haku", "fi", False),
    ],
)
def test_excludes(exclude: str, title: str, language: str, hit: bool) -> None:
    call = a_call(titles={language: title})
    reason = exclude_rule(facts_of(call, NOW), an_actor(excludes=(exclude,)), REGION)
    assert (reason.rule, reason.verdict) == ("exclude", NO if hit else YES)
    assert not hit or reason.fact.startswith(exclude)


def test_an_exclude_is_looked_for_in_what_names_the_subject_not_in_the_text() -> None:
    actor = an_actor(excludes=("ei ydinvoimaa",))
    mentioned = a_call(text="Muun muassa ydinvoimalat ja sahat voivat olla mukana.")
    assert exclude_rule(facts_of(mentioned, NOW), actor, REGION).verdict is YES
    for changes in ({"programme": "Euratom"}, {"keywords": ("ydinvoima",)}, {"parent_title": "Nuclear research"}):
        assert exclude_rule(facts_of(a_call(**changes), NOW), actor, REGION).verdict is NO


OPEN_TO_SMES = "Avustusta voivat hakea pk-yritykset."


@pytest.mark.parametrize(
    ("changes", "actor", "verdict"),
    [
        ({}, {}, YES),
        ({"regions": None}, {}, UNKNOWN),
        ({"regions": ("SE",)}, {}, NO),
        ({"regions": None, "titles": {"en": "Nuclear safety"}}, {"excludes": ("ei ydinvoimaa",)}, NO),
        ({"grant_max": None}, {"money": {"max_eur": 500_000}}, YES),
        ({"grant_max": Decimal(1000)}, {"money": {"min_eur": 5_000}}, NO),
        ({"grant_max": None, "regions": None}, {"money": {"max_eur": 500_000}}, UNKNOWN),
    ],
)
def test_one_no_decides_and_one_open_question_stays_open(
    changes: dict[str, object], actor: dict[str, object], verdict: Verdict
) -> None:
    call = a_call(**({"sections": (section(OPEN_TO_SMES, SectionRole.ELIGIBILITY),)} | changes))
    found, reasons = judge(facts_of(call, NOW), an_actor(**actor), REGION)
    assert found is verdict
    assert len(reasons) == len(RULES)


def test_every_rule_has_its_words_in_every_language() -> None:
    calls = [
        a_call(),
        conditions("Avustusta voidaan myöntää vain kunnille."),
        a_call(regions=None),
        a_call(regions=("SE",)),
    ]
    for language in READING_LANGUAGES:
        words = load_words(language)
        for call in calls:
            for reason in judge(facts_of(call, NOW), an_actor(money={"max_eur": 5}), REGION)[1]:
                assert words.reason(reason)
