import doctest
from datetime import date, timedelta
from pathlib import Path

import pytest

from hame_match.errors import NotFoundError, RankingError
from hame_match.jobs import reverse
from hame_match.jobs.matching import rank_all
from hame_match.jobs.reverse import actors_for, quiet_actors
from hame_match.jobs.reviewing import decide
from hame_match.jobs.workspace import Workspace
from hame_match.match.evidence import candidates
from hame_match.model.call import Deadline
from hame_match.model.digest import DeliveryState
from hame_match.model.match import Verdict
from hame_match.review.decisions import ReviewState
from hame_match.store import Store
from tests.builders import NOW, a_call, a_message, a_workspace, an_actor, an_eu_call, put_calls

ROBOTS = "Avustuksella tuetaan hitsausrobottien käyttöönottoa pienissä konepajoissa."
BOOKS = "Kirjastojen lukupiirit saavat tukea uusiin kokoelmiin ja kirjallisuuden tapahtumiin."
LIBRARY = an_actor("kirjasto", interests=("Kirjastomme lukupiirit ja kirjallisuuden tapahtumat tarvitsevat tukea.",))


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    put_calls(
        store,
        a_call("robots", ROBOTS, titles={"fi": "Hitsausrobottien kokeilut"}),
        a_call("books", BOOKS, titles={"fi": "Kirjastojen lukupiirit"}),
        a_call("towns", f"{ROBOTS} Avustusta myönnetään vain kunnille.", titles={"fi": "Robotit kuntiin"}),
        a_call("old", deadlines=(Deadline(on=date(2026, 9, 6)),)),
        an_eu_call("EU-1"),
    )
    made = a_workspace(store, tmp_path, an_actor(), LIBRARY)
    rank_all(made)
    return made


def test_the_examples_hold() -> None:
    result = doctest.testmod(reverse)
    assert (result.failed, result.attempted > 0) == (0, True)


@pytest.mark.parametrize(("call", "first"), [("robots", "esimerkki-konepaja"), ("books", "kirjasto")])
def test_the_actor_of_the_call_s_field_comes_first(workspace: Workspace, call: str, first: str) -> None:
    stored, found = actors_for(workspace, f"fi_haeavustuksia:{call}")
    assert found[0].actor == first
    assert found[0].standing.z > found[1].standing.z
    assert (found[0].standing.place, found[0].standing.of) == (1, 4)
    assert found[0].evidence.sentence in candidates(stored.call)
    assert found[0].evidence.interest in workspace.actor(first).interests


def test_it_says_what_the_lists_say(workspace: Workspace) -> None:
    _, found = actors_for(workspace, "robots")
    for one in found:
        match = workspace.store.matches.get(one.actor, "fi_haeavustuksia:robots")
        assert match is not None
        assert one.relevance == pytest.approx(match.relevance, abs=1e-6)
        assert (one.label, one.verdict, one.reasons) == (match.label, match.verdict, match.reasons)
        assert one.evidence.sentence == match.evidence
        assert one.review is ReviewState.PENDING


def test_a_call_without_text_is_explained_by_what_it_borrows(workspace: Workspace) -> None:
    put_calls(workspace.store, an_eu_call("MANTRA-1", identifier="EU-1", sections=(), project="MANTRA"))
    rank_all(workspace)
    stored, found = actors_for(workspace, "eu_funding_tenders:MANTRA-1")
    topic = workspace.store.calls.get("eu_funding_tenders:EU-1")
    assert topic is not None
    assert not candidates(stored.call)
    assert {one.evidence.sentence for one in found} == set(candidates(topic.call))
    assert {one.evidence.borrowed_from for one in found} == {topic.call.titles["en"]}


def test_who_may_not_apply_stands_behind_the_rest(workspace: Workspace, tmp_path: Path) -> None:
    town = an_actor("kunta", actor_type="municipality", interests=LIBRARY.interests)
    made = a_workspace(workspace.store, tmp_path, an_actor(), town)
    rank_all(made)
    _, found = actors_for(made, "towns")
    verdicts = [one.verdict for one in found]
    assert verdicts[-1] is Verdict.INELIGIBLE
    assert verdicts == sorted(verdicts, key=lambda verdict: verdict is Verdict.INELIGIBLE)
    assert found[0].actor == "kunta"


