from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hame_match.errors import StoreError
from hame_match.model.digest import Delivery, DeliveryState
from hame_match.store import Store, open_store
from tests.builders import NOW, a_call, a_message, put_calls

S = DeliveryState
EXPIRES = NOW + timedelta(hours=72)
ALL_STATES = set(S)


def draft(
    store: Store, *numbers: int, actor: str = "x", week: str = "2026-W37", calls: tuple[str, ...] = ("a",)
) -> int:
    put_calls(store, *(a_call(key) for key in calls))
    with store.transaction():
        digest_id = store.digests.put(actor, week, [f"fi_haeavustuksia:{key}" for key in calls], 0, NOW)
        store.outbox.draft(digest_id, [a_message(number) for number in numbers], EXPIRES, NOW)
    return digest_id


def queue(store: Store, week: str = "2026-W37") -> int:
    with store.transaction():
        return store.outbox.queue(week, EXPIRES, NOW)


def one(store: Store) -> Delivery:
    [delivery] = store.outbox.find()
    return delivery


def bring_to(store: Store, state: DeliveryState, next_at: datetime | None = None) -> Delivery:
    """A single delivery in `state`, by the ways that lead there."""
    draft(store, 1)
    if state is S.DRAFTED:
        return one(store)
    queue(store)
    if state is S.QUEUED:
        return one(store)
    assert store.outbox.claim(one(store).delivery_id, NOW)
    if state is not S.IN_DOUBT:
        store.outbox.settle(one(store).delivery_id, state, "said so", next_at, NOW)
    return one(store)


def test_a_drafted_mail_is_read_back_byte_for_byte(store: Store) -> None:
    digest_id = draft(store, 1)
    message = a_message(1)
    assert one(store) == Delivery(
        delivery_id=1,
        digest_id=digest_id,
        actor="x",
        week="2026-W37",
        recipient=message.recipient,
        message_id=message.message_id,
        sender=message.sender,
        raw=message.raw,
        state=S.DRAFTED,
        attempts=0,
        next_at=None,
        expires_at=EXPIRES,
        answer="",
        changed_at=NOW,
    )


def test_a_new_draft_replaces_the_old_one_and_its_calls(store: Store) -> None:
    first = draft(store, 1, 2, calls=("a", "b"))
    second = draft(store, 2, 3, calls=("b",))
    assert first == second
    assert [delivery.recipient for delivery in store.outbox.find()] == ["r2@example.org", "r3@example.org"]
    assert store.digests.items(second) == ["fi_haeavustuksia:b"]


@pytest.mark.parametrize("state", sorted(ALL_STATES - {S.DRAFTED}))
def test_a_mail_past_its_draft_keeps_its_bytes_and_its_state(store: Store, state: DeliveryState) -> None:
    before = bring_to(store, state)
    with store.transaction():
        store.outbox.draft(before.digest_id, [a_message(1, raw=b"other", message_id="<other@x>")], EXPIRES, NOW)
    assert one(store) == before


def test_only_the_drafts_of_the_week_are_queued(store: Store) -> None:
    draft(store, 1)
    draft(store, 2, week="2026-W38", calls=("b",))
    assert queue(store) == 1
    assert queue(store) == 0
    assert {d.week: d.state for d in store.outbox.find()} == {"2026-W37": S.QUEUED, "2026-W38": S.DRAFTED}


@pytest.mark.parametrize("state", sorted(ALL_STATES))
def test_a_mail_can_be_claimed_once_and_only_when_it_waits(store: Store, state: DeliveryState) -> None:
    delivery = bring_to(store, state)
    claimed = store.outbox.claim(delivery.delivery_id, NOW)
    assert claimed is (state in (S.QUEUED, S.RETRY))
    after = one(store)
    assert after.state is (S.IN_DOUBT if claimed else state)
    assert after.attempts == delivery.attempts + claimed
    assert not store.outbox.claim(delivery.delivery_id, NOW)


def test_claim_and_settle_are_seen_by_another_connection_at_once(database: Path) -> None:
    with open_store(database) as store, open_store(database) as other:
        bring_to(store, S.IN_DOUBT)
        assert one(other).state is S.IN_DOUBT
        store.outbox.settle(1, S.SENT, "250 ok", None, NOW)
        assert one(other).state is S.SENT


def test_settling_records_the_state_the_answer_and_the_next_try(store: Store) -> None:
    delivery = bring_to(store, S.IN_DOUBT)
    later = NOW + timedelta(minutes=30)
    store.outbox.settle(delivery.delivery_id, S.RETRY, "451 later – odota", later, NOW + timedelta(seconds=1))
    after = one(store)
    assert (after.state, after.answer, after.next_at, after.changed_at) == (
        S.RETRY,
        "451 later – odota",
        later,
        NOW + timedelta(seconds=1),
    )


