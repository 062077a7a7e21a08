"""Base forms: simplemma's, and the guesses behind them."""

import pytest

from hame_match.match.base_forms import base_forms, lemma


@pytest.mark.parametrize(
    ("form", "base"),
    [
        ("tuotteissamme", "tuote"),
        ("otamme", "ottaa"),
        ("lapsetkin", "lapsi"),
        ("kyytiä", "kyyti"),
        ("luvallista", "luvallinen"),
        ("ympäristöystävällisempää", "ympäristöystävällinen"),
        ("nopeammin", "nopea"),
        ("uskottavasti", "uskottava"),
        ("suunnittelemaan", "suunnitella"),
        ("suunnattuja", "suunnata"),
        ("käytettyjä", "käyttää"),
        ("asuville", "asua"),
        ("uupunut", "uupua"),
    ],
)
def test_a_finnish_form_leads_to_its_base(form: str, base: str) -> None:
    assert base in base_forms(form, "fi")


def test_the_word_as_written_is_the_likeliest_form() -> None:
    assert base_forms("hitsaus", "fi")[0] == "hitsaus"


def test_a_swedish_form_leads_to_its_base() -> None:
    assert "maskin" in base_forms("maskinernas", "sv")
    assert "skola" in base_forms("skolorna", "sv")


def test_a_compound_is_not_cut_down_to_its_first_part() -> None:
    """simplemma gives "purku" for "purkupuuta"."""
    assert lemma("purkupuuta", "fi") == "purkupuuta"
    assert lemma("taloissa", "fi") == "talo"


def test_no_verb_is_guessed_of_less_than_its_stem() -> None:
    """A released substance is no rod: "vapa"."""
    assert "vapa" not in base_forms("vapautuvan", "fi")
