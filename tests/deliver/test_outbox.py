from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hame_match.deliver.outbox import (
    FINAL,
    FIRST_WAIT,
    LONGEST_WAIT,
    Accepted,
    Approved,
    Begun,
    Cancelled,
    ConfirmedDelivered,
    Event,
    Expired,
    LostAfterDot,
    LostBeforeDot,
    PermanentFailure,
    RunFault,
    SendAgain,
    Step,
    TemporaryFailure,
    advance,
    is_due,
    wait,
)
from hame_match.errors import DigestError
from hame_match.model.digest import DeliveryState
from tests.deliver.make import NOW

S = DeliveryState
EVENTS: tuple[Event, ...] = (
    Approved(),
    Begun(),
    Accepted("250 ok"),
    TemporaryFailure("451 later"),
    PermanentFailure("550 no"),
    LostBeforeDot("gone"),
    LostAfterDot("gone"),
    RunFault("535 login", lasting=True),
    Expired(),
    Cancelled(),
    ConfirmedDelivered(),
    SendAgain(),
)
# Every legal step; what is not here is illegal.
LEGAL: dict[tuple[DeliveryState, type], DeliveryState] = {
    (S.DRAFTED, Approved): S.QUEUED,
    (S.DRAFTED, Expired): S.EXPIRED,
    (S.DRAFTED, Cancelled): S.CANCELLED,
    (S.IN_DOUBT, Accepted): S.SENT,
    (S.IN_DOUBT, TemporaryFailure): S.RETRY,
    (S.IN_DOUBT, LostBeforeDot): S.RETRY,
    (S.IN_DOUBT, PermanentFailure): S.FAILED,
    (S.IN_DOUBT, LostAfterDot): S.IN_DOUBT,
    (S.IN_DOUBT, RunFault): S.QUEUED,
    (S.IN_DOUBT, ConfirmedDelivered): S.SENT,
    (S.IN_DOUBT, SendAgain): S.QUEUED,
    (S.FAILED, SendAgain): S.QUEUED,
    (S.FAILED, Cancelled): S.CANCELLED,
}
for waiting in (S.QUEUED, S.RETRY):
    LEGAL |= {
        (waiting, Begun): S.IN_DOUBT,
        (waiting, TemporaryFailure): S.RETRY,
        (waiting, LostBeforeDot): S.RETRY,
        (waiting, PermanentFailure): S.FAILED,
        (waiting, RunFault): S.QUEUED,
        (waiting, Expired): S.EXPIRED,
        (waiting, Cancelled): S.CANCELLED,
        (waiting, ConfirmedDelivered): S.SENT,
    }


def step(state: DeliveryState, event: Event, attempts: int = 0, hours: float = 72) -> Step:
    return advance(state, event, attempts=attempts, at=NOW, expires_at=NOW + timedelta(hours=hours))


@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_step_is_legal_or_an_error_that_names_both(state: DeliveryState, event: Event) -> None:
    if expected := LEGAL.get((state, type(event))):
        assert step(state, event).state is expected
    else:
        with pytest.raises(DigestError, match=rf"{state}.*{type(event).__name__}"):
            step(state, event)


def test_final_states_lead_nowhere() -> None:
    assert {S.SENT, S.EXPIRED, S.CANCELLED} == FINAL
    assert not [pair for pair in LEGAL if pair[0] in FINAL]


