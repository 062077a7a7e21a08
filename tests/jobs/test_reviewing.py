from datetime import timedelta
from pathlib import Path

import pytest

from hame_match.errors import NotFoundError, ReviewError
from hame_match.jobs.reviewing import decide, find_match
from hame_match.jobs.workspace import Workspace
from hame_match.model.match import Decision
from hame_match.store import Store
from tests.builders import NOW, a_call, a_match, a_workspace, an_actor, an_eu_call, put_calls

ACTOR = "esimerkki-konepaja"


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    put_calls(store, a_call("a"), a_call("7"), a_call("x"), an_eu_call("x"))
    ids = ("fi_haeavustuksia:a", "fi_haeavustuksia:7", "fi_haeavustuksia:x", "eu_funding_tenders:x")
    with store.transaction():
        store.matches.replace(ACTOR, [a_match(call_id, rank=rank) for rank, call_id in enumerate(ids, start=1)])
    return a_workspace(store, tmp_path, an_actor())


@pytest.mark.parametrize(
    ("named", "call_id"),
    [
        ("1", "fi_haeavustuksia:a"),
        ("a", "fi_haeavustuksia:a"),
        ("fi_haeavustuksia:a", "fi_haeavustuksia:a"),
        ("7", "fi_haeavustuksia:7"),
        ("eu_funding_tenders:x", "eu_funding_tenders:x"),
    ],
)
def test_a_match_is_found_by_rank_id_or_key(workspace: Workspace, named: str, call_id: str) -> None:
    assert find_match(workspace, ACTOR, named).call_id == call_id


@pytest.mark.parametrize("named", ["", "0", "99", "x", "²", "b", "-1"])
def test_what_names_no_match_or_two_is_not_guessed(workspace: Workspace, named: str) -> None:
    with pytest.raises(NotFoundError, match="give a rank or a call id"):
        find_match(workspace, ACTOR, named)


def test_all_decisions_are_recorded_or_none(workspace: Workspace) -> None:
    for calls, reason in ((["a", "99"], None), (["a", "7"], "boring")):
        with pytest.raises((NotFoundError, ReviewError)):
            decide(workspace, ACTOR, calls, reviewer="maija", reason=reason)
        assert workspace.store.reviews.of_actor(ACTOR) == {}
    decide(workspace, ACTOR, ["a", "7"], reviewer="maija", note="hyvät")
    reviews = workspace.store.reviews.of_actor(ACTOR)
    assert {review.note for review in reviews.values()} == {"hyvät"}
    assert {review.decision for review in reviews.values()} == {Decision.APPROVED}
    assert len(reviews) == 2


def test_a_mind_may_be_changed(workspace: Workspace) -> None:
    decide(workspace, ACTOR, ["a"], reviewer="maija")
    later = Workspace(workspace.settings, workspace.store, lambda: NOW + timedelta(hours=1))
    [rejected] = decide(later, ACTOR, ["a"], reviewer="pekka", reason="no-time")
    assert workspace.store.reviews.of_actor(ACTOR) == {"fi_haeavustuksia:a": rejected}
    assert (rejected.reviewer, rejected.at) == ("pekka", NOW + timedelta(hours=1))


def test_an_unknown_actor_is_named_with_those_there_are(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match=f"no actor 'x'; the actors are: {ACTOR}"):
        decide(workspace, "x", ["1"], reviewer="maija")