@pytest.mark.parametrize(
    ("before", "after", "answer", "counted"),
    [
        (S.QUEUED, S.RETRY, "451 later", 1),
        (S.RETRY, S.RETRY, "451 later", 1),
        (S.QUEUED, S.FAILED, "550 no", 1),
        (S.RETRY, S.EXPIRED, "451 later", 1),
        (S.RETRY, S.EXPIRED, "", 0),
        (S.QUEUED, S.CANCELLED, "", 0),
        (S.QUEUED, S.QUEUED, "connection refused", 0),
        (S.IN_DOUBT, S.RETRY, "451 later", 0),
        (S.IN_DOUBT, S.FAILED, "550 no", 0),
        (S.IN_DOUBT, S.SENT, "250 ok", 0),
    ],
)
def test_an_attempt_is_counted_once_at_its_claim_or_when_it_fails_before(
    store: Store, before: DeliveryState, after: DeliveryState, answer: str, counted: int
) -> None:
    delivery = bring_to(store, before)
    store.outbox.settle(delivery.delivery_id, after, answer, None, NOW)
    assert one(store).attempts == delivery.attempts + counted


@pytest.mark.parametrize(
    ("state", "next_in_minutes", "expires_in_minutes", "due", "overdue"),
    [
        (S.DRAFTED, None, 60, False, False),
        (S.QUEUED, None, 60, True, False),
        (S.QUEUED, None, 0, False, True),
        (S.RETRY, 0, 60, True, False),
        (S.RETRY, 1, 60, False, False),
        (S.RETRY, -1, 60, True, False),
        (S.RETRY, -1, -1, False, True),
        (S.IN_DOUBT, None, 60, False, False),
        (S.IN_DOUBT, None, -1, False, False),
        (S.SENT, None, -1, False, False),
        (S.FAILED, None, 60, False, False),
        (S.EXPIRED, None, -1, False, False),
        (S.CANCELLED, None, 60, False, False),
    ],
)
def test_what_is_due_and_what_is_overdue(
    store: Store, state: DeliveryState, next_in_minutes: int | None, expires_in_minutes: int, due: bool, overdue: bool
) -> None:
    next_at = None if next_in_minutes is None else NOW + timedelta(minutes=next_in_minutes)
    bring_to(store, state, next_at)
    now = EXPIRES - timedelta(minutes=expires_in_minutes)
    if next_at is not None:
        store.outbox.settle(1, state, "", now + timedelta(minutes=next_in_minutes or 0), NOW)
    assert bool(store.outbox.due(now)) is due
    assert bool(store.outbox.overdue(now)) is overdue


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (S.DRAFTED, False),
        (S.QUEUED, True),
        (S.RETRY, True),
        (S.IN_DOUBT, True),
        (S.SENT, True),
        (S.FAILED, False),
        (S.EXPIRED, False),
        (S.CANCELLED, False),
    ],
)
def test_a_call_is_given_once_its_mail_may_reach_somebody(store: Store, state: DeliveryState, counts: bool) -> None:
    bring_to(store, state)
    assert store.digests.given("x") == ({"fi_haeavustuksia:a"} if counts else set())
    assert store.digests.given("other") == set()


def test_every_state_has_a_row_in_the_tables_above() -> None:
    for test in (test_what_is_due_and_what_is_overdue, test_a_call_is_given_once_its_mail_may_reach_somebody):
        assert {row[0] for row in test.pytestmark[0].args[1]} == ALL_STATES  # type: ignore[attr-defined]


def test_a_call_is_given_when_one_of_two_recipients_got_it(store: Store) -> None:
    draft(store, 1, 2)
    queue(store)
    store.outbox.settle(1, S.FAILED, "550", None, NOW)
    assert store.digests.given("x") == {"fi_haeavustuksia:a"}


def test_deleting_a_draft_takes_its_mails_and_items_with_it(store: Store) -> None:
    digest_id = draft(store, 1)
    with store.transaction():
        store.digests.delete(digest_id)
    assert store.digests.find("x", "2026-W37") is None
    assert store.outbox.find() == []
    assert store.digests.items(digest_id) == []


def test_deliveries_are_narrowed_by_state_week_and_digest(store: Store) -> None:
    first = draft(store, 1)
    second = draft(store, 2, actor="y", week="2026-W38", calls=("b",))
    queue(store)
    assert [d.digest_id for d in store.outbox.find(states=[S.QUEUED])] == [first]
    assert [d.digest_id for d in store.outbox.find(states=[S.QUEUED, S.DRAFTED])] == [first, second]
    assert [d.digest_id for d in store.outbox.find(week="2026-W38")] == [second]
    assert [d.digest_id for d in store.outbox.find(digest_id=first)] == [first]
    assert store.outbox.find(states=[]) == []


def test_no_two_mails_share_a_message_id(store: Store) -> None:
    digest_id = draft(store, 1)
    with pytest.raises(StoreError), store.transaction():
        store.outbox.draft(digest_id, [a_message(1), a_message(2, message_id=a_message(1).message_id)], EXPIRES, NOW)
    assert [d.recipient for d in store.outbox.find()] == ["r1@example.org"]
