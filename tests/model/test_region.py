import pytest
from pydantic import ValidationError

from hame_match.model.region import Municipality, Region, Theme, ThemeWords


def region(**changes: object) -> Region:
    facts: dict[str, object] = {
        "name_fi": "Kanta-Häme",
        "name_sv": "Egentliga Tavastland",
        "name_en": "Kanta-Häme",
        "maakunta": "05",
        "nuts1": "FI1",
        "nuts2": "FI1C",
        "nuts3": "FI1C2",
        "municipalities": (
            Municipality(code="061", name="Forssa", employment_area="TyöHäme"),
            Municipality(code="109", name="Hämeenlinna", name_sv="Tavastehus", employment_area="TyöHäme"),
            Municipality(code="433", name="Loppi", employment_area="Etelä-Häme"),
        ),
        "themes": (Theme(code="design", name_fi="Muotoilu", name_en="Design"),),
    }
    return Region.model_validate(facts | changes)


def test_a_municipality_is_found_by_its_finnish_name_only() -> None:
    found = region().municipality("Hämeenlinna")
    assert found is not None
    assert found.code == "109"
    assert region().municipality("Tavastehus") is None
    assert region().municipality("hämeenlinna") is None


def test_a_theme_is_found_by_its_code() -> None:
    found = region().theme("design")
    assert found is not None
    assert found.name_en == "Design"
    assert region().theme("Design") is None


def test_employment_areas_stand_once_each() -> None:
    assert region().employment_areas == ("Etelä-Häme", "TyöHäme")


@pytest.mark.parametrize("code", ["FI", "FI1", "FI1C", "FI1C2"])
def test_the_region_lies_in_every_area_around_it(code: str) -> None:
    assert region().lies_in(code)


@pytest.mark.parametrize("code", ["FI1C1", "FI19", "SE", "FI1C21", ""])
def test_the_region_does_not_lie_in_its_neighbours_or_parts(code: str) -> None:
    assert not region().lies_in(code)


def test_nuts_codes_that_do_not_nest_are_refused() -> None:
    with pytest.raises(ValidationError, match="FI1D, FI1C2"):
        region(nuts2="FI1D")


def test_a_repeated_municipality_is_refused_by_name() -> None:
    twice = (
        Municipality(code="061", name="Forssa", employment_area="TyöHäme"),
        Municipality(code="082", name="Forssa", employment_area="TyöHäme"),
    )
    with pytest.raises(ValidationError, match="municipality Forssa stands twice"):
        region(municipalities=twice)


def test_a_code_that_lost_its_zero_is_refused() -> None:
    with pytest.raises(ValidationError):
        Municipality.model_validate({"code": "61", "name": "Forssa", "employment_area": "TyöHäme"})
    with pytest.raises(ValidationError):
        region(maakunta="5")


def test_a_theme_has_words_per_language_and_none_in_another() -> None:
    words = ThemeWords(fi=("kiertotalou*",), en=("circular econom*", "bio-based"))
    assert (words.of("fi"), words.of("sv"), words.of("fr")) == (("kiertotalou*",), (), ())
    assert words.of("en") == ("circular econom*", "bio-based")


@pytest.mark.parametrize("term", ["circ*lar", "**", "*", "a*", "*ai*", "raw, material", "design?"])
def test_a_term_that_cannot_be_looked_up_is_refused(term: str) -> None:
    with pytest.raises(ValidationError, match=r"is not a term|fits nearly everything"):
        ThemeWords(fi=(term,))


def test_a_term_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="en: farm stands twice"):
        ThemeWords(en=("farm", "Farm"))


def test_a_theme_is_called_by_its_finnish_or_english_name() -> None:
    theme = Theme(code="design", name_fi="Muotoilu", name_en="Design")
    assert (theme.name("fi"), theme.name("en"), theme.name("sv")) == ("Muotoilu", "Design", "Design")
