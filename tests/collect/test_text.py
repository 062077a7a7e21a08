"""HTML becomes text that can be read and quoted, whatever the HTML is like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hame_match.collect.text import html_to_text, split_sections
from hame_match.model.call import SectionRole

ROLES = {
    "Expected Outcome": SectionRole.OUTCOME,
    "Scope": SectionRole.SCOPE,
    "Objective": SectionRole.OBJECTIVE,
}


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Yksi</p><p>Kaksi</p>", "Yksi\nKaksi"),
        ("<h2>Otsikko</h2>teksti<br>toinen rivi", "Otsikko\nteksti\ntoinen rivi"),
        ("<ul><li>a</li><li>b <b>c</b></li></ul>", "- a\n- b c"),
        ("<ol><li><p>a</p></li><li><ul><li>b</li></ul></li></ol>", "- a\n- b"),
        ("<table><tr><th>Vuosi</th><th>€</th></tr><tr><td>2026</td><td>5</td></tr></table>", "Vuosi | €\n2026 | 5"),
        ("lake<sup>[1]</sup>s, <sup><a href='#f'>[12]</a></sup>m<sup>2</sup>, CO<sub>2</sub>", "lakes, m2, CO2"),
        ("<p>a\n   b\tc</p>", "a b c"),
        ("<pre>a\n b</pre>", "a\nb"),
        ("R&amp;D &lt;5 &auml;&#228;", "R&D <5 ää"),
        ("<p>x</p><script>var a='<p>';</script><style>p{}</style><!-- c --><p>y</p>", "x\ny"),
        ('<p><strong title="a>">General conditions</strong></p>', "General conditions"),
        ('">General conditions', "General conditions"),
        ('<p class="x">">General conditions</p>', "General conditions"),
        ("<p>a<p>b<div>c", "a\nb\nc"),
        ("plain\ntext\n\nstays", "plain\ntext\n\nstays"),
        ("", ""),
        ("<", "<"),
        ("<!-- only -->", ""),
        ("<p>Hame</p>\x00<p>\ud800x</p>", "Hame\n?x"),
    ],
)
def test_html_becomes_lines(html, text):
    assert html_to_text(html) == text


def test_deep_nesting_keeps_the_text():
    assert html_to_text("<div>" * 500 + "deep" + "</div>" * 500) == "deep"


def test_absurd_nesting_does_not_raise():
    html_to_text("<div>" * 100_000 + "deep")


@given(st.text(alphabet=st.sampled_from("<>/&;\"'= apliubrtdscme!-\n[]1\x00ä"), max_size=200))
def test_junk_never_raises_and_leaves_no_empty_lines(junk):
    text = html_to_text(f"<p>{junk}")
    assert all(line.strip() for line in text.split("\n")) or text == ""


@given(st.text())
def test_any_text_never_raises(text):
    html_to_text(text)


def roles(text):
    return [(part.role.value, part.text) for part in split_sections(text, ROLES, "en")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Expected Outcome:\nA.\nScope:\nB.", [("outcome", "A."), ("scope", "B.")]),
        ("Expected Outcome:A is clean.Scope:B.", [("outcome", "A is clean."), ("scope", "B.")]),
        ("Intro.\nScope\nB", [("description", "Intro."), ("scope", "B")]),
        ("SCOPE: B", [("scope", "B")]),
        ("This is in Scope: yes", [("description", "This is in Scope: yes")]),
        ("Out of scope: war", [("description", "Out of scope: war")]),
        ("Scope of work is wide", [("description", "Scope of work is wide")]),
        ("Scope:\nObjective:\nB", [("objective", "B")]),
        ("", []),
    ],
)
def test_text_is_cut_at_its_headings(text, parts):
    assert roles(text) == parts


def test_heading_is_kept_as_written_and_text_without_headings_is_one_section():
    (section,) = split_sections("expected outcome: clean lakes", ROLES, "en")
    assert section.heading == "expected outcome"
    assert split_sections("x", {}, "fi", SectionRole.CRITERIA)[0].role is SectionRole.CRITERIA