def test_a_call_is_named_by_id_key_or_identifier(workspace: Workspace) -> None:
    for name in ("eu_funding_tenders:EU-1", "EU-1"):
        assert actors_for(workspace, name)[0].call_id == "eu_funding_tenders:EU-1"
    put_calls(workspace.store, an_eu_call("X1", identifier="TOPIC"), an_eu_call("X2", identifier="TOPIC"))
    with pytest.raises(NotFoundError, match=r"2 calls are called 'TOPIC'.*X1.*X2"):
        actors_for(workspace, "TOPIC")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("nothing", NotFoundError, "no call 'nothing'; `hame-match calls list`"),
        ("old", RankingError, "fi_haeavustuksia:old is closed; its last deadline was 2026-09-06"),
    ],
)
def test_a_call_that_cannot_be_held_against_actors(
    workspace: Workspace, name: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        actors_for(workspace, name)


def test_before_anything_else_actors_and_a_ranking_are_needed(store: Store, tmp_path: Path) -> None:
    put_calls(store, a_call("robots", ROBOTS))
    made = a_workspace(store, tmp_path)
    no_model = Workspace(made.settings, store, made.clock)
    with pytest.raises(NotFoundError, match=r"no actors yet; add profiles to .*profiles"):
        actors_for(no_model, "robots")
    ranked = a_workspace(store, tmp_path, an_actor())
    with pytest.raises(RankingError, match="run `hame-match matches run` first"):
        actors_for(Workspace(ranked.settings, store, ranked.clock), "robots")


def test_who_got_nothing_for_a_month_is_quiet(workspace: Workspace) -> None:
    assert {one.actor for one in quiet_actors(workspace)} == {"esimerkki-konepaja", "kirjasto"}
    decide(workspace, "kirjasto", ["books"], reviewer="tester")
    decide(workspace, "esimerkki-konepaja", ["robots"], reviewer="tester", reason="too-big")
    (quiet,) = quiet_actors(workspace)
    assert (quiet.actor, quiet.approved_at, quiet.sent_at) == ("esimerkki-konepaja", None, None)
    assert quiet.best is not None
    assert quiet.best.call_id != "fi_haeavustuksia:robots"
    flags = {one.actor: (one.quiet, one.given_at) for one in actors_for(workspace, "books")[1]}
    assert flags == {"kirjasto": (False, NOW), "esimerkki-konepaja": (True, None)}


def test_after_a_month_an_actor_is_quiet_again_the_longest_first(workspace: Workspace, tmp_path: Path) -> None:
    decide(workspace, "kirjasto", ["books"], reviewer="tester")
    later = a_workspace(workspace.store, tmp_path, now=NOW + timedelta(days=32))
    assert [one.actor for one in quiet_actors(later)] == ["esimerkki-konepaja", "kirjasto"]
    assert [one.actor for one in quiet_actors(later, days=32)] == ["esimerkki-konepaja"]


def test_only_a_mail_that_went_out_counts(workspace: Workspace) -> None:
    store = workspace.store
    with store.transaction():
        for number, actor in enumerate(("esimerkki-konepaja", "kirjasto")):
            digest = store.digests.put(actor, "2026-W37", ["fi_haeavustuksia:robots"], 0, NOW)
            store.outbox.draft(digest, [a_message(number)], NOW + timedelta(days=1), NOW)
        store.outbox.queue("2026-W37", NOW + timedelta(days=1), NOW)
    first, second = store.outbox.find()
    for delivery, state in ((first, DeliveryState.SENT), (second, DeliveryState.FAILED)):
        store.outbox.claim(delivery.delivery_id, NOW)
        store.outbox.settle(delivery.delivery_id, state, "ok", None, NOW)
    assert store.outbox.last_sent() == {"esimerkki-konepaja": NOW}
    assert [one.actor for one in quiet_actors(workspace)] == ["kirjasto"]
