from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from hame_match.model.call import MEANINGFUL, Call, CallEventKind, Deadline, SectionRole
from hame_match.store import Store
from hame_match.store.calls import ImportCounts
from tests.builders import NOW, a_call, an_eu_call, put_calls, section

LATER = NOW + timedelta(days=1)


def crawl(store: Store, *calls: Call, at: datetime = NOW) -> ImportCounts:
    with store.transaction():
        return store.calls.import_crawl(calls, at)


def test_a_first_crawl_is_all_new_and_a_second_all_unchanged(store: Store) -> None:
    calls = [a_call("a"), a_call("b"), an_eu_call()]
    assert crawl(store, *calls) == ImportCounts(new=3, changed=0, unchanged=0)
    assert crawl(store, *calls, at=LATER) == ImportCounts(new=0, changed=0, unchanged=3)


def test_each_call_of_a_crawl_is_counted_once_as_new_changed_or_unchanged(store: Store) -> None:
    crawl(store, a_call("a"), a_call("b"))
    counts = crawl(store, a_call("a"), a_call("b", grant_max=Decimal(9)), a_call("c"), at=LATER)
    assert counts == ImportCounts(new=1, changed=1, unchanged=1)


def test_a_stored_call_is_read_back_as_the_spider_yielded_it(store: Store) -> None:
    call = a_call(
        deadlines=(Deadline(on=date(2026, 10, 30), at=datetime(2026, 10, 30, 14, 15, tzinfo=UTC)),),
        titles={"fi": "Häme – åäö €", "sv": "Tavastland"},
        sections=(section("Rivi.\n\nToinen."), section("Vain kunnat.", SectionRole.ELIGIBILITY)),
        regions=None,
        grant_max=Decimal("123456.78"),
    )
    crawl(store, call)
    stored = store.calls.get(call.call_id)
    assert stored is not None
    assert stored.call == call
    assert (stored.first_seen, stored.last_seen, stored.version) == (NOW, NOW, 1)


def test_a_call_seen_again_only_moves_its_last_seen(store: Store) -> None:
    crawl(store, a_call())
    crawl(store, a_call(), at=LATER)
    [stored] = store.calls.all()
    assert (stored.first_seen, stored.last_seen, stored.version) == (NOW, LATER, 1)


def test_a_changed_call_gets_a_version_an_event_and_another_hash(store: Store) -> None:
    crawl(store, a_call())
    before = store.calls.all()[0]
    crawl(store, a_call(deadlines=(Deadline(on=date(2026, 11, 30)),), budget_total=Decimal(5)), at=LATER)
    after = store.calls.all()[0]
    assert (after.version, after.first_seen, after.last_seen) == (2, NOW, LATER)
    assert after.content_hash != before.content_hash
    new, changed = store.calls.events_of(after.call_id)
    assert (new.kind, new.fields, new.version, new.at) == (CallEventKind.NEW, (), 1, NOW)
    assert (changed.kind, changed.version, changed.at) == (CallEventKind.CHANGED, 2, LATER)
    assert changed.fields == ("budget_total", "deadlines")


OTHER = {
    "url": "https://www.haeavustuksia.fi/uusi",
    "funder": "TEM",
    "programme": "Uusi nimi",
    "published_status": "open",
    "keywords": ("uusi",),
    "region_note": "koko maa",
}


def test_every_label_has_a_case_below() -> None:
    assert OTHER.keys() | {"source", "source_key"} == Call.model_fields.keys() - MEANINGFUL


@pytest.mark.parametrize("field", sorted(OTHER))
def test_a_changed_label_is_no_change_but_is_shown_from_now_on(store: Store, field: str) -> None:
    crawl(store, a_call())
    changed = a_call(**{field: OTHER[field]})
    assert crawl(store, changed, at=LATER) == ImportCounts(new=0, changed=0, unchanged=1)
    [stored] = store.calls.all()
    assert getattr(stored.call, field) == getattr(changed, field)
    assert len(store.calls.events_of(stored.call_id)) == 1


@pytest.mark.parametrize(
    "same",
    [
        {"grant_max": Decimal("50000.00")},
        {"grant_max": Decimal("5E+4")},
        {"opens_at": datetime(2026, 8, 1, 9, 0, tzinfo=timezone(timedelta(hours=3)))},
    ],
)
def test_the_same_amount_or_instant_written_otherwise_is_no_change(store: Store, same: dict[str, object]) -> None:
    facts = {"grant_max": Decimal(50000), "opens_at": datetime(2026, 8, 1, 6, 0, tzinfo=UTC)}
    crawl(store, a_call(**facts))
    assert crawl(store, a_call(**(facts | same)), at=LATER).unchanged == 1


def test_a_call_missing_from_a_crawl_stays_as_it_was(store: Store) -> None:
    crawl(store, a_call("a"), a_call("b"))
    crawl(store, a_call("b"), at=LATER)
    missing = store.calls.get("fi_haeavustuksia:a")
    assert missing is not None
    assert missing.last_seen == NOW
    assert store.calls.count() == 2


def test_a_call_that_changes_back_is_a_change_again(store: Store) -> None:
    crawl(store, a_call())
    crawl(store, a_call(grant_max=Decimal(9)), at=LATER)
    crawl(store, a_call(), at=LATER + timedelta(days=1))
    [stored] = store.calls.all()
    assert stored.version == 3
    assert [event.fields for event in store.calls.events_of(stored.call_id)] == [(), ("grant_max",), ("grant_max",)]


def test_calls_are_listed_by_id_and_by_source(store: Store) -> None:
    put_calls(store, a_call("b"), an_eu_call("X"), a_call("a"))
    assert [stored.call_id for stored in store.calls.all()] == [
        "eu_funding_tenders:X",
        "fi_haeavustuksia:a",
        "fi_haeavustuksia:b",
    ]
    assert [stored.call_id for stored in store.calls.all("eu_funding_tenders")] == ["eu_funding_tenders:X"]
    assert store.calls.all("fi_eura2021") == []
    assert store.calls.get("fi_eura2021:none") is None


def test_events_are_found_from_an_instant_on_whatever_its_offset(store: Store) -> None:
    crawl(store, a_call("a"))
    crawl(store, a_call("b"), at=LATER)
    helsinki = LATER.astimezone(timezone(timedelta(hours=3)))
    assert [event.call_id for event in store.calls.events(helsinki)] == ["fi_haeavustuksia:b"]
    assert len(store.calls.events(NOW)) == 2
    assert store.calls.events(LATER + timedelta(microseconds=1)) == []


def test_the_same_key_in_two_sources_is_two_calls(store: Store) -> None:
    crawl(store, a_call("1"), an_eu_call("1"))
    assert store.calls.count() == 2


def test_an_import_that_breaks_off_leaves_nothing(store: Store) -> None:
    crawl(store, a_call("a"))

    def broken() -> object:
        yield a_call("a", grant_max=Decimal(1))
        yield a_call("b")
        raise RuntimeError("the file ends here")

    with pytest.raises(RuntimeError), store.transaction():
        store.calls.import_crawl(broken(), LATER)  # type: ignore[arg-type]
    [stored] = store.calls.all()
    assert (stored.last_seen, stored.version) == (NOW, 1)
