"""Reading haeavustuksia.fi, where every Finnish state grant is announced: its list and the sections of a notice.

The list's shape is recorded; of the sections only the addresses, two switches and the kinds of values are known, so
their text is found wherever it stands (`json_text.find_texts`). Nothing here touches the network or a clock.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from hame_match.collect.finnish import is_technical_end
from hame_match.collect.json_text import LANGUAGES, FoundText, find_texts
from hame_match.collect.parsing import parse_instant, split_sections, take
from hame_match.errors import ParseError, SourceFault
from hame_match.language import HELSINKI, clean_line
from hame_match.model.call import Call, Deadline, Section, SectionRole

SECTIONS: Final = {
    "yleistiedot": ("Yleistiedot", SectionRole.DESCRIPTION),
    "hakuaika": ("Hakuaika", SectionRole.CONDITIONS),
    "perustiedot": ("Perustiedot", SectionRole.DESCRIPTION),
    "myontoperusteet": ("Myöntöperusteet", SectionRole.ELIGIBILITY),
    "arviointiperusteet": ("Arviointiperusteet", SectionRole.CRITERIA),
    "lisaehdot": ("Lisäehdot", SectionRole.CONDITIONS),
}
"""Section of a notice -> its heading and what its text is about."""
STANDARD_TERMS: Final = {
    "yleista": ("Vakioehdot: yleistä", SectionRole.CONDITIONS),
    "lahtokohdat": ("Vakioehdot: lähtökohdat", SectionRole.CONDITIONS),
    "ehdot": ("Vakioehdot: ehdot", SectionRole.CONDITIONS),
    "velvollisuudet": ("Vakioehdot: velvollisuudet", SectionRole.CONDITIONS),
    "valvonta": ("Vakioehdot: valvonta", SectionRole.CONDITIONS),
}
"""Part of the standard terms -> its heading and role; served only where a section has ``hasVakioehdot``."""
ITEM_KEYS: Final = ("hakuasianAsianumero", "nimi", "kuvaus", "hakuTyyppi", "julkaisuTyyppi")
USED_KEYS: Final = frozenset(
    {*ITEM_KEYS, "hakuAlkaaDateTimeUtc", "hakuPaattyyDateTimeUtc", "vastuullinenJarjestajaOrganisaatio", "avustuslaji"}
)
STATE: Final = "Suomen valtio"
"""The funder of a notice that names no organisation: only the state's own authorities publish here."""

_PUBLIC_PAGE: Final = "https://www.haeavustuksia.fi/fi/haku/"
_ROLLING: Final = {"Jatkuva": True, "Maaraaikainen": False}
_PUBLICATIONS: Final = frozenset({"Hakuilmoitus"})
_FORMS: Final = {"MuuErityisavustus": "Muu erityisavustus"}  # the other codes are words
# The notice page's own headings inside the grounds for granting (seen 2026-09); the second tells what a call is about.
_HEADINGS: Final = {
    "Kenelle/mille avustusta voidaan myöntää": SectionRole.ELIGIBILITY,
    "Mihin käyttötarkoituksiin avustusta voidaan myöntää": SectionRole.SCOPE,
}
_PURPOSE: Final = re.compile(r"(?i)k[aä]ytt[oö]tarkoi|tarkoitu[sk]")
_TO_ASCII: Final = str.maketrans("äöå", "aoa")  # as keys are spelt
# What the site's JSON calls its headings and bodies; as a label they say nothing.
_EMPTY_LABELS: Final = frozenset(
    {"teksti", "text", "sisalto", "kuvaus", "otsikko", "title", "arvo", "value", "kappaleet"}
)


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list.

    Attributes:
        total: notices of the whole list.
        pages: number of pages.
        items: the notices of this page, each with every key of `ITEM_KEYS`.
    """

    total: int
    pages: int
    items: tuple[dict[str, Any], ...]


def parse_json(text: str, subject: str) -> Any:
    """Return the JSON in `text`.

    Raises:
        ParseError: it is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ParseError(f"{subject}: is not JSON: {exc}") from exc


