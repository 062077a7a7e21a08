from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hame_match.deliver.timing import timing
from hame_match.deliver.words import load_words
from hame_match.model.call import Call, CallKind, CallStatus, Deadline, DeadlineKind
from tests.deliver.make import NOW, eu_call, finnish_call

FI, EN = load_words("fi"), load_words("en")


def said(call: Call, now: datetime = NOW, **changes: Any) -> tuple[str, str, str]:
    when = timing(call, now, changes.get("words", FI))
    return tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in (when.deadline, when.note, when.soon))  # type: ignore[return-value]


def test_a_day_of_the_eu_portal_gets_the_brussels_note() -> None:
    assert said(eu_call()) == (
        "ti 16.2.2027",
        "klo 17.00 Brysselin aikaa, ellei haussa toisin sanota",
        "162 päivää jäljellä",
    )


def test_english_reads_english() -> None:
    assert said(eu_call(), words=EN) == (
        "Tue 16 February 2027", "17:00 Brussels time unless the call says otherwise", "162 days left",
    )  # fmt: skip


def test_a_day_of_anybody_else_gets_no_invented_hour() -> None:
    cascade = eu_call(project="AgriFlex")
    finnish = finnish_call(deadlines=(Deadline(on=date(2026, 10, 1)),))
    assert said(cascade)[1] == said(finnish)[1] == "kellonaika kannattaa tarkistaa haun sivulta"


def test_an_instant_is_helsinki_time() -> None:
    call = finnish_call(deadlines=(Deadline(on=date(2026, 10, 30), at=datetime(2026, 10, 30, 14, 15, tzinfo=UTC)),))
    assert said(call) == ("pe 30.10.2026 klo 16.15", "", "53 päivää jäljellä")


def test_first_stage_and_cut_off_are_told() -> None:
    staged = eu_call(deadlines=(Deadline(on=date(2027, 2, 16), kind=DeadlineKind.FIRST_STAGE),))
    many = eu_call(deadlines=tuple(Deadline(on=date(2026, m, 1), kind=DeadlineKind.CUT_OFF) for m in (1, 10, 12)))
    assert said(staged)[1].startswith("kaksivaiheisen haun 1. vaihe, ")
    assert said(many)[0] == "to 1.10.2026"
    assert said(many)[1].startswith("haussa on useita määräaikoja, ")


def test_a_continuous_call_has_no_deadline() -> None:
    when = timing(finnish_call(deadlines=(), continuous=True), NOW, FI)
    assert (when.name, when.deadline, when.soon, when.day, when.urgent) == (
        "Hakuaika", "jatkuva haku", "jatkuva haku", None, False,
    )  # fmt: skip


def test_a_forthcoming_call_says_when_it_opens() -> None:
    when = timing(eu_call(opens_on=date(2026, 9, 17)), NOW, FI)
    assert when.opens.replace("\N{NO-BREAK SPACE}", " ") == "to 17.9.2026"
    assert when.soon == "avautuu 10 päivän kuluttua"
    assert not when.urgent


def test_an_opening_later_today_and_one_tomorrow() -> None:
    later = finnish_call(opens_at=NOW + timedelta(hours=2))
    assert timing(later, NOW, FI).soon == "avautuu tänään"
    assert timing(finnish_call(opens_on=date(2026, 9, 8)), NOW, FI).soon == "avautuu huomenna"


def test_a_source_that_says_forthcoming_without_a_day() -> None:
    call = eu_call(opens_on=None, deadlines=(), published_status=CallStatus.FORTHCOMING)
    assert said(call) == ("ei vielä ilmoitettu", "", "ei vielä auki")


def test_nothing_known_is_said_so() -> None:
    call = eu_call(opens_on=None, deadlines=())
    assert said(call) == ("ei ilmoitettu, katsokaa haun sivulta", "", "")
    assert said(call.model_copy(update={"kind": CallKind.ADVANCE_INFORMATION}))[0] == "ei vielä ilmoitettu"


@pytest.mark.parametrize(
    ("days", "words", "urgent"),
    [
        (0, "päättyy tänään", True),
        (1, "päättyy huomenna", True),
        (14, "14 päivää jäljellä", True),
        (15, "15 päivää jäljellä", False),
    ],
)
def test_days_are_counted_in_helsinki(days: int, words: str, urgent: bool) -> None:
    midnight = datetime(2026, 9, 6, 21, 30, tzinfo=UTC)  # half past midnight of the 7th in Helsinki
    when = timing(eu_call(deadlines=(Deadline(on=date(2026, 9, 7) + timedelta(days=days)),)), midnight, FI)
    assert (when.soon, when.urgent) == (words, urgent)
