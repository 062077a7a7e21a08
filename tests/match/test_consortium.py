from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hame_match.match.consortium import (
    LEAST_COVERED,
    Aspects,
    Candidate,
    Consortium,
    PartnerRole,
    Wanted,
    aspects_of,
    choose,
    coverage,
    covered_by,
    decisive,
    filled,
    needs_foreign_partners,
    redundancy,
    roles_of,
    wanted_by,
)
from hame_match.model.actor import ActorType
from hame_match.model.call import SectionRole
from hame_match.model.match import Reason, Verdict
from tests.builders import a_call, an_actor, an_eu_call, section

SENTENCES = ("Robots weld.", "Farmers test.", "Young people learn.", "Heat is stored.")
EVEN = Aspects(SENTENCES, np.full(4, 0.25, np.float32))
LEADER = (Wanted(PartnerRole.COORDINATOR),)
OPEN = Reason("status", Verdict.ELIGIBLE, "status_open")


def candidate(slug: str, *covers: float, verdict: Verdict = Verdict.ELIGIBLE, **changes: Any) -> Candidate:
    reasons = changes.pop("reasons", (replace(OPEN, verdict=verdict),))
    z = changes.pop("z", 2.0)
    actor = an_actor(slug, name=slug, **changes)
    return Candidate(actor, z, np.array(covers, np.float32), (actor.interests[0],) * len(covers), verdict, reasons)


def chosen(*candidates: Candidate, wanted: tuple[Wanted, ...] = LEADER, size: int = 4) -> Consortium:
    return choose(an_eu_call(), EVEN, candidates, wanted, size)


def slugs(found: Consortium) -> set[str]:
    return {member.actor for member in found.members}


def test_actors_that_complete_each_other_are_chosen_before_the_two_best() -> None:
    found = chosen(candidate("a", 1, 0.9, 0, 0), candidate("b", 0.9, 1, 0, 0), candidate("c", 0, 0, 0.8, 0.7), size=2)
    assert slugs(found) in ({"a", "c"}, {"b", "c"})
    assert found.coverage == pytest.approx((1 + 0.9 + 0.8 + 0.7) / 4)
    assert found.redundancy == 0


def test_nobody_is_in_it_for_nothing() -> None:
    found = chosen(candidate("a", 1, 1, 0, 0), candidate("b", 0, 0, 1, 1), candidate("c", 0.5, 0.5, 0.5, 0.5))
    assert slugs(found) == {"a", "b"}
    assert found.nothing_to_add == 1


def test_who_covers_hardly_anything_is_not_taken_for_its_role_alone() -> None:
    wanted = (*LEADER, Wanted(PartnerRole.ASSOCIATION, "Associations take part."))
    weak = candidate("ry", LEAST_COVERED * 4, 0, 0, 0, actor_type="association")
    found = chosen(candidate("a", 1, 1, 0, 0), candidate("b", 0, 0, 1, 1), weak, wanted=wanted)
    assert slugs(found) == {"a", "b"}
    assert [one.role for one in found.unfilled] == [PartnerRole.ASSOCIATION]


def test_of_two_that_cover_alike_the_one_with_the_wanted_role_is_taken() -> None:
    wanted = (*LEADER, Wanted(PartnerRole.ASSOCIATION, "Associations take part."))
    company, association = candidate("oy", 0, 0, 1, 1), candidate("ry", 0, 0, 1, 0.95, actor_type="association")
    found = chosen(candidate("a", 1, 1, 0, 0), company, association, wanted=wanted)
    assert slugs(found) == {"a", "ry"}
    assert found.unfilled == ()


def test_who_has_nothing_to_do_with_the_call_as_a_whole_is_not_asked() -> None:
    found = chosen(candidate("a", 1, 1, 0, 0), candidate("b", 0, 0, 0.9, 0.9), candidate("far", 0, 0, 1, 1, z=0.8))
    assert slugs(found) == {"a", "b"}


def test_one_actor_that_covers_everything_needs_no_second_of_the_region() -> None:
    found = chosen(candidate("a", 1, 1, 1, 1), candidate("b", 0.5, 0.5, 0.5, 0.5))
    assert slugs(found) == {"a"}


def test_a_coordinator_leads_and_the_others_are_none() -> None:
    shy = candidate("shy", 1, 1, 1, 0, excludes=("ei koordinaattoriksi",))
    found = chosen(shy, candidate("lead", 0, 0, 0, 1), candidate("also", 0, 0, 0.5, 0.5))
    assert found.members[0].actor == "lead"
    assert PartnerRole.COORDINATOR in found.members[0].roles
    assert all(PartnerRole.COORDINATOR not in member.roles for member in found.members[1:])
    assert all(member.roles for member in found.members)


