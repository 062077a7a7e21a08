import pytest

from hame_match.match.action_fit import Action, action_of, fit
from hame_match.model.actor import ActorType
from tests.builders import a_call, an_actor


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"identifier": "EDF-2026-RA-1", "type_of_action": "EDF Research Actions"}, Action.DEFENCE),
        ({"type_of_action": "HORIZON TMA MSCA Postdoctoral Fellowships - European Fellowships"}, Action.FELLOWSHIP),
        ({"type_of_action": "HORIZON ERC Grants"}, Action.FELLOWSHIP),
        ({"titles": {"fi": "Säätiön apuraha väitöskirjatyöhön"}}, Action.FELLOWSHIP),
        ({"type_of_action": "HORIZON TMA MSCA Doctoral Networks"}, Action.TRAINING_NETWORK),
        ({"type_of_action": "HORIZON EIC Accelerator Blended Finance"}, Action.ACCELERATOR),
        ({"type_of_action": "Cascade funding (financial support to third parties)"}, Action.CASCADE),
        ({"type_of_action": "HORIZON Programme Cofund Actions"}, Action.PARTNERSHIP),
        ({"titles": {"en": "Empowering youth in the EU Outermost Regions"}}, Action.OUTSIDE_EUROPE),
        ({"identifier": "HORIZON-WIDERA-2026-01"}, Action.WIDENING),
        ({"type_of_action": "ERASMUS Prizes"}, Action.PRIZE),
        ({"identifier": "HORIZON-CL6-2026-01", "type_of_action": "HORIZON Innovation Actions"}, Action.COLLABORATION),
        ({"titles": {"en": "Financing widening of roads and enterprise in Edfu"}}, Action.COLLABORATION),
    ],
)
def test_what_a_call_funds_is_read_from_its_short_fields(given: dict[str, object], expected: Action) -> None:
    blank = {"identifier": None, "type_of_action": None, "titles": {"en": "A call"}, "programme": None}
    assert action_of(a_call(**(blank | given))) is expected


def test_the_same_action_suits_one_actor_and_not_another() -> None:
    company, university, town = (
        an_actor(actor_type=kind) for kind in (ActorType.SME, ActorType.HIGHER_EDUCATION, ActorType.MUNICIPALITY)
    )
    assert fit(company, Action.ACCELERATOR) > 0 > fit(university, Action.ACCELERATOR)
    assert fit(company, Action.CASCADE) > fit(town, Action.CASCADE) > 0
    assert fit(university, Action.FELLOWSHIP) > fit(town, Action.FELLOWSHIP)


@pytest.mark.parametrize("kind", ActorType)
@pytest.mark.parametrize("action", Action)
def test_every_fit_lies_in_its_range_and_collaboration_says_nothing(kind: ActorType, action: Action) -> None:
    value = fit(an_actor(actor_type=kind), action)
    assert -1 <= value <= 1
    assert action is not Action.COLLABORATION or value == 0