def test_the_wait_doubles_from_half_an_hour_to_a_day() -> None:
    waits = [wait(attempts) for attempts in range(12)]
    assert waits[:3] == [timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
    assert waits[0] == FIRST_WAIT
    assert waits[-1] == LONGEST_WAIT
    assert waits == sorted(waits)


def test_a_retry_says_when_and_why() -> None:
    assert step(S.QUEUED, TemporaryFailure("451 greylisted"), attempts=2) == Step(
        S.RETRY, NOW + timedelta(hours=2), "451 greylisted"
    )


def test_a_retry_that_would_come_too_late_expires_now() -> None:
    assert step(S.RETRY, TemporaryFailure("451 later"), attempts=3, hours=4) == Step(S.EXPIRED, None, "451 later")
    assert step(S.IN_DOUBT, SendAgain(), hours=0).state is S.EXPIRED


def test_what_is_due() -> None:
    assert is_due(S.QUEUED, None, NOW)
    assert is_due(S.RETRY, NOW, NOW)
    assert not is_due(S.RETRY, NOW + timedelta(seconds=1), NOW)
    assert not [state for state in DeliveryState if is_due(state, None, NOW) and state not in (S.QUEUED, S.RETRY)]


class OutboxMachine(RuleBasedStateMachine):
    """A mail under any sequence of events; the model knows what the server has."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.attempts, self.now = S.DRAFTED, 0, NOW
        self.expires_at, self.next_at = NOW + timedelta(hours=72), None
        self.server_has = 0
        self.confirmed = self.resent_by_person = False

    def take(self, event: Event) -> None:
        result = advance(self.state, event, attempts=self.attempts, at=self.now, expires_at=self.expires_at)
        self.state, self.next_at = result.state, result.next_at

    @rule(minutes=st.integers(0, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.state is S.DRAFTED)
    @rule()
    def approve(self) -> None:
        self.take(Approved())

    @precondition(lambda self: self.state in (S.QUEUED, S.RETRY))
    @rule(
        event=st.sampled_from(
            [TemporaryFailure("451"), PermanentFailure("550"), LostBeforeDot("x"), RunFault("x", lasting=False)]
        )
    )
    def turned_away(self, event: Event) -> None:
        self.take(event)
        self.attempts += not isinstance(event, RunFault)

    @precondition(lambda self: is_due(self.state, self.next_at, self.now) and self.now < self.expires_at)
    @rule(
        end=st.sampled_from(
            [
                "taken",
                "later",
                "never",
                "lost before",
                "lost after, has it",
                "lost after, has not",
                "ours",
                "killed before",
                "killed after",
            ]
        )
    )
    def try_it(self, end: str) -> None:
        self.take(Begun())
        self.attempts += 1
        outcomes: dict[str, Event | None] = {
            "taken": Accepted("250"),
            "later": TemporaryFailure("451"),
            "never": PermanentFailure("554"),
            "lost before": LostBeforeDot("x"),
            "lost after, has it": LostAfterDot("x"),
            "lost after, has not": LostAfterDot("x"),
            "ours": RunFault("550 5.7.1", lasting=True),
            "killed before": None,
            "killed after": None,
        }
        self.server_has += end in ("taken", "lost after, has it", "killed after")
        if event := outcomes[end]:
            self.take(event)

    @precondition(lambda self: self.state is S.IN_DOUBT)
    @rule(again=st.booleans())
    def person_decides(self, again: bool) -> None:
        self.resent_by_person |= again
        self.confirmed |= not again
        self.take(SendAgain() if again else ConfirmedDelivered())

    @precondition(lambda self: self.state in (S.DRAFTED, S.QUEUED, S.RETRY) and self.now >= self.expires_at)
    @rule()
    def too_late(self) -> None:
        self.take(Expired())

    @precondition(lambda self: self.state in (S.DRAFTED, S.QUEUED, S.RETRY, S.FAILED))
    @rule()
    def call_off(self) -> None:
        self.take(Cancelled())

    @invariant()
    def never_twice_without_a_person(self) -> None:
        assert self.server_has <= 1 or self.resent_by_person

    @invariant()
    def nothing_is_lost_in_silence(self) -> None:
        if self.state is S.SENT:
            assert self.server_has or self.confirmed
        if self.server_has and not self.resent_by_person:
            assert self.state in (S.SENT, S.IN_DOUBT)

    @invariant()
    def a_next_try_belongs_to_retry_and_comes_in_time(self) -> None:
        assert (self.next_at is not None) == (self.state is S.RETRY)
        assert self.next_at is None or self.next_at < self.expires_at


OutboxMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestOutbox = OutboxMachine.TestCase
