"""What a text certainly says is read; anything else is a ParseError, never a guess."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.collect.parsing import find_dates, parse_date, parse_euros, parse_instant, take
from hame_match.errors import ParseError
from hame_match.language import HELSINKI


def on(year, month, day):
    return date(year, month, day)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("1.10.2026", [on(2026, 10, 1)]),
        ("1.–31.10.2026", [on(2026, 10, 1), on(2026, 10, 31)]),
        ("Hakuaika 20.5.-18.9.2024", [on(2024, 5, 20), on(2024, 9, 18)]),
        ("31.1.–1.3.2024", [on(2024, 1, 31), on(2024, 3, 1)]),
        ("31.1. – 1.3.2024", [on(2024, 1, 31), on(2024, 3, 1)]),
        ("29.6.2026 - 31.8.2026", [on(2026, 6, 29), on(2026, 8, 31)]),
        ("1. lokakuuta 2026", [on(2026, 10, 1)]),
        ("1.–31. lokakuuta 2026", [on(2026, 10, 1), on(2026, 10, 31)]),
        (
            "Vuoden 2022 hakujaksot päättyvät 9.5., 31.8. ja 31.10.2022",
            [on(2022, 5, 9), on(2022, 8, 31), on(2022, 10, 31)],
        ),
        ("15.12.–31.1.2027", [on(2026, 12, 15), on(2027, 1, 31)]),
        ("16 February 2027", [on(2027, 2, 16)]),
        ("2026-10-30", [on(2026, 10, 30)]),
        ("2026-03-31T21:01:00Z", [on(2026, 4, 1)]),
        ("2026-03-31T21:01:00.123Z", [on(2026, 4, 1)]),
        ("1.\N{NO-BREAK SPACE}10.\N{NO-BREAK SPACE}2026", [on(2026, 10, 1)]),
        ("1.–15.9.", []),
        ("18/9", []),
        ("tammikuu 2026", []),
        ("31.2.2026", []),
        ("1.13.2026", []),
        ("versio 2.1.20261", []),
        ("haku 2026-2027", []),
        ("", []),
    ],
)
def test_dates_of_every_recorded_form(text, dates):
    assert [found.on for found in find_dates(text)] == dates


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("15.9.2026 klo 16.15", time(16, 15)),
        ("15.9.2026 klo 16:15", time(16, 15)),
        ("15.9.2026 09.00", None),
        ("15.9.2026 klo 09.00", time(9)),
        ("15.9.2026, klo 16", time(16)),
        ("22.6.2026 12:00", time(12)),
        ("ke 18.9.2024 klo 23.59 mennessä!", time(23, 59)),
        ("15.9.2026 klo 24.00", None),
        ("15.9.2026", None),
        ("2026-08-31T13:15:00Z", time(16, 15)),
    ],
)
def test_clock_time_is_taken_only_where_it_is_one(text, at):
    assert find_dates(text)[0].at == at


def test_instant_of_a_found_date_is_helsinki_time():
    (found,) = find_dates("30.10.2026 klo 16.15")
    assert found.instant == datetime(2026, 10, 30, 14, 15, tzinfo=UTC)
    assert find_dates("30.10.2026")[0].instant is None


def test_time_between_two_dates_does_not_hide_the_second():
    start, end = find_dates("12.3.2026 klo 10.00 ja päättyi 9.4.2026 klo 16.15")
    assert (start.at, end.on, end.at) == (time(10), on(2026, 4, 9), time(16, 15))


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_date_is_read_back(day):
    assert parse_date(f"{day.day}.{day.month}.{day.year}") == parse_date(day.isoformat()) == day


@given(st.text(alphabet=st.sampled_from("0123456789.–- klo:ja,T/Z"), max_size=60))
def test_dates_never_come_without_a_year_in_the_text(text):
    for found in find_dates(text):
        assert any(f"{year}" in text for year in (found.on.year, found.on.year + 1))


@pytest.mark.parametrize("text", ["", "huomenna", "1.–15.9.", "1.1.2026 tai 2.1.2026"])
def test_one_date_is_asked_for_and_not_found(text):
    with pytest.raises(ParseError, match="date"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-09-15T00:00:00.000+0000", datetime(2026, 9, 15, tzinfo=UTC)),
        ("2023-12-07T01:00:00.000+0100", datetime(2023, 12, 7, tzinfo=UTC)),
        ("2026-08-31T13:15:00Z", datetime(2026, 8, 31, 16, 15, tzinfo=HELSINKI)),
        ("2026-08-31T13:15:00.5Z", datetime(2026, 8, 31, 13, 15, 0, 500000, tzinfo=UTC)),
    ],
)
def test_instants(text, instant):
    assert parse_instant(text) == instant


@pytest.mark.parametrize("text", ["", "2026-09-15", "2026-09-15T16:15:00", "15.9.2026", "soon", "2026-13-01T00:00Z"])
def test_instant_without_offset_or_time_is_none(text):
    with pytest.raises(ParseError):
        parse_instant(text)


@pytest.mark.parametrize(
    ("value", "euros"),
    [
        (1234567, "1234567"),
        (12.5, "12.5"),
        ("30500", "30500"),
        ("1.2", "1.2"),
        ("1 234 567,50 €", "1234567.50"),
        ("1\N{NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,50\N{NO-BREAK SPACE}€", "1234567.50"),
        ("1,500,000", "1500000"),
        ("1.500.000,25 euroa", "1500000.25"),
        ("1,500,000.25", "1500000.25"),
        ("60.000", "60000"),
        ("€ 500 000", "500000"),
        ("EUR 3 500", "3500"),
        ("3,5 milj. €", "3500000"),
        ("8 M€", "8000000"),
        (Decimal("9.99"), "9.99"),
        (0.1 + 0.2, "0.3"),
        (0, "0"),
    ],
)
def test_amounts(value, euros):
    assert parse_euros(value) == Decimal(euros)


@pytest.mark.parametrize(
    "value", ["", "€", "n. 5", "1-2", "-5", "5 000 – 10 000 €", None, True, [], -1, "1,2,3", "1.234,5.6", float("nan"),
              float("inf"), "1e9", "12345678901234567", "x", "1234.567,8", "1234,567,890"]
)  # fmt: skip
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(ParseError):
        parse_euros(value)


@given(st.text(max_size=30) | st.floats() | st.integers() | st.none())
def test_amounts_are_read_or_refused_and_never_negative(value):
    try:
        amount = parse_euros(value)
    except ParseError:
        return
    assert amount.is_finite()
    assert amount >= 0


@given(st.integers(0, 10**13 - 1), st.integers(0, 99))
def test_finnish_amount_is_read_back(euros, cents):
    assert parse_euros(f"{euros:,},{cents:02d} €".replace(",", " ", f"{euros:,}".count(","))) == Decimal(
        f"{euros}.{cents:02d}"
    )


def test_mandatory_field_names_record_and_key():
    assert take({"a": 1}, "a", int, "row 7") == 1
    with pytest.raises(ParseError, match=r"row 7: the field 'b' is missing \(there are: a\)"):
        take({"a": 1}, "b", int, "row 7")
    with pytest.raises(ParseError, match="row 7: a: '1' is not a int"):
        take({"a": "1"}, "a", int, "row 7")
    with pytest.raises(ParseError, match="not a int"):
        take({"a": True}, "a", int, "row 7")