def parse_page(data: object, number: int) -> ListPage:
    """Return page `number` (from 1) of the list.

    Raises:
        SourceFault: it does not have the list's shape, or a notice lacks one of `ITEM_KEYS`.
    """
    subject = f"page {number} of the list"
    if not isinstance(data, dict):
        raise SourceFault(f"{subject}: is not an object but {type(data).__name__}")
    try:
        total, pages = take(data, "totalCount", int, subject), take(data, "pageCount", int, subject)
        items = take(data, "hakuilmoitukset", list, subject)
    except ParseError as exc:
        raise SourceFault(str(exc)) from exc
    for place, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise SourceFault(f"{subject}: notice {place} is not an object")
        if missing := [key for key in ITEM_KEYS if key not in item]:
            name = item.get("hakuasianAsianumero", f"notice {place}")
            raise SourceFault(f"{subject}: {name} lacks the mandatory key {', '.join(missing)}")
        if not isinstance(item["hakuasianAsianumero"], str) or not item["hakuasianAsianumero"].strip():
            raise SourceFault(f"{subject}: notice {place} has no id in hakuasianAsianumero")
    return ListPage(total, pages, tuple(items))


def check_list(pages: Iterable[ListPage]) -> tuple[dict[str, Any], ...]:
    """Return the notices of all pages, in order, once the pages agree with each other.

    Raises:
        SourceFault: the list is empty, a page before the last is, the total changed on the way, a notice stands twice,
            or there are fewer or more notices than the total.
    """
    pages = list(pages)
    total = pages[0].total
    items: dict[str, dict[str, Any]] = {}
    for number, page in enumerate(pages, 1):
        if page.total != total:
            raise SourceFault(
                f"the list changed while it was read: totalCount was {total}, on page {number} {page.total}"
            )
        if not page.items and number < page.pages:
            raise SourceFault(f"page {number} of {page.pages} of the list is empty")
        for item in page.items:
            key = item["hakuasianAsianumero"]
            if key in items:
                raise SourceFault(f"the list names {key} twice (again on page {number})")
            items[key] = item
    if not items:
        raise SourceFault("the list is empty: no grant of the Finnish state is open or coming, which never happens")
    if len(items) != total:
        raise SourceFault(f"the list holds {len(items)} notices but says totalCount {total}")
    return tuple(items.values())


def is_gap(section: object) -> bool:
    """Return whether a served section is no content: nothing, an error, or another kind of value."""
    return not isinstance(section, dict) or not section or bool(section.get("error") or section.get("errors"))


_REGIONAL = re.compile(
    r"elinvoimakesku|ely-kesku|liitto\b|aluehallinto|hyvinvointialue|kaupunki|kunta\b", re.IGNORECASE
)


def has_standard_terms(section: object) -> bool:
    """Return whether ``hasVakioehdot`` is true anywhere in `section`."""
    if isinstance(section, dict):
        return section.get("hasVakioehdot") is True or any(has_standard_terms(inner) for inner in section.values())
    return isinstance(section, list) and any(has_standard_terms(inner) for inner in section)


def parse_notice(item: Mapping[str, Any], parts: Mapping[str, object], now: datetime) -> Call:
    """Return the call of a notice.

    A rolling notice has no deadline unless its end is near; an end years ahead is no deadline whatever the notice calls
    itself: va-bf-2026-12 is ``Maaraaikainen`` and ends on 2030-12-31 (`finnish.is_technical_end`).

    Args:
        item: the notice as in the list.
        parts: its sections by name, of `SECTIONS` and `STANDARD_TERMS`; those that were not served are missing.
        now: the instant of the crawl, aware.

    Raises:
        ParseError: a value is of an unknown kind or not what it must be.
    """
    key = take(item, "hakuasianAsianumero", str, "a notice")
    rolling = _known(item, "hakuTyyppi", _ROLLING, key)
    _known(item, "julkaisuTyyppi", dict.fromkeys(_PUBLICATIONS, True), key)
    opens, ends = _instant(item, "hakuAlkaaDateTimeUtc", key), _instant(item, "hakuPaattyyDateTimeUtc", key)
    if opens and ends and ends < opens:
        raise ParseError(f"{key}: ends on {ends:%Y-%m-%d}, before it opens on {opens:%Y-%m-%d}")
    technical = ends is not None and is_technical_end(ends.astimezone(HELSINKI).date(), now, rolling=rolling)
    real_end = None if technical else ends
    titles = {found.language: clean_line(found.text) for found in find_texts(item["nimi"])}
    if not titles:
        raise ParseError(f"{key}: nimi: has no title in any language")
    return Call(
        source="fi_haeavustuksia",
        source_key=key,
        identifier=key,
        titles=titles,
        sections=tuple(_sections(item, parts, set(titles.values()))),
        url=_PUBLIC_PAGE + quote(key, safe=""),
        funder=_funder(item),
        type_of_action=_form(item, parts),
        opens_on=opens.astimezone(HELSINKI).date() if opens else None,
        opens_at=opens,
        deadlines=(Deadline(on=real_end.astimezone(HELSINKI).date(), at=real_end),) if real_end else (),
        continuous=rolling or technical,
        regions=_regions(_funder(item)),
    )