def test_without_a_coordinator_the_role_is_missing() -> None:
    shy = {"roles": ("partner",)}
    found = chosen(candidate("a", 1, 1, 0, 0, **shy), candidate("b", 0, 0, 1, 1, **shy))
    assert found.unfilled == LEADER


def test_who_may_not_apply_is_left_out_with_the_reason_that_decides() -> None:
    no = Reason("region", Verdict.INELIGIBLE, "region_other", "FI1D")
    out = candidate("out", 1, 1, 1, 1, verdict=Verdict.INELIGIBLE, reasons=(OPEN, no))
    found = chosen(out, candidate("a", 1, 0.5, 0, 0), candidate("b", 0, 0.5, 1, 0))
    assert slugs(found) == {"a", "b"}
    assert [(one.actor, one.reason, one.covers) for one in found.left_out] == [("out", no, 1.0)]


def test_what_nobody_covers_is_told_weightiest_first() -> None:
    aspects = Aspects(SENTENCES, np.array([0.2, 0.15, 0.35, 0.3], np.float32))
    found = choose(an_eu_call(), aspects, [candidate("a", 1, 0, 0, 0), candidate("b", 0, 1, 0, 0)], LEADER)
    assert found.uncovered == (SENTENCES[2], SENTENCES[3])


def test_one_actor_is_no_consortium_and_nobody_is_an_empty_one() -> None:
    assert len(chosen(candidate("a", 1, 1, 0, 0), candidate("b", 0, 0, 0, 0)).members) == 1
    nobody = chosen()
    assert (nobody.members, nobody.coverage, nobody.redundancy, nobody.score) == ((), 0.0, 0.0, 0.0)
    assert nobody.uncovered == SENTENCES


def test_questions_of_partnership_come_up_and_replace_what_the_type_of_action_says() -> None:
    asks = Reason("consortium", Verdict.UNKNOWN, "status_unknown")
    trl = Reason("trl", Verdict.ELIGIBLE, "status_open")
    plain, asked = candidate("a", 1, 1, 0, 0), candidate("b", 0, 0, 1, 1, reasons=(OPEN, asks, trl))
    found = chosen(plain, asked)
    assert found.open_questions == (("b", asks),)
    assert not found.foreign_partners
    assert chosen(plain, candidate("b", 0, 0, 1, 1)).foreign_partners


@pytest.mark.parametrize(
    ("action", "needed"),
    [
        ("HORIZON Research and Innovation Actions", True),
        ("HORIZON-JU Innovation Actions", True),
        ("HORIZON Coordination and Support Actions", False),
        (None, False),
    ],
)
def test_three_countries_where_the_regulation_says_so(action: str | None, needed: bool) -> None:
    assert needs_foreign_partners(an_eu_call(type_of_action=action)) is needed


def test_evidence_is_what_a_member_covers_its_own_part_first() -> None:
    found = chosen(candidate("a", 1, 0.6, 0, 0), candidate("b", 0.9, 0, 0.8, 1), size=2)
    member = next(one for one in found.members if one.actor == "b")
    assert [one.sentence for one in member.evidence] == [SENTENCES[3], SENTENCES[2], SENTENCES[0]]
    assert member.adds == pytest.approx(0.45)
    assert member.covers == pytest.approx(2.7 / 4)


def test_the_decisive_reason_says_what_all_rules_say() -> None:
    unknown = Reason("region", Verdict.UNKNOWN, "region_unknown")
    assert decisive(Verdict.UNKNOWN, (OPEN, unknown)) is unknown
    with pytest.raises(ValueError, match="no rule says ineligible"):
        decisive(Verdict.INELIGIBLE, (OPEN, unknown))


def test_roles_come_from_type_and_profile() -> None:
    assert roles_of(an_actor(roles=("partner", "pilot_site"))) == {PartnerRole.SME, PartnerRole.PILOT_SITE}
    assert roles_of(an_actor()) == {PartnerRole.SME, PartnerRole.COORDINATOR}
    assert PartnerRole.COORDINATOR not in roles_of(an_actor(roles=("coordinator",), excludes=("ei suurten vetäjäksi",)))
    for kind in ActorType:
        roles_of(an_actor(actor_type=kind))
    assert filled([Wanted(PartnerRole.COMPANY, "x")], [roles_of(an_actor())]) == {PartnerRole.COMPANY}


