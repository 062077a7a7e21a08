import pytest

from hame_match.match.terms import terms_of
from hame_match.model.call import SectionRole
from tests.builders import a_call, an_eu_call, section


@pytest.mark.parametrize(
    "sentence",
    [
        "Hankkeelta edellytetään omarahoitusta.",
        "Avustus on enintään 70 % hyväksyttävistä kustannuksista.",
        "Tuki kattaa 80 prosenttia hankkeen kustannuksista.",
        "The funding rate is 60 % of the eligible costs.",
        "Up to 50% of the total eligible costs are covered.",
        "The beneficiary provides its own contribution.",
        "Egenfinansiering på minst 20 procent krävs.",
    ],
)
def test_a_call_that_asks_for_money_of_ones_own_says_so(sentence: str) -> None:
    assert terms_of(a_call(text=f"Tuetaan kokeiluja. {sentence}")).own_money == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "Hankkeelta ei edellytetä omarahoitusta.",
        "Omarahoitusta ei vaadita.",
        "The funding rate is 100 % of the eligible costs.",
        "No co-financing is required.",
        "The project is co-funded by the European Union.",
        "Hankkeet vähentävät päästöjä 50 % vuoteen 2030 mennessä.",
    ],
)
def test_what_does_not_ask_for_it_is_no_such_statement(sentence: str) -> None:
    assert terms_of(a_call(text=f"Tuetaan kokeiluja. {sentence}")).own_money == ""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The consortium must cover the whole chain.", "en"),
        ("Proposals are submitted by at least three independent legal entities.", "en"),
        ("Haettavana on rahoitus yhteishankkeille.", "fi"),
        ("Hankkeessa on vähintään kaksi kumppania.", "fi"),
    ],
)
def test_a_call_that_asks_for_partners_says_so(text: str, language: str) -> None:
    call = a_call(sections=(section(text, SectionRole.ELIGIBILITY, language),))
    assert terms_of(call).partners == text


def test_a_collaborative_type_of_action_is_the_statement() -> None:
    assert terms_of(an_eu_call()).partners == "HORIZON Innovation Actions"
    assert terms_of(an_eu_call(type_of_action="HORIZON EIC Accelerator")).partners == ""


def test_a_call_that_says_nothing_has_no_terms() -> None:
    found = terms_of(a_call())
    assert (found.grant_min, found.grant_max, found.own_money, found.partners) == (None, None, "", "")
