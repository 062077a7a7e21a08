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
        # the stem vowel of a plural
        ("kuvista", "kuva"),
        ("suunnitelmat", "suunnitelma"),
        ("aluesuunnitelmat", "aluesuunnitelma"),
        ("laatikoiden", "laatikko"),
        ("ohjausyksiköitä", "ohjausyksikkö"),
        ("mehiläisille", "mehiläinen"),
        ("varauksista", "varaus"),
        ("palkkien", "palkki"),
        # the grade of a stem
        ("sillalle", "silta"),
        ("jalat", "jalka"),
        ("tukit", "tukki"),
        ("tukkeja", "tukki"),
        ("osoitteista", "osoite"),
        ("puhaltimilla", "puhallin"),
        # cases simplemma misreads
        ("suolla", "suo"),
        ("pilvestä", "pilvi"),
        ("valosta", "valo"),
        ("vedellä", "vesi"),
        ("drooneilla", "drooni"),
        ("biohiilestä", "biohiili"),
        ("käsistä", "käsi"),
        # participles
        ("muokattavia", "muokata"),
        ("purettaviksi", "purkaa"),
        ("haettavasta", "hakea"),
        ("etsivä", "etsiä"),
        ("tuottamien", "tuottaa"),
        # an adjective in -inen
        ("kertakäyttöisistä", "kertakäyttöinen"),
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


@pytest.mark.parametrize(
    ("form", "likelier", "other"),
    [
        ("pinnalle", "pinta", "pinna"),
        ("palvelusta", "palvelu", "palvelus"),
        ("kuljettavia", "kuljettaa", "kulkea"),
    ],
)
def test_the_likelier_base_comes_first(form: str, likelier: str, other: str) -> None:
    forms = base_forms(form, "fi")
    assert forms.index(likelier) < (forms.index(other) if other in forms else len(forms))


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ("vertaistyö", "veri"),
        ("kertakäyttöisistä", "kertakäyttöisä"),
        ("italialaista", "italialaki"),
        ("kasvina", "kasvaa"),
        ("osoitteita", "osoitti"),
        ("tukit", "tuki"),
        ("liimapuupalkkien", "liimapuupalkka"),
    ],
)
def test_no_base_is_guessed_against_the_grammar(form: str, wrong: str) -> None:
    assert wrong not in base_forms(form, "fi")
