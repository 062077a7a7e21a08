import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.collect.json_text import MAX_DEPTH, FoundText, editor_text, find_texts
from hame_match.errors import ParseError


def texts(value: object) -> list[tuple[str, str]]:
    return [(found.language, found.text) for found in find_texts(value)]


def test_each_language_is_yielded_with_its_code() -> None:
    assert texts({"fi": "Kunnille", "sv": "Till kommuner", "en": None}) == [("fi", "Kunnille"), ("sv", "Till kommuner")]


def test_ids_codes_dates_switches_and_numbers_are_no_text() -> None:
    value = {
        "id": "031584fe-88b6-41a5-a25f-08de0b001f1f",
        "hakuTyyppi": "Jatkuva",
        "alkaa": "2026-01-01T00:00:00Z",
        "has": True,
        "n": 5,
        "tyhja": None,
    }
    assert texts(value) == []


def test_long_text_outside_a_language_object_counts_as_finnish() -> None:
    assert texts({"a": ["<p>Avustusta voivat hakea kunnat.</p>"]}) == [("fi", "Avustusta voivat hakea kunnat.")]


def test_a_language_goes_down_into_what_it_holds() -> None:
    assert texts({"sv": {"rubrik": "Vem", "stycken": ["Kommuner"]}}) == [("sv", "Vem"), ("sv", "Kommuner")]


def test_rich_text_replaces_the_same_plain_text() -> None:
    rich = json.dumps({"blocks": [{"text": "Kunnat ja yhdistykset", "type": "unstyled"}]})
    assert texts({"fi": "Kunnat ja yhdistykset.", "richFi": rich}) == [("fi", "Kunnat ja yhdistykset")]


def test_plain_text_that_says_more_stays_beside_the_rich_one() -> None:
    assert texts({"fi": "Muuta", "richFi": "<p>Kunnat</p>"}) == [("fi", "Muuta"), ("fi", "Kunnat")]


def test_the_path_leaves_out_lists_and_languages() -> None:
    value = {"osat": [{"kenelle": {"fi": "Kunnille"}}]}
    assert [found.path for found in find_texts(value)] == [("osat", "kenelle")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"url": "https://a.example/x", "text": {"fi": "Ohje", "sv": "Guide"}}, ["Ohje: {}", "Guide: {}"]),
        ({"href": "https://a.example/x", "title": "Ohje"}, ["Ohje: {}"]),
        ({"url": "https://a.example/x"}, ["{}"]),
        ("https://a.example/x", ["{}"]),
    ],
)
def test_links_are_marked_and_keep_their_labels(value: object, expected: list[str]) -> None:
    found = list(find_texts(value))
    assert [link.text for link in found] == [text.format("https://a.example/x") for text in expected]
    assert all(link.is_link for link in found)


EDITORS = {
    "Draft.js": {
        "blocks": [
            {"key": "1", "text": "Otsikko", "type": "header-two", "inlineStyleRanges": []},
            {"key": "2", "text": "Teksti lihavoituna.", "type": "unstyled"},
            {"key": "3", "text": "kohta", "type": "unordered-list-item"},
        ],
        "entityMap": {"0": {"type": "LINK", "data": {"url": "https://a.example"}}},
    },
    "Slate": [
        {"type": "heading", "children": [{"text": "Otsikko"}]},
        {"type": "paragraph", "children": [{"text": "Teksti "}, {"text": "lihavoituna", "bold": True}, {"text": "."}]},
        {"type": "list", "children": [{"type": "list-item", "children": [{"text": "kohta"}]}]},
    ],
    "TipTap": {
        "type": "doc",
        "content": [
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Otsikko"}]},
            {
                "type": "paragraph",
                "content": [
                    {"type": "text", "text": "Teksti "},
                    {"type": "text", "marks": [{"type": "bold"}], "text": "lihavoituna"},
                    {"type": "text", "text": "."},
                ],
            },
            {
                "type": "bulletList",
                "content": [
                    {
                        "type": "listItem",
                        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "kohta"}]}],
                    }
                ],
            },
        ],
    },
    "Lexical": {
        "root": {
            "type": "root",
            "children": [
                {"type": "heading", "children": [{"type": "text", "text": "Otsikko"}]},
                {
                    "type": "paragraph",
                    "children": [{"type": "text", "text": "Teksti "}, {"type": "text", "text": "lihavoituna."}],
                },
                {"type": "list", "children": [{"type": "listitem", "children": [{"type": "text", "text": "kohta"}]}]},
            ],
        }
    },
    "Quill": {
        "ops": [
            {"insert": "Otsikko\nTeksti "},
            {"insert": "lihavoituna", "attributes": {"bold": True}},
            {"insert": ".\n- kohta\n"},
        ]
    },
    "Editor.js": {
        "blocks": [
            {"type": "header", "data": {"text": "Otsikko", "level": 2}},
            {"type": "paragraph", "data": {"text": "Teksti <b>lihavoituna</b>."}},
            {"type": "list", "data": {"style": "unordered", "items": ["kohta"]}},
        ]
    },
}


@pytest.mark.parametrize("document", EDITORS.values(), ids=EDITORS.keys())
def test_the_text_of_known_editors_is_read_line_by_line(document: object) -> None:
    assert editor_text(document) == "Otsikko\nTeksti lihavoituna.\n- kohta"
    as_string = {"fi": None, "richFi": json.dumps(document)}
    assert texts(as_string) == [("fi", "Otsikko\nTeksti lihavoituna.\n- kohta")]


@pytest.mark.parametrize("text", ["[Huom.] Haku on auki nyt", "{tyhjä kohta tässä}", "[1, 2"])
def test_text_that_only_starts_like_json_stays_text(text: str) -> None:
    assert texts({"fi": text}) == [("fi", text)]


@pytest.mark.parametrize("key", ["a", "fi"])
def test_endless_nesting_is_an_unreadable_record(key: str) -> None:
    value: object = "loppu tulee joskus"
    for _ in range(MAX_DEPTH + 5):
        value = {key: value}
    with pytest.raises(ParseError, match="nested more than"):
        list(find_texts(value))
    rich: object = {"text": "loppu"}
    for _ in range(MAX_DEPTH + 5):
        rich = {"children": [rich]}
    with pytest.raises(ParseError, match="nested more than"):
        editor_text(rich)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["fi", "sv", "richFi", "url", "text", "type", "a"]), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(json_values)
def test_whatever_is_served_the_texts_are_clean_and_not_empty(value: object) -> None:
    for found in find_texts(value):
        assert isinstance(found, FoundText)
        assert found.text.strip()
        assert all(found.path)