def test_a_call_asks_for_roles_in_its_own_words() -> None:
    text = (
        "Consortia should involve SMEs and civil society organisations. Universities are mentioned here alone. "
        "The solutions are piloted in two regions."
    )
    wanted = {one.role: one.sentence for one in wanted_by(an_eu_call(text=text))}
    assert set(wanted) == {
        PartnerRole.COORDINATOR, PartnerRole.SME, PartnerRole.ASSOCIATION, PartnerRole.PILOT_SITE,
    }  # fmt: skip
    assert wanted[PartnerRole.PILOT_SITE] == "The solutions are piloted in two regions."
    finnish = a_call(text="Hankkeeseen osallistuu kuntia ja yrityksiä yhteistyössä korkeakoulun kanssa.")
    assert PartnerRole.RESEARCH in {one.role for one in wanted_by(finnish)}


def test_criteria_and_conditions_ask_for_no_role() -> None:
    conditions = section("Consortia must involve SMEs.", SectionRole.CONDITIONS, "en")
    assert [one.role for one in wanted_by(an_eu_call(sections=(conditions,)))] == [PartnerRole.COORDINATOR]


def test_a_sentence_weighs_as_much_as_it_is_like_the_call() -> None:
    rows = np.array([[1, 0], [0.6, 0.8], [-1, 0]], np.float32)
    aspects = aspects_of(["a", "b", "c"], rows, np.array([0.5, 0], np.float32))
    np.testing.assert_allclose(aspects.weights, [0.625, 0.375, 0], atol=1e-6)
    even = aspects_of(["a", "b"], rows[[2, 2]], np.array([0.5, 0], np.float32))
    assert even.weights.tolist() == [0.5, 0.5]
    assert aspects_of([], np.zeros((0, 2), np.float32), np.zeros(2, np.float32)).weights.shape == (0,)


def test_coverage_begins_where_similarity_is_unusual_for_the_actor() -> None:
    angles = np.linspace(0, np.pi / 2, 1001)
    usual = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)  # similarity to x: 1 down to 0
    facets = np.array([[0.9, 0], [0, 0.1]], np.float32)
    sentences = np.array([[1, 0], [0.1, 0.99], [0.9, 0.43]], np.float32)
    covers, nearest = covered_by(facets, sentences, usual)
    assert covers[0] == 1
    assert covers[1] == 0
    assert nearest == [0, 1, 0]
    alone, _ = covered_by(facets, sentences, usual[:0])
    np.testing.assert_allclose(alone, [0.9, 0.099, 0.81], atol=1e-6)


PARTS = arrays(np.float32, st.tuples(st.integers(2, 7), st.just(4)), elements=st.floats(0, 1, width=16))


@given(PARTS, st.data())
def test_a_clone_of_a_member_never_raises_coverage_nor_score(covers: np.ndarray, data: st.DataObject) -> None:
    candidates = [candidate(f"a{row}", *map(float, cells)) for row, cells in enumerate(covers)]
    before = chosen(*candidates)
    if len(before.members) < 2:
        return
    member = data.draw(st.sampled_from(sorted(slugs(before))))
    original = next(one for one in candidates if one.actor.slug == member)
    clone = replace(original, actor=original.actor.model_copy(update={"slug": "clone"}))
    after = chosen(*candidates, clone)
    assert after.score == pytest.approx(before.score, abs=1e-5)
    assert not {member, "clone"} <= slugs(after)
    rows = np.array([one.covers for one in candidates if one.actor.slug in slugs(before)])
    doubled = np.vstack([rows, original.covers])
    assert coverage(doubled, EVEN.weights) == pytest.approx(coverage(rows, EVEN.weights))
    assert redundancy(doubled, EVEN.weights) >= redundancy(rows, EVEN.weights)


@given(PARTS)
def test_one_more_actor_is_worth_less_the_more_there_are(covers: np.ndarray) -> None:
    first, rest = covers[:1], covers[1:]
    weights = EVEN.weights

    def gain(base: np.ndarray) -> float:
        return coverage(np.vstack([base, first]), weights) - (coverage(base, weights) if len(base) else 0.0)

    assert gain(rest) <= gain(rest[:1]) + 1e-5 <= gain(rest[:0]) + 2e-5


@given(PARTS, st.integers(2, 4))
def test_a_choice_from_fewer_actors_never_scores_higher(covers: np.ndarray, size: int) -> None:
    candidates = [candidate(f"a{row}", *map(float, cells)) for row, cells in enumerate(covers)]
    best = chosen(*candidates, size=size)
    assert len(best.members) <= size
    if len(best.members) < 2:
        return
    for absent in range(len(candidates)):
        rest = candidates[:absent] + candidates[absent + 1 :]
        fewer = chosen(*rest, size=size)
        if len(fewer.members) > 1:
            assert fewer.score <= best.score + 1e-5
