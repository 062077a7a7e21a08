from datetime import timedelta

import pytest

from hame_match.errors import StoreError
from hame_match.model.match import Decision, Reason, RejectionReason, Verdict
from hame_match.store import Store
from tests.builders import NOW, a_call, a_match, a_review, put_calls

A, B, C = "fi_haeavustuksia:a", "fi_haeavustuksia:b", "fi_haeavustuksia:c"


@pytest.fixture(autouse=True)
def calls(store: Store) -> None:
    put_calls(store, a_call("a"), a_call("b"), a_call("c"))


def test_a_match_is_read_back_with_all_its_parts(store: Store) -> None:
    match = a_match(
        A,
        reasons=(
            Reason("status", Verdict.ELIGIBLE, "status_open"),
            Reason("region", Verdict.UNKNOWN, "region_unknown", "Etelä-Suomi – €"),
        ),
        verdict=Verdict.UNKNOWN,
    )
    with store.transaction():
        store.matches.replace(match.actor, [match])
    assert store.matches.get(match.actor, A) == match
    assert store.matches.of_actor(match.actor) == [match]


def test_a_new_list_replaces_the_old_one_of_this_actor_only(store: Store) -> None:
    with store.transaction():
        store.matches.replace("x", [a_match(A, actor="x"), a_match(B, actor="x", rank=2)])
        store.matches.replace("y", [a_match(A, actor="y")])
        store.matches.replace("x", [a_match(C, actor="x")])
    assert [match.call_id for match in store.matches.of_actor("x")] == [C]
    assert [match.call_id for match in store.matches.of_actor("y")] == [A]
    assert store.matches.get("x", A) is None


def test_a_list_is_read_by_rank(store: Store) -> None:
    with store.transaction():
        store.matches.replace("x", [a_match(A, actor="x", rank=2), a_match(B, actor="x", rank=1)])
    assert [match.rank for match in store.matches.of_actor("x")] == [1, 2]


def test_reviews_survive_a_new_list_and_the_loss_of_the_match(store: Store) -> None:
    with store.transaction():
        store.matches.replace("x", [a_match(A, actor="x")])
        store.reviews.put(a_review(A, actor="x"))
        store.matches.replace("x", [])
        store.matches.forget_others([])
    assert store.reviews.of_actor("x") == {A: a_review(A, actor="x")}


def test_a_later_decision_takes_the_place_of_the_earlier(store: Store) -> None:
    rejected = a_review(
        A,
        decision=Decision.REJECTED,
        reason=RejectionReason.TOO_BIG,
        note="liian iso",
        at=NOW + timedelta(hours=1),
    )
    with store.transaction():
        store.reviews.put(a_review(A))
        store.reviews.put(rejected)
    assert store.reviews.of_actor(rejected.actor) == {A: rejected}


def test_the_lists_of_actors_that_left_are_forgotten(store: Store) -> None:
    with store.transaction():
        store.matches.replace("stays", [a_match(A, actor="stays")])
        store.matches.replace("left", [a_match(A, actor="left")])
        store.matches.forget_others(["stays"])
    assert store.matches.of_actor("left") == []
    assert len(store.matches.of_actor("stays")) == 1


def test_what_waits_for_review_is_undecided_or_changed_since_and_not_shut_out(store: Store) -> None:
    with store.transaction():
        store.matches.replace(
            "x",
            [
                a_match(A, actor="x", content_hash="new"),
                a_match(B, actor="x", rank=2),
                a_match(C, actor="x", rank=3, verdict=Verdict.INELIGIBLE),
            ],
        )
        store.matches.replace("done", [a_match(A, actor="done")])
        store.reviews.put(a_review(A, actor="done"))
    assert store.matches.pending_counts() == {"x": 2}
    with store.transaction():
        store.reviews.put(a_review(A, actor="x", content_hash="old"))
        store.reviews.put(a_review(B, actor="x"))
    assert store.matches.pending_counts() == {"x": 1}


def test_a_match_of_an_unknown_call_is_refused(store: Store) -> None:
    with pytest.raises(StoreError), store.transaction():
        store.matches.replace("x", [a_match("fi_haeavustuksia:none", actor="x")])
    assert store.matches.of_actor("x") == []
