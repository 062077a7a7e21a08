"""Web pages' HTML as text that can be read, embedded and quoted."""

import html as html_library
import re
from collections.abc import Mapping
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from hame_match.language import clean_line, clean_text
from hame_match.model.call import Section, SectionRole

_BLOCKS: Final = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *("legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot"),
        *("thead", "tr", "ul"),
    }
)
_DROPPED: Final = frozenset({"script", "style", "noscript", "template", "head", "iframe", "object", "svg", "select"})
_TAG: Final = re.compile(r"<[a-zA-Z/!?]")
_FOOTNOTE: Final = re.compile(r"\s*[\[(]\s*\w{1,4}\s*[\])]\s*")
# What a broken attribute leaves of its tag, as in `<p title="a>">General conditions` after a naive strip.
_TAG_REMAINS: Final = re.compile(r"(?m)^[ \t]*[\"']\s*/?>[ \t]*")
_BULLET: Final = "- "


def html_to_text(html: str) -> str:
    r"""Return the text of HTML, one line for each heading, paragraph, list item and table row.

    List items start with ``- `` and table cells are divided by `` | ``. Scripts, styles and footnote marks such as
    ``<sup>[1]</sup>`` are dropped. Text without any tag keeps its own lines. Never raises; junk gives what can be read.

    >>> html_to_text("<h2>Scope</h2><p>R&amp;D<sup>[1]</sup> on m<sup>2</sup></p><ul><li>one<li><p>two</p></ul>")
    'Scope\nR&D on m2\n- one\n- two'
    """
    if not _TAG.search(html):
        return _TAG_REMAINS.sub("", clean_text(html_library.unescape(html)))
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    data = html.replace("\x00", " ").encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, parser)
    except etree.LxmlError:
        root = None
    text = "" if root is None else "".join(_pieces(root))
    text = re.sub(r"[ \t]*\n\s*", "\n", text)
    # A bullet whose item is a paragraph or a list of its own stands alone on its line.
    text = re.sub(r"(?m)^(?:-\n)+(?:- )?", _BULLET, text)
    lines = (line for line in clean_text(text).split("\n") if line.strip(" -|"))
    return _TAG_REMAINS.sub("", "\n".join(lines))


def _pieces(root: etree._Element) -> list[str]:
    """Return the text of a tree in order, with line breaks around blocks; walks without recursion."""
    pieces: list[str] = []
    preformatted = 0
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            preformatted += tag == "pre"
            if tag in _DROPPED or (tag == "sup" and _FOOTNOTE.fullmatch("".join(element.itertext()))):
                walker.skip_subtree()
                continue
            if tag == "br" or tag in _BLOCKS:
                pieces.append("\n")
            if tag == "li":
                pieces.append(_BULLET)
            elif tag in {"td", "th"} and element.getprevious() is not None:
                pieces.append(" | ")
            pieces.append(_inline(element.text, keep=bool(preformatted)))
        else:
            preformatted -= tag == "pre"
            if tag in _BLOCKS:
                pieces.append("\n")
            pieces.append(_inline(element.tail, keep=bool(preformatted)))
    return pieces


def _inline(text: str | None, *, keep: bool) -> str:
    return (text or "") if keep else re.sub(r"\s+", " ", text or "")


def split_sections(
    text: str,
    headings: Mapping[str, SectionRole],
    language: str,
    otherwise: SectionRole = SectionRole.DESCRIPTION,
) -> tuple[Section, ...]:
    """Return `text` cut at its headings, in order; parts without text are left out.

    A heading counts where it starts a line (in any case, with a colon or alone on the line), or where it follows the
    end of a sentence and has a colon, since some sources run their paragraphs together.

    Args:
        text: plain text, see `html_to_text`.
        headings: heading as the source writes it, without its colon -> the role of the text under it.
        language: two-letter code of the text.
        otherwise: role of the text before the first heading.

    >>> roles = {"Expected Outcome": SectionRole.OUTCOME, "Scope": SectionRole.SCOPE}
    >>> [(part.role.value, part.text) for part in split_sections("Expected Outcome:Clean lakes.Scope:Mud", roles, "en")]
    [('outcome', 'Clean lakes.'), ('scope', 'Mud')]
    """
    names = "|".join(re.escape(name) for name in sorted(headings, key=len, reverse=True))
    pattern = rf"(?m)(?:^[ \t]*(?i:({names}))[ \t]*(?::|$)|(?<=[.;:!?)\]”\"’])[ \t]*({names})[ \t]*:)[ \t]*"
    roles = {name.casefold(): role for name, role in headings.items()}
    parts: list[Section] = []
    role, heading, start = otherwise, "", 0
    for match in [*re.finditer(pattern, text), None] if names else [None]:
        body = text[start : match.start() if match else len(text)]
        if clean_text(body):
            parts.append(Section(role=role, language=language, text=body, heading=heading))
        if match:
            heading = clean_line(match[1] or match[2])
            role, start = roles[heading.casefold()], match.end()
    return tuple(parts)
