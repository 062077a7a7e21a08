from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hame_match.errors import ProfileError, RegionError
from hame_match.model.actor import Actor, ActorType
from hame_match.model.region import Region
from hame_match.paths import bundled
from hame_match.profiles import MAX_BYTES, load_actors, load_region

SHARED_ACTORS = Path(__file__).resolve().parents[2] / "shared" / "data" / "eval" / "actors"
RESERVED = (".example", ".test", "@example.org", "@example.com")
MINIMAL = "slug: acme\nname: Acme Oy\nactor_type: sme\ninterests: [Teemme koneita.]\n"


@pytest.fixture(scope="module")
def region() -> Region:
    return load_region(bundled("profiles") / "region.yaml")


@pytest.fixture(scope="module")
def examples(region: Region) -> list[Actor]:
    return load_actors(bundled("profiles"), region)


def problems(folder: Path, region: Region, text: str | bytes, name: str = "acme.yaml") -> list[str]:
    """Return the message lines of loading one profile, without the folder."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ProfileError) as caught:
        load_actors(folder, region)
    return str(caught.value).replace(f"{folder}/", "").split("\n")


# --- the region we ship ---


def test_the_region_has_its_eleven_municipalities_and_four_themes(region: Region) -> None:
    assert len(region.municipalities) == 11
    assert [theme.code for theme in region.themes] == ["circular_economy", "food_system", "smart_services", "design"]
    assert (region.maakunta, region.nuts3) == ("05", "FI1C2")
    assert region.employment_areas == ("Etelä-Häme", "TyöHäme")


def test_every_theme_we_ship_says_what_it_is_about_and_has_words_in_three_languages(region: Region) -> None:
    for theme in region.themes:
        assert theme.about
        assert theme.words.fi
        assert theme.words.sv
        assert theme.words.en


def test_a_wrong_word_of_a_theme_names_its_line(tmp_path: Path) -> None:
    text = (bundled("profiles") / "region.yaml").read_text("utf-8").replace("maanviljel*", "maan*viljely")
    file = tmp_path / "region.yaml"
    file.write_text(text, "utf-8")
    line = text[: text.index("maan*viljely")].count("\n") + 1
    with pytest.raises(
        RegionError, match=rf"region\.yaml:{line}: themes\.2\.words\.fi\.\d+: 'maan\*viljely' is not a term"
    ):
        load_region(file)


def test_a_region_file_with_an_unquoted_code_says_which_line(tmp_path: Path) -> None:
    text = (bundled("profiles") / "region.yaml").read_text("utf-8").replace('"061"', "061")
    file = tmp_path / "region.yaml"
    file.write_text(text, "utf-8")
    line = text[: text.index("061")].count("\n") + 1
    with pytest.raises(RegionError) as caught:
        load_region(file)
    message = f"{file}:{line}: municipalities.1.code: must be text, found 49; put it into quotation marks"
    assert str(caught.value) == message


def test_a_missing_region_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegionError, match=r"region\.yaml:1: cannot be read"):
        load_region(tmp_path / "region.yaml")


# --- the examples we ship ---


def test_every_example_is_fictional_and_mails_nobody_real(examples: list[Actor]) -> None:
    assert len(examples) == 6
    for actor in examples:
        assert actor.fictional, actor.slug
        assert actor.recipients, actor.slug
        assert all(recipient.address.endswith(RESERVED) for recipient in actor.recipients), actor.slug


def test_examples_show_different_actors_and_both_reading_languages(examples: list[Actor]) -> None:
    assert {actor.actor_type for actor in examples} == {
        ActorType.SME, ActorType.HIGHER_EDUCATION, ActorType.MUNICIPALITY, ActorType.MUSEUM, ActorType.ASSOCIATION,
    }  # fmt: skip
    assert {recipient.language for actor in examples for recipient in actor.recipients} == {"fi", "en"}
    assert all(3 <= len(actor.interests) <= 5 for actor in examples)


def test_the_commented_example_explains_every_field(examples: list[Actor]) -> None:
    text = (bundled("profiles") / "kaarnapuron-konepaja.yaml").read_text("utf-8")
    translations = {"interests_en", "interests_sv"}
    for name in set(Actor.model_fields) - translations:
        assert f"\n{name}:" in text, name


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_ACTORS.is_dir(), reason="the recorded data are not beside the checkout")
def test_profiles_of_the_benchmark_load_without_change(region: Region) -> None:
    actors = load_actors(SHARED_ACTORS, region)
    assert [actor.slug for actor in actors] == sorted(file.stem for file in SHARED_ACTORS.glob("*.yaml"))
    assert actors


# --- folders ---


def test_an_empty_folder_gives_no_actors(tmp_path: Path, region: Region) -> None:
    assert load_actors(tmp_path, region) == []


def test_a_missing_folder_is_an_error(tmp_path: Path, region: Region) -> None:
    with pytest.raises(ProfileError, match="folder of profiles cannot be read"):
        load_actors(tmp_path / "none", region)


def test_the_region_file_hidden_files_and_other_files_are_no_actors(tmp_path: Path, region: Region) -> None:
    for name in ("region.yaml", ".acme.yaml.swp", ".draft.yaml", "README.md", "acme.yaml~"):
        (tmp_path / name).write_text("no profile", "utf-8")
    (tmp_path / "folder.yaml").mkdir()
    assert load_actors(tmp_path, region) == []


def test_actors_come_by_slug(tmp_path: Path, region: Region) -> None:
    for slug in ("b", "a-2", "a"):
        (tmp_path / f"{slug}.yaml").write_text(MINIMAL.replace("acme", slug), "utf-8")
    assert [actor.slug for actor in load_actors(tmp_path, region)] == ["a", "a-2", "b"]


@pytest.mark.parametrize("name", ["acme.yml", "acme.YAML"])
def test_a_profile_that_would_be_overlooked_is_an_error(tmp_path: Path, region: Region, name: str) -> None:
    assert problems(tmp_path, region, MINIMAL, name) == [f"{name}:1: would not be read; name it acme.yaml"]


def test_problems_of_all_files_are_listed_at_once(tmp_path: Path, region: Region) -> None:
    (tmp_path / "one.yaml").write_text(MINIMAL.replace("acme", "one") + "municipality: Tampere\n", "utf-8")
    found = problems(tmp_path, region, MINIMAL + "trl: [9, 2]\nfoo: 1\n")
    assert [line.split(": ")[0] for line in found] == ["acme.yaml:5", "acme.yaml:6", "one.yaml:5"]


def test_a_slug_used_twice_names_both_files(tmp_path: Path, region: Region) -> None:
    (tmp_path / "acme.yaml").write_text(MINIMAL, "utf-8")
    found = problems(tmp_path, region, MINIMAL, "other.yaml")
    assert len(found) == 1
    assert found[0].startswith("other.yaml:1: slug: 'acme' is unlike the file name; write slug: other")
    (tmp_path / "other.yaml").unlink()


# --- one profile ---

WRONG = {
    "a municipality with a typo": (
        MINIMAL + "municipality: Hämenlinna\n",
        "acme.yaml:5: municipality: 'Hämenlinna' is not a municipality of the region (did you mean 'Hämeenlinna'?)",
    ),
    "a municipality in Swedish": (
        MINIMAL + "municipality: Tavastehus\n",
        "acme.yaml:5: municipality: 'Tavastehus' is not a municipality of the region (did you mean 'Hämeenlinna'?)",
    ),
    "a municipality elsewhere": (
        MINIMAL + "municipality: Tampere\n",
        "acme.yaml:5: municipality: 'Tampere' is not a municipality of the region",
    ),
    "an unknown key": (
        MINIMAL + "# a comment\n\nmuncipality: Forssa\n",
        "acme.yaml:7: muncipality: unknown key (did you mean 'municipality'?)",
    ),
    "an unknown key inside": (
        MINIMAL + "size:\n  class: small\n  staf: 3\n",
        "acme.yaml:7: size.staf: unknown key (did you mean 'staff'?)",
    ),
    "an unknown key of a recipient": (
        MINIMAL + "recipients:\n  - address: a@b.example\n    basis: consent\n    lang: fi\n",
        "acme.yaml:8: recipients.1.lang: unknown key (did you mean 'language'?)",
    ),
    "a repeated key": (MINIMAL + "name: B\n", "acme.yaml:5: name: stands twice (first on line 2)"),
    "another slug": (
        MINIMAL.replace("acme", "emca"),
        "acme.yaml:1: slug: 'emca' is unlike the file name; write slug: acme or rename it",
    ),
    "an unknown theme": (
        MINIMAL + "s3_themes:\n  - food_system\n  - desing\n",
        "acme.yaml:7: s3_themes.2: 'desing' is not a theme of the region (did you mean 'design'?)",
    ),
    "a repeated theme": (MINIMAL + "s3_themes: [design, design]\n", "acme.yaml:5: s3_themes.2: 'design' stands twice"),
    "an unknown basis": (
        MINIMAL + "recipients:\n  - {address: a@b.example, basis: concent}\n",
        (
            "acme.yaml:6: recipients.1.basis: 'concent' is not one of "
            "consent, public_task, legitimate_interest, project_agreement (did you mean 'consent'?)"
        ),
    ),
    "an unknown language": (
        MINIMAL + "languages: [fi, et]\n",
        "acme.yaml:5: languages.2: 'et' is not one of fi, sv, en",
    ),
    "no mail address": (
        MINIMAL + "recipients:\n  - address: kirjaamo\n    basis: consent\n",
        "acme.yaml:6: recipients.1.address: 'kirjaamo' is not a mail address: An email address must have an @-sign.",
    ),
    "a missing field": ("slug: acme\nname: A\ninterests: [x]\n", "acme.yaml:1: actor_type: is missing"),
    "a missing field inside": (
        MINIMAL + "recipients:\n  - basis: consent\n",
        "acme.yaml:6: recipients.1.address: is missing",
    ),
    "a wrong check digit": (
        MINIMAL + "business_id: 2617489-4\n",
        "acme.yaml:5: business_id: '2617489-4' is not a Y-tunnus: seven digits, a dash and the right check digit",
    ),
    "a number for text": (
        MINIMAL + "wants: [2026]\n",
        "acme.yaml:5: wants.1: must be text, found 2026; put it into quotation marks",
    ),
    "an empty value": (
        MINIMAL.replace("Acme Oy", ""),
        "acme.yaml:2: name: has no value; leave the line out or write one",
    ),
    "no interests": (MINIMAL.replace("[Teemme koneita.]", "[]"), "acme.yaml:4: interests: must have at least one"),
    "text for a list": (MINIMAL.replace("[Teemme koneita.]", "x"), "acme.yaml:4: interests: must be a list, found 'x'"),
    "money with blanks": (
        MINIMAL + "money: {min_eur: 50 000}\n",
        "acme.yaml:5: money.min_eur: '50 000' is not a number; write it without blanks, such as 50000",
    ),
    "money the wrong way round": (
        MINIMAL + "money: {min_eur: 5, max_eur: 2}\n",
        "acme.yaml:5: money: min_eur 5 is more than max_eur 2",
    ),
    "facets translated in part": (
        MINIMAL + "interests_en: [a, b]\n",
        "acme.yaml:5: interests_en: has 2 facets but interests has 1; translate all or none",
    ),
    "a number nobody can read": (
        MINIMAL + f"money: {{max_eur: {'9' * 5000}}}\n",
        f"acme.yaml:5: money.max_eur: '{'9' * 39}…' cannot be read; put text into quotation marks",
    ),
    "broken YAML": (
        MINIMAL + 'wants: ["a\nexcludes: b\n',
        "acme.yaml:7: is not plain YAML: while scanning a quoted scalar, found unexpected end of stream",
    ),
    "a tab": (
        MINIMAL + "size:\n\tclass: small\n",
        (
            "acme.yaml:6: is not plain YAML: while scanning for the next token, "
            "found character '\\t' that cannot start any token"
        ),
    ),
    "a control character": (
        MINIMAL + "wants: [\x07]\n",
        "acme.yaml:5: is not plain YAML: the character '\\x07' is not allowed",
    ),
    "two documents": (
        MINIMAL + "---\na: b\n",
        "acme.yaml:5: is not plain YAML: expected a single document in the stream, but found another document",
    ),
    "nothing": ("", "acme.yaml:1: is empty"),
    "a list": ("- a\n", "acme.yaml:1: must be lines of the form 'key: value'"),
    "a list as key": (MINIMAL + "? [a]\n: b\n", "acme.yaml:5: a key must be a word"),
    "a merge key": (MINIMAL + "<<: {name: B}\n", "acme.yaml:5: <<: unknown key"),
    "bytes of another encoding": (
        MINIMAL.encode() + "wants: [hyvä]\n".encode("latin-1"),
        "acme.yaml:5: is not UTF-8 text; save the file again as UTF-8",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, region: Region, text: str | bytes, message: str) -> None:
    assert problems(tmp_path, region, text) == [message]


def test_several_problems_are_listed_by_line(tmp_path: Path, region: Region) -> None:
    text = MINIMAL.replace("sme", "firm") + "municipality: Loppii\nsize: {class: tiny}\n"
    found = problems(tmp_path, region, text)
    assert [line.split(": ")[0] for line in found] == ["acme.yaml:3", "acme.yaml:5", "acme.yaml:6"]


# --- files that mean harm ---


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[Path]:
    target = tmp_path / "outside" / "touched"
    target.parent.mkdir()
    yield target
    assert not target.exists()


def test_a_tag_cannot_run_code(tmp_path: Path, region: Region, untouched: Path) -> None:
    text = f"name: !!python/object/apply:os.system ['touch {untouched}']\nslug: acme\nactor_type: sme\ninterests: [a]\n"
    found = problems(tmp_path, region, text)
    assert found == [
        "acme.yaml:1: name: the tag 'tag:yaml.org,2002:python/object/apply:os.system' is not allowed; leave it out"
    ]


@pytest.mark.parametrize("value", ["!!binary aGVsbG8=", "!!set {a, b}", "!!omap [a: b]", "!mine x"])
def test_tags_are_refused(tmp_path: Path, region: Region, value: str) -> None:
    assert "is not allowed" in problems(tmp_path, region, MINIMAL + f"municipality: {value}\n")[0]


def test_an_alias_bomb_is_refused_at_its_first_alias(tmp_path: Path, region: Region) -> None:
    bomb = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert problems(tmp_path, region, bomb) == [
        "acme.yaml:2: is not plain YAML: aliases (*name) are not allowed; write the value out"
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_nesting_cannot_exhaust_the_stack(tmp_path: Path, region: Region, opening: str) -> None:
    assert "levels inside each other" in problems(tmp_path, region, opening * 20_000)[0]


def test_a_file_of_another_kind_is_not_read_whole(tmp_path: Path, region: Region) -> None:
    found = problems(tmp_path, region, b"#" * (MAX_BYTES + 1))
    assert found == [f"acme.yaml:1: has {MAX_BYTES + 1} bytes, more than the {MAX_BYTES} of any profile"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.one_of(st.binary(max_size=200), st.text(alphabet="ab:-[]{}&*!|>\n \"'#%@`?,~<0.", max_size=80)))
def test_whatever_a_file_holds_the_error_is_ours(tmp_path: Path, region: Region, text: str | bytes) -> None:
    raw = text if isinstance(text, bytes) else MINIMAL.encode() + text.encode()
    (tmp_path / "acme.yaml").write_bytes(raw)
    try:
        load_actors(tmp_path, region)
    except ProfileError as exc:
        message = str(exc)
    else:
        return
    assert message.startswith(f"{tmp_path}/acme.yaml:")


# --- files people write on other machines ---


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path, region: Region) -> None:
    (tmp_path / "acme.yaml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert load_actors(tmp_path, region)[0].name == "Acme Oy"


def test_a_municipality_typed_with_combining_dots_is_found(tmp_path: Path, region: Region) -> None:
    (tmp_path / "acme.yaml").write_text(MINIMAL + "municipality: Ha\u0308meenlinna\n", "utf-8")
    assert load_actors(tmp_path, region)[0].municipality == "H\u00e4meenlinna"
