import re
from pathlib import Path

import pytest

from hame_match.deliver.words import NAMED, Words, load_words
from hame_match.errors import DigestError
from hame_match.language import READING_LANGUAGES
from hame_match.model.match import Label, Reason, Verdict

ROOT = Path(__file__).resolve().parents[2]
REASONS = (
    "status_open", "status_forthcoming", "status_closed", "status_unknown", "applicant_type_named",
    "applicant_type_excluded", "applicant_type_others_only", "applicant_type_unknown", "region_ok", "region_other",
    "region_unknown", "exclude_hit", "exclude_clear", "money_fits", "money_outside", "money_unknown",
)  # fmt: skip


@pytest.mark.parametrize("language", READING_LANGUAGES)
def test_every_wording_exists_in_every_language_with_the_same_places(language: str) -> None:
    ours, finnish = load_words(language).phrases, load_words("fi").phrases
    assert ours.keys() == finnish.keys()
    for key, phrase in ours.items():
        assert set(re.findall(r"\{\w+\}", phrase)) == set(re.findall(r"\{\w+\}", finnish[key])), key


@pytest.mark.parametrize("language", READING_LANGUAGES)
def test_every_member_of_every_closed_set_has_a_wording(language: str) -> None:
    words = load_words(language)
    for members in NAMED:
        for member in members:
            assert words.name(member)


@pytest.mark.parametrize("language", READING_LANGUAGES)
@pytest.mark.parametrize("code", REASONS)
def test_every_reason_reads_well_with_and_without_its_fact(language: str, code: str) -> None:
    words = load_words(language)
    for fact in ("", "FI1C2"):
        text = words.reason(Reason("region", Verdict.UNKNOWN, code, fact))
        assert text
        assert not re.search(r"[\[\]{}]|: *$", text)
        assert words.check(Reason("region", Verdict.UNKNOWN, code, fact))[-1] in ".?"


def test_every_reason_code_of_the_eligibility_rules_has_a_wording() -> None:
    files = (ROOT / "hame_match/match/eligibility").glob("*.py")
    source = "\n".join(file.read_text("utf-8") for file in files)
    rules = "status|closed_circle|circle|applicant_type|person|region|defence|exclude|consortium|co_funding|ownership"
    codes = set(re.findall(rf'"((?:{rules}|de_minimis|money|trl|language)_\w+)(?<!_rule)"', source))
    assert len(codes) > 50
    assert codes <= {key.removeprefix("reason.") for key in load_words("fi").phrases}
    # Whatever a rule cannot tell has its question.
    open_codes = set(re.findall(r'Verdict\.(?:UNKNOWN|INELIGIBLE), "(\w+)"', source))
    assert open_codes <= {key.removeprefix("check.") for key in load_words("fi").phrases}


def test_every_wording_that_code_or_template_asks_for_exists() -> None:
    files = [*(ROOT / "hame_match/deliver").glob("*.py"), *(ROOT / "templates/digest").glob("*.j2")]
    phrases = load_words("fi").phrases
    asked = {key for file in files for key in re.findall(r'words\("([a-z_.]+)"', file.read_text("utf-8"))}
    counted = {key for file in files for key in re.findall(r'words\.many\("([a-z_.]+)"', file.read_text("utf-8"))}
    assert len(asked) > 20
    assert asked | {f"{key}.{form}" for key in counted for form in ("one", "many")} <= phrases.keys()


def test_a_missing_wording_is_named() -> None:
    with pytest.raises(DigestError, match=r"fi\.toml.*'digest\.tervehdys'"):
        load_words("fi")("digest.tervehdys")


def test_a_missing_value_is_named() -> None:
    with pytest.raises(DigestError, match=r"digest\.title.*\{week\}"):
        load_words("fi")("digest.title")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(DigestError, match="'sv'"):
        load_words("sv")


def test_values_are_never_read_as_places_themselves() -> None:
    words = Words("fi", {"a": "{x}[: {y}]"})
    assert words("a", x="{y} [z]", y="{x}") == "{y} [z]: {x}"


def test_singular_and_plural() -> None:
    words = load_words("fi")
    assert words.many("digest.more", 1) == "Lisäksi yksi haku odottaa seuraavaa viestiä."
    assert words.many("digest.more", 3) == "Lisäksi 3 hakua odottaa seuraavaa viestiä."
    assert words.name(Label.STRONG) == "vahva osuma"


def test_amounts_in_reasons_are_written_as_money() -> None:
    reason = Reason("money", Verdict.INELIGIBLE, "money_outside", "8500000")
    assert load_words("fi").reason(reason).replace("\N{NO-BREAK SPACE}", " ") == "tuen koko ei sovi: 8,5 milj. €"