def _regions(funder: str) -> tuple[str, ...] | None:
    """Return no limit for a ministry or agency of the whole country, and None for an authority of one region.

    The service has no field for regions; whether a region's authority funds others, only its text can tell.
    """
    return None if _REGIONAL.search(funder) else ()


def _known(item: Mapping[str, Any], name: str, values: Mapping[str, bool], key: str) -> bool:
    value = item[name]
    if not isinstance(value, str) or value not in values:
        raise ParseError(f"{key}: {name}: {value!r} is not one of {', '.join(sorted(values))}")
    return values[value]


def _instant(item: Mapping[str, Any], name: str, key: str) -> datetime | None:
    value = item.get(name)
    if value is None:
        return None
    try:
        return parse_instant(take(item, name, str, key))
    except ParseError as exc:
        raise ParseError(f"{key}: {name}: {exc}") from exc


def _funder(item: Mapping[str, Any]) -> str:
    organisation = item.get("vastuullinenJarjestajaOrganisaatio")
    if not isinstance(organisation, dict):
        return STATE
    found = {text.language: clean_line(text.text) for text in find_texts(organisation.get("nimi"))}
    short = organisation.get("lyhenne")
    named = next((found[language] for language in LANGUAGES if language in found), short)
    return named if isinstance(named, str) and named.strip() else STATE


def _form(item: Mapping[str, Any], parts: Mapping[str, object]) -> str | None:
    """Return the form of the grant, wherever the notice gives it."""
    for value in _values_of("avustuslaji", [item, *parts.values()]):
        text = next(find_texts(value, (), "fi"), None)
        if text is not None and not text.is_link:
            return _FORMS.get(text.text, clean_line(text.text))
    return None


def _values_of(name: str, value: object) -> Iterator[object]:
    """Yield the values of every key called `name`, in any case, in order."""
    if isinstance(value, list):
        for inner in value:
            yield from _values_of(name, inner)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.casefold() == name:
                yield inner
            yield from _values_of(name, inner)


def _sections(item: Mapping[str, Any], parts: Mapping[str, object], said: set[str]) -> Iterator[Section]:
    """Yield the text of a notice, the list's summary first; what was said word for word before is left out."""
    for found in find_texts(item["kuvaus"]):
        if found.text not in said:
            said.add(found.text)
            yield Section(role=SectionRole.DESCRIPTION, language=found.language, text=found.text)
    for name, (title, role) in {**SECTIONS, **STANDARD_TERMS}.items():
        groups: dict[tuple[str, SectionRole, str], list[str]] = {}
        for found in find_texts(parts.get(name)):
            if found.text in said:
                continue
            said.add(found.text)
            group = (found.language, _role(found, role), _heading(title, found))
            groups.setdefault(group, []).append(found.text)
        for (language, of_group, heading), texts in groups.items():
            for section in split_sections("\n".join(texts), _HEADINGS, language, of_group):
                yield section.model_copy(update={"heading": section.heading or heading})


def _role(found: FoundText, role: SectionRole) -> SectionRole:
    if found.is_link:
        return SectionRole.CONDITIONS
    if role is SectionRole.ELIGIBILITY and any(_PURPOSE.search(key) for key in found.path):
        return SectionRole.SCOPE
    return role


def _heading(title: str, found: FoundText) -> str:
    """Return the section's title and, as words, the outermost key that names a part of it.

    Deeper keys are left out, so that the paragraphs of one part stay together.
    """
    key = next((key for key in found.path if key.casefold() not in _EMPTY_LABELS), "")
    words = re.sub(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])", " ", key).lower()
    return f"{title}: {words}" if words and words != title.lower().translate(_TO_ASCII) else title
