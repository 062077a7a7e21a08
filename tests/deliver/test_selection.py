from dataclasses import replace
from datetime import date

from hame_match.deliver.selection import choose
from hame_match.model.call import Deadline
from hame_match.model.match import Decision, Label, Match, Review, Verdict
from tests.deliver.make import NOW, eu_call, match, review

CALLS = {call.call_id: call for call in (eu_call(f"T-{n}") for n in range(5))}
MATCHES = [match(call, relevance=0.9 - 0.1 * n, rank=n + 1) for n, call in enumerate(CALLS.values())]
APPROVED = {call_id: review(call) for call_id, call in CALLS.items()}
IDS = list(CALLS)


def chosen(**changes: object) -> tuple[list[str], int]:
    values = {
        "matches": MATCHES,
        "reviews": APPROVED,
        "calls": CALLS,
        "already_sent": set(),
        "now": NOW,
        "max_items": 9,
    }
    items, more = choose(**(values | changes))  # type: ignore[arg-type]
    return [item.call.call_id for item in items], more


def test_approved_matches_come_best_first_whatever_their_order() -> None:
    assert chosen(matches=MATCHES[::-1]) == (IDS, 0)


def test_pending_and_rejected_matches_stay_out() -> None:
    reviews = {IDS[0]: review(CALLS[IDS[0]], Decision.REJECTED), IDS[1]: APPROVED[IDS[1]]}
    assert chosen(reviews=reviews) == ([IDS[1]], 0)


def test_a_call_is_given_to_an_actor_once() -> None:
    assert chosen(already_sent={IDS[0], IDS[3]}) == ([IDS[1], IDS[2], IDS[4]], 0)


def test_a_call_that_closed_since_its_approval_stays_out() -> None:
    closed = eu_call("T-0", deadlines=(Deadline(on=date(2026, 9, 6)),))
    assert chosen(calls=CALLS | {IDS[0]: closed})[0] == IDS[1:]


def test_a_call_whose_last_day_is_today_stays() -> None:
    today = eu_call("T-0", deadlines=(Deadline(on=date(2026, 9, 7)),))
    assert chosen(calls=CALLS | {IDS[0]: today})[0] == IDS


def test_a_person_wins_over_the_rules() -> None:
    odd = match(CALLS[IDS[0]], verdict=Verdict.INELIGIBLE, label=Label.WEAK, relevance=0.01)
    assert chosen(matches=[odd, *MATCHES[1:]])[0] == [*IDS[1:], IDS[0]]


def test_what_does_not_fit_is_counted() -> None:
    assert chosen(max_items=2) == (IDS[:2], 3)


def test_equal_relevance_has_one_order() -> None:
    same = [match(call, relevance=0.5, rank=7) for call in CALLS.values()]
    assert chosen(matches=same) == chosen(matches=same[::-1])


def family(*, folded: int = 3) -> list[Match]:
    """The first call leads the next ones."""
    return [replace(m, folded_into=IDS[0] if 0 < n < folded else "") for n, m in enumerate(MATCHES)]


def items_of(reviews: dict[str, Review], **changes: object) -> list[tuple[str, list[str], tuple[str, ...]]]:
    values = {
        "matches": family(),
        "reviews": reviews,
        "calls": CALLS,
        "already_sent": set(),
        "now": NOW,
        "max_items": 9,
    }
    items, _ = choose(**(values | changes))  # type: ignore[arg-type]
    return [(item.call.call_id, [sister.call_id for sister in item.sisters], item.given) for item in items]


def test_an_approved_leader_tells_of_its_sisters_without_giving_them() -> None:
    assert items_of({IDS[0]: APPROVED[IDS[0]]}) == [(IDS[0], [IDS[1], IDS[2]], ())]


def test_a_sister_that_was_approved_too_is_given_in_the_same_entry() -> None:
    assert items_of({i: APPROVED[i] for i in IDS[:2]}) == [(IDS[0], [IDS[1], IDS[2]], (IDS[1],))]


def test_an_approved_sister_comes_without_its_leader_being_approved() -> None:
    assert items_of({IDS[1]: APPROVED[IDS[1]]}) == [(IDS[1], [IDS[0], IDS[2]], ())]


def test_sisters_that_were_rejected_given_or_closed_are_not_told_of() -> None:
    closed = eu_call("T-2", deadlines=(Deadline(on=date(2026, 9, 6)),))
    leader = {IDS[0]: APPROVED[IDS[0]]}
    assert items_of(leader | {IDS[1]: review(CALLS[IDS[1]], Decision.REJECTED)}) == [(IDS[0], [IDS[2]], ())]
    assert items_of(leader, already_sent={IDS[1]}) == [(IDS[0], [IDS[2]], ())]
    assert items_of(leader, calls=CALLS | {IDS[2]: closed}) == [(IDS[0], [IDS[1]], ())]
    assert items_of(leader, calls={IDS[0]: CALLS[IDS[0]]}) == [(IDS[0], [], ())]


def test_a_sister_out_of_reach_is_told_of_only_when_a_person_approved_it() -> None:
    matches = [replace(m, verdict=Verdict.INELIGIBLE) if n == 1 else m for n, m in enumerate(family())]
    assert items_of({IDS[0]: APPROVED[IDS[0]]}, matches=matches) == [(IDS[0], [IDS[2]], ())]
    assert items_of({i: APPROVED[i] for i in IDS[:2]}, matches=matches) == [(IDS[0], [IDS[1], IDS[2]], (IDS[1],))]


def test_sisters_take_no_place_in_the_digest() -> None:
    assert [one[0] for one in items_of(APPROVED)] == [IDS[0], IDS[3], IDS[4]]


def test_nothing_approved_gives_nothing() -> None:
    assert chosen(reviews={}, calls={}) == ([], 0)
