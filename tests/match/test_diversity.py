import numpy as np
import pytest

from hame_match.match.diversity import are_sisters, fold, traits_of
from hame_match.model.call import Call, SectionRole
from tests.builders import a_call, an_eu_call, section

TEXT = " ".join(f"Partners in region {n} build instruments of kind {'abcdefghij'[n % 10] * 3}." for n in range(30))


def topic(key: str, title: str, text: str = TEXT) -> Call:
    return an_eu_call(key, titles={"en": title}, sections=(section(text, SectionRole.SCOPE, "en"),))


def cascade(key: str, title: str, project: str | None = None, identifier: str = "DIGITAL-2024-SKILLS") -> Call:
    return an_eu_call(
        key, identifier=identifier, titles={"en": title}, sections=(), parent_title="Education", project=project
    )


def sisters(one: Call, other: Call, cosine: float = 0.0) -> bool:
    found = are_sisters(traits_of(one), traits_of(other), cosine)
    assert found == are_sisters(traits_of(other), traits_of(one), cosine)
    return found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            ("HORIZON-MSCA-2026-DN-01-01", "MSCA Doctoral Networks 2026"),
            ("HORIZON-MSCA-2027-DN-01-01", "MSCA Doctoral Networks 2027"),
        ),
        (
            ("I3-2026-INV1", "I3-2026-INV1 - Interregional Innovation Investments Strand 1"),
            ("I3-2026-INV2a", "I3-2026-INV2a - Interregional Innovation Investments Strand 2a"),
        ),
        (
            ("HORIZON-CL6-2027-01-X", "Soil health (IA)"),
            ("HORIZON-CL6-2027-01-X-two-stage", "Soil health (RIA) (two-stage)"),
        ),
    ],
)
def test_titles_that_differ_in_a_number_a_stage_or_a_type_of_action_are_of_sisters(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    assert sisters(topic(*first, text="One."), topic(*second, text="Other words altogether."))


def test_titles_of_one_family_need_a_text_or_a_meaning_in_common() -> None:
    coal, steel = "RFCS Coal Research projects", "RFCS Steel Research projects"
    alone = topic("RFCS-2026-02-RPJ", steel, text="Blast furnaces make iron from ore with hydrogen.")
    assert sisters(topic("RFCS-2026-01-RPJ", coal), topic("RFCS-2026-02-RPJ", steel))
    assert sisters(topic("RFCS-2026-01-RPJ", coal), alone, cosine=0.75)
    assert not sisters(topic("RFCS-2026-01-RPJ", coal), alone, cosine=0.65)


def test_topics_of_one_call_with_other_subjects_are_no_sisters_even_with_one_introduction() -> None:
    assert not sisters(
        topic("CERV-2026-DAPHNE-CHILDREN", "Integrated child protection"),
        topic("CERV-2026-DAPHNE-CONVENTION", "The Council of Europe and its courts"),
        cosine=0.6,
    )


def test_what_means_the_same_is_a_sister_only_within_its_programme() -> None:
    title = "Safety of reactors"
    assert sisters(topic("HORIZON-EURATOM-2026-01-01", title), topic("HORIZON-EURATOM-LS-2026-01-01", title), 1.0)
    assert not sisters(topic("HORIZON-EURATOM-2026-01-01", title), topic("LIFE-2026-01", title), 1.0)
    assert not sisters(topic("LIFE-2026-01", title), a_call(titles={"en": title}), 1.0)


def test_cascade_calls_are_sisters_when_one_project_makes_them() -> None:
    internships = cascade("c1", "Phortify Internship Grants")
    assert sisters(internships, cascade("c2", "Phortify Mobility Grants - Pilot Call"))
    assert sisters(cascade("c3", "For schools", "MANTRA"), cascade("c4", "For firms", "Mantra"))
    assert not sisters(internships, cascade("c5", "DigiQ Internships"))
    assert not sisters(cascade("c6", "Open Call of LIGAWINE"), cascade("c7", "Open Call of IH MIE"))
    assert not sisters(internships, cascade("c8", "Phortify Mobility Grants", identifier="OTHER-2024"))
    assert not sisters(internships, topic("DIGITAL-2024-SKILLS", "Phortify Internship Grants"), 0.95)


def test_finnish_calls_of_one_funder_are_sisters_when_their_names_differ_in_a_year() -> None:
    assert sisters(
        a_call("a", titles={"fi": "Kotouttamisavustus 2026"}), a_call("b", titles={"fi": "Kotouttamisavustus 2027"})
    )
    assert not sisters(a_call("a", titles={"fi": "Museoavustus"}), a_call("b", titles={"fi": "Siltojen korjaus"}))


def test_a_list_folds_into_its_best_and_no_chain_joins_what_is_not_alike() -> None:
    calls = [
        topic("LIFE-1", "Air", "Air."),
        topic("LIFE-2", "Bogs", "Bogs."),
        topic("LIFE-3", "Cliffs", "Cliffs."),
        topic("LIFE-4", "Dunes", "Dunes."),
    ]
    angles = np.radians([0, 20, 40, 90])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    ids = [call.call_id for call in calls]
    # 20 degrees are a cosine of 0.94: the second joins the first, the third is near the second only.
    assert fold(ids, {call.call_id: traits_of(call) for call in calls}, rows) == {ids[1]: ids[0]}


def test_an_empty_list_folds_into_nothing() -> None:
    assert fold([], {}, np.zeros((0, 4), np.float32)) == {}
