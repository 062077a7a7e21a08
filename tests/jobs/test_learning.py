"""What decisions do to the lists of `matches run`, and what can be told and forgotten of it."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hame_match.errors import NotFoundError
from hame_match.jobs.learning import explain, forget, judgements_of, to_forget
from hame_match.jobs.matching import rank_all
from hame_match.jobs.reviewing import decide
from hame_match.jobs.workspace import Workspace
from hame_match.model.call import Call, Deadline
from hame_match.model.lesson import LessonState, RuleKind
from hame_match.model.match import Match
from hame_match.store import Store
from tests.builders import NOW, a_call, a_workspace, an_actor, put_calls

ACTOR = "esimerkki-konepaja"
WELDING = "Avustuksella tuetaan hitsausrobottien käyttöönottoa pienissä konepajoissa"
WASTE = "Avustuksella mitataan leikkuujätettä ja energian kulutusta konepajoissa"


def call(key: str, text: str, **changes: object) -> Call:
    return a_call(key, f"{text}. Kierros {key} alkaa.", titles={"fi": f"{text} {key}"}, **changes)


def calls() -> list[Call]:
    return [
        *(call(f"robotti-{n}", WELDING, grant_max=Decimal(100_000 * n)) for n in range(1, 7)),
        *(call(f"jate-{n}", WASTE) for n in range(1, 7)),
    ]


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    put_calls(store, *calls())
    made = a_workspace(store, tmp_path, an_actor())
    rank_all(made)
    return made


def listed(workspace: Workspace) -> dict[str, Match]:
    return {match.call_id.partition(":")[2]: match for match in workspace.store.matches.of_actor(ACTOR)}


def plain(workspace: Workspace) -> list[tuple[str, float]]:
    return [(match.call_id, match.relevance) for match in workspace.store.matches.of_actor(ACTOR)]


def teach(workspace: Workspace) -> None:
    decide(workspace, ACTOR, ["jate-1", "jate-2", "jate-3"], reviewer="tester")
    decide(
        workspace,
        ACTOR,
        ["robotti-1", "robotti-2", "robotti-3", "robotti-4"],
        reviewer="tester",
        reason="not-our-field",
    )


def later(workspace: Workspace, hours: int = 1) -> Workspace:
    return Workspace(
        workspace.settings, workspace.store, lambda: NOW + timedelta(hours=hours), embedder=workspace.embedder
    )


def test_the_next_list_follows_what_was_approved_and_says_by_how_much(workspace: Workspace) -> None:
    before = listed(workspace)
    teach(workspace)
    rank_all(workspace)
    after = listed(workspace)
    assert after["jate-5"].relevance > before["jate-5"].relevance
    assert after["robotti-5"].relevance < before["robotti-5"].relevance
    for key, match in after.items():
        assert match.relevance - match.parts.learnt == pytest.approx(before[key].relevance, abs=1e-6)
    assert [match.rank for match in workspace.store.matches.of_actor(ACTOR)] == list(range(1, 13))


def test_without_a_decision_nothing_is_learnt(workspace: Workspace) -> None:
    assert workspace.store.lessons.get(ACTOR) is None
    assert all(match.parts.learnt == 0 and match.flags == () for match in listed(workspace).values())
    assert explain(workspace, ACTOR, None).lesson is None


def test_what_was_learnt_is_explained(workspace: Workspace) -> None:
    teach(workspace)
    assert explain(workspace, ACTOR, None).waiting == 7
    rank_all(workspace)
    found = explain(workspace, ACTOR, "jate-5")
    assert found.lesson is not None
    assert (found.lesson.state, found.waiting) == (LessonState.USED, 0)
    assert (found.lesson.positive, found.lesson.negative, found.lesson.silent) == (3, 4, 0)
    assert found.lesson.learnt_loss < found.lesson.prior_loss
    assert {one.call_id.partition(":")[2][:4] for one in found.lesson.influences if one.effect > 0} == {"jate"}
    assert found.because
    assert found.because[0].call_id.startswith("fi_haeavustuksia:jate")
    assert all(one.call_id in found.titles for one in found.lesson.influences)


def test_forgetting_gives_back_the_list_of_the_profile_exactly_and_keeps_the_decisions(workspace: Workspace) -> None:
    before = plain(workspace)
    teach(workspace)
    rank_all(workspace)
    assert plain(workspace) != before
    reviews = workspace.store.reviews.of_actor(ACTOR)
    assert to_forget(workspace, ACTOR) == 7
    forget(workspace, ACTOR)
    rank_all(workspace)
    assert plain(workspace) == before
    assert workspace.store.reviews.of_actor(ACTOR) == reviews
    assert to_forget(workspace, ACTOR) == 0
    found = explain(workspace, ACTOR, None)
    assert (found.lesson, found.forgotten_at) == (None, NOW)


def test_decisions_after_forgetting_teach_again(workspace: Workspace) -> None:
    teach(workspace)
    forget(workspace, ACTOR)
    again = later(workspace)
    decide(again, ACTOR, ["jate-1"], reviewer="tester")
    assert [one.call_id for one in judgements_of(again, ACTOR)] == ["fi_haeavustuksia:jate-1"]


def test_a_reason_that_says_nothing_of_the_subject_moves_no_subject(workspace: Workspace) -> None:
    decide(workspace, ACTOR, ["jate-1", "jate-2"], reviewer="tester")
    rank_all(workspace)
    before = plain(workspace)
    for reason in ("no-time", "not-eligible", "already-known", "other"):
        decide(workspace, ACTOR, ["robotti-1", "robotti-2"], reviewer="tester", reason=reason)
        rank_all(workspace)
        assert plain(workspace) == before
    lesson = explain(workspace, ACTOR, None).lesson
    assert lesson is not None
    assert (lesson.state, lesson.silent, lesson.rules) == (LessonState.TOO_FEW, 2, ())


def test_too_big_lowers_what_is_as_big_and_nothing_else(workspace: Workspace) -> None:
    before = listed(workspace)
    decide(workspace, ACTOR, ["robotti-4"], reviewer="tester", reason="too-big")
    rank_all(workspace)
    after = listed(workspace)
    lowered = {key for key, match in after.items() if match.relevance < before[key].relevance}
    assert lowered == {"robotti-4", "robotti-5", "robotti-6"}
    assert all(after[key].relevance == before[key].relevance for key in after.keys() - lowered)
    assert [(flag.code, flag.fact) for flag in after["robotti-5"].flags] == [("learnt_too_big", "500000")]
    lesson = explain(workspace, ACTOR, None).lesson
    assert lesson is not None
    assert [(rule.kind, rule.limit) for rule in lesson.rules] == [(RuleKind.TOO_BIG, Decimal(400_000))]


def test_no_co_funding_lowers_only_calls_that_ask_for_it_and_no_partners_only_flags(workspace: Workspace) -> None:
    own = "Hankkeelta edellytetään omarahoitusta."
    both = "Haettavana on rahoitus yhteishankkeille."
    put_calls(workspace.store, call("oma", f"{WELDING}. {own}"), call("yhteis", f"{WELDING}. {both}"))
    rank_all(workspace)
    before = listed(workspace)
    decide(workspace, ACTOR, ["robotti-1"], reviewer="tester", reason="no-co-funding")
    decide(workspace, ACTOR, ["robotti-2"], reviewer="tester", reason="no-partners")
    rank_all(workspace)
    after = listed(workspace)
    assert {key for key in after if after[key].relevance != before[key].relevance} == {"oma"}
    assert {key: [flag.code for flag in match.flags] for key, match in after.items() if match.flags} == {
        "oma": ["learnt_co_funding"],
        "yhteis": ["learnt_consortium"],
    }


def test_a_judged_call_that_has_closed_still_teaches(workspace: Workspace) -> None:
    teach(workspace)
    rank_all(workspace)
    whole = listed(workspace)["jate-5"].parts.learnt
    put_calls(
        workspace.store,
        *(call(f"jate-{n}", WASTE, deadlines=(Deadline(on=date(2026, 9, 1)),)) for n in range(1, 4)),
    )
    rank_all(workspace)
    assert "jate-1" not in listed(workspace)
    assert listed(workspace)["jate-5"].parts.learnt == pytest.approx(whole, abs=0.02)


def test_one_actor_learns_nothing_from_another(store: Store, tmp_path: Path) -> None:
    put_calls(store, *calls())
    workspace = a_workspace(store, tmp_path, an_actor(), an_actor("toinen"))
    rank_all(workspace)
    before = [(match.call_id, match.relevance) for match in store.matches.of_actor("toinen")]
    teach(workspace)
    rank_all(workspace)
    assert [(match.call_id, match.relevance) for match in store.matches.of_actor("toinen")] == before
    assert store.lessons.get("toinen") is None


def test_who_is_unknown_is_named(workspace: Workspace) -> None:
    for asked in (lambda: explain(workspace, "x", None), lambda: forget(workspace, "x")):
        with pytest.raises(NotFoundError, match="there is no actor 'x'"):
            asked()
    with pytest.raises(NotFoundError, match="has no match 'nonsense'"):
        explain(workspace, ACTOR, "nonsense")
