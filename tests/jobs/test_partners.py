from pathlib import Path

import pytest

from hame_match.errors import NotFoundError, RankingError
from hame_match.jobs.matching import rank_all
from hame_match.jobs.partners import consortium_for
from hame_match.jobs.workspace import Workspace
from hame_match.match.consortium import PartnerRole
from hame_match.match.evidence import candidates
from hame_match.store import Store
from tests.builders import a_call, a_workspace, an_actor, put_calls

WELD = "Hitsausrobotit otetaan käyttöön pienissä konepajoissa ja levytöissä."
READ = "Lukupiirit ja kirjastot järjestävät tapahtumia nuorille lukijoille."
SOIL = "Maatilojen pelloilla kokeillaan biohiiltä ja kerääjäkasveja."
THINGS = (
    "uimahalli laatta pesu", "museo esine kuvaus", "raitiovaunu aikataulu juna", "kuoro orkesteri konsertti",
    "jäätelö kioski ranta", "kirkko urut huolto", "satama nosturi lasti", "lentokenttä kiitotie valo",
    "hammas hoito jono", "karhu kanta laskenta", "suo ennallistaminen oja", "kaivo vesi näyte",
    "elokuva käsikirjoitus kurssi", "keramiikka uuni savi", "golf kenttä nurmi", "pankki konttori talous",
    "vuori kiipeily reitti", "posti laatikko jakelu", "pesula vaate kierto", "kello torni korjaus",
)  # fmt: skip


@pytest.fixture
def workspace(store: Store, tmp_path: Path) -> Workspace:
    put_calls(
        store,
        a_call("together", f"{WELD} {READ}", titles={"fi": "Hitsaus ja lukupiirit"}),
        a_call("towns", f"{WELD} Avustusta myönnetään vain kunnille.", titles={"fi": "Robotit kuntiin"}),
        a_call("title-only", sections=(), titles={"fi": "Hitsausrobotit konepajoissa"}),
        *(
            a_call(f"other-{n}", f"Aiheena {thing} ja sen tulevaisuus.", titles={"fi": thing})
            for n, thing in enumerate(THINGS)
        ),
    )
    made = a_workspace(
        store,
        tmp_path,
        an_actor("konepaja", interests=("Hitsausrobotit konepajoissa ja levytöissä.",)),
        an_actor("toinen-konepaja", interests=("Hitsausrobotit konepajoissa ja levytöissä.",), roles=("partner",)),
        an_actor("kirjasto", interests=("Lukupiirit ja kirjastot, tapahtumia nuorille lukijoille.",)),
        an_actor("tila", interests=(SOIL,)),
    )
    rank_all(made)
    return made


def test_a_consortium_is_of_actors_that_cover_different_parts(workspace: Workspace) -> None:
    stored, found = consortium_for(workspace, "together")
    members = {member.actor: member for member in found.members}
    assert "kirjasto" in members
    assert len({"konepaja", "toinen-konepaja"} & members.keys()) == 1
    assert "tila" not in members
    assert found.members[0].roles[0] is PartnerRole.COORDINATOR
    for member in found.members:
        assert all(one.sentence in candidates(stored.call) for one in member.evidence)
        assert {one.interest for one in member.evidence} <= set(workspace.actor(member.actor).interests)
    assert members["kirjasto"].evidence[0].sentence == READ
    assert 0 < found.coverage <= 1


def test_the_same_call_gives_the_same_consortium(workspace: Workspace) -> None:
    assert consortium_for(workspace, "together")[1] == consortium_for(workspace, "together")[1]


def test_everybody_who_may_not_apply_is_left_out_with_a_reason(workspace: Workspace) -> None:
    _, found = consortium_for(workspace, "towns")
    assert found.members == ()
    assert {one.actor for one in found.left_out} == {"konepaja", "toinen-konepaja", "kirjasto", "tila"}
    assert {one.reason.code for one in found.left_out} == {"applicant_type_others_only"}


def test_a_call_without_text_is_held_against_its_title(workspace: Workspace) -> None:
    _, found = consortium_for(workspace, "title-only")
    assert {one.sentence for member in found.members for one in member.evidence} <= {"Hitsausrobotit konepajoissa"}


def test_unknown_calls_and_workspaces_without_lists_are_refused(
    workspace: Workspace, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="no call 'nothing'"):
        consortium_for(workspace, "nothing")
    with store.transaction():
        store.matches.forget_others([])
    with pytest.raises(RankingError, match="matches run"):
        consortium_for(workspace, "together")
