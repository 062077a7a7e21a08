"""Reading EURA 2021, where the calls of the EU's structural funds in Finland (ERDF, ESF+, JTF) are announced.

Both of its pages carry their data as percent-encoded JSON in a script. The list and the code lists are recorded; of a
notice's own page four keys are known, so the rest is found wherever it stands. Nothing here touches the network or a
clock.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, unquote

from hame_match.collect.finnish import MAAKUNNAT, is_technical_end
from hame_match.collect.json_text import FoundText, find_texts
from hame_match.collect.parsing import parse_euros, take
from hame_match.errors import ParseError, SourceFault
from hame_match.language import HELSINKI
from hame_match.model.call import Call, CallStatus, Deadline, Section, SectionRole

STATES: Final = {
    "haettavissa": CallStatus.OPEN,
    "julkaistu": CallStatus.FORTHCOMING,
    "paattynyt": CallStatus.CLOSED,
}
"""``tila`` of a row -> status; the source's word, used only for a row without dates."""
NOTICE_PAGE: Final = "https://eura2021.fi/hakuilmoitukset/hakuilmoitus/"
HOME: Final = "05"
"""Kanta-Häme in the code list ``maakunta``."""

USED_KEYS: Final = frozenset(
    {
        *("id", "tila", "hakuaika", "otsikko", "rahasto", "eakrTyyppi", "viranomainen", "alue", "hakutunnus"),
        *("maakunnat", "kuvaus", "kokonaistuki", "jatkuvaHaku"),
    }
)
_FUNDS: Final = {
    "EAKR": "Euroopan aluekehitysrahasto (EAKR)",
    "ESR+": "Euroopan sosiaalirahasto plus (ESR+)",
    "JTF": "Oikeudenmukaisen siirtymän rahasto (JTF)",
}
_SOUTH: Final = ("01", "02", "05", "07", "08", "09")
"""Regions of the programme area Etelä-Suomi (rakennerahastot.fi); it has Uusimaa, unlike the statistical area."""
# Programme areas by Finnish name, with statistical areas (NUTS 2) that hold them and not Kanta-Häme.
_ELSEWHERE: Final = {
    "Länsi-Suomi": ("FI19",),
    "Itä-Suomi": ("FI1D",),
    "Pohjois-Suomi": ("FI1D",),
    "Itä- ja Pohjois-Suomi": ("FI1D",),
    "Pohjois- ja Itä-Suomi": ("FI1D",),
}
# In any case of inflection, also as in "Kanta- ja Päijät-Hämeen"; the Swedish name in Swedish notices.
_HOME_NAME: Final = re.compile(
    r"(?i)\bkanta[-‐‑–]?\s?häme"
    r"|\bkanta[-‐‑–](?:,|\s(?:ja|sekä|tai)\s)[\w\s,‐‑–-]{0,40}?[-‐‑–]häme"
    r"|\begentliga tavastland"
)
_DATA: Final = re.compile(
    r"""<script\b[^>]*\btype\s*=\s*["']?__PREACT_CLI_DATA__["']?[^>]*>(.*?)</script>""", re.DOTALL | re.IGNORECASE
)
# What a key of a notice is about, by a part of its name; the first that fits.
_ROLES: Final = (
    (re.compile(r"(?i)valintaperust|pisteyt|arvioin"), SectionRole.CRITERIA),
    (re.compile(r"(?i)hakij|hakukelpo|tuensaaj|kenelle|kohderyhm"), SectionRole.ELIGIBILITY),
    (re.compile(r"(?i)tavoi|toimintalinja"), SectionRole.OBJECTIVE),
)
_CODE: Final = re.compile(r"\S{1,80}")


@dataclass(frozen=True, slots=True)
class RegionRule:
    """How far a notice concerns Kanta-Häme.

    Attributes:
        regions: NUTS codes it is limited to; empty for all of Finland, None where it does not say.
        note: the same in plain Finnish.
    """

    regions: tuple[str, ...] | None
    note: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The list page.

    Attributes:
        rows: every notice since 2022.
        codes: code list -> code -> its entry.
    """

    rows: tuple[dict[str, Any], ...]
    codes: Mapping[str, Mapping[str, Any]]


def parse_data(html: str) -> dict[str, Any]:
    """Return the data that a page carries in its script.

    Raises:
        SourceFault: there is no such script, or it does not hold an object of JSON with ``preRenderData``.
    """
    script = _DATA.search(html)
    if script is None:
        raise SourceFault("the page has no script __PREACT_CLI_DATA__, where its data stood")
    text = script[1].strip()
    try:
        data = json.loads(text if text.startswith("{") else unquote(text, errors="strict"))
    except (ValueError, RecursionError) as exc:
        raise SourceFault(f"the data in the page's script is no percent-encoded JSON: {exc}") from exc
    inner = data.get("preRenderData") if isinstance(data, dict) else None
    if not isinstance(inner, dict):
        raise SourceFault("the data in the page's script has no object preRenderData")
    return inner


def parse_list(html: str) -> Listing:
    """Return the rows and the code lists of the list page.

    Raises:
        SourceFault: what `parse_data` says, or there is no row, a row has no id, an id stands twice, or a row's
            ``tila`` is not one of `STATES`.
    """
    data = parse_data(html)
    try:
        rows, codes = take(data, "hankehaku", list, "the list"), take(data, "koodisto", dict, "the list")
    except ParseError as exc:
        raise SourceFault(str(exc)) from exc
    if not rows:
        raise SourceFault("the list has no rows, though it holds every notice since 2022")
    seen: set[str] = set()
    for place, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
            raise SourceFault(f"row {place} of the list has no id")
        if row["id"] in seen:
            raise SourceFault(f"the list names {row['id']} twice")
        seen.add(row["id"])
        state = row.get("tila")
        if not isinstance(state, str) or state not in STATES:
            raise SourceFault(f"in the list, {row['id']} has the unknown tila {state!r} (known: {', '.join(STATES)})")
    return Listing(tuple(rows), codes)


def parse_detail(html: str, key: str) -> dict[str, Any]:
    """Return the notice that its own page carries.

    Raises:
        SourceFault: the page has no notice, or another one.
    """
    try:
        notice = parse_data(html).get("ilmoitus")
    except SourceFault as exc:
        raise SourceFault(f"{key}: {exc}") from exc
    if not isinstance(notice, dict) or not notice:
        raise SourceFault(f"{key}: its page has no ilmoitus")
    if notice.get("id", key) != key:
        raise SourceFault(f"{key}: its page holds another notice, {notice['id']}")
    return notice


def window(row: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """Return the first and last day to apply, each None where the row gives none.

    Raises:
        ParseError: a day is no ISO date, or the last comes before the first.
    """
    period = row.get("hakuaika") or {}
    if not isinstance(period, dict):
        raise ParseError(f"{row['id']}: hakuaika: {period!r} is no period")
    days = []
    for name in ("alku", "loppu"):
        text = period.get(name)
        try:
            days.append(date.fromisoformat(text) if text else None)
        except (ValueError, TypeError) as exc:
            raise ParseError(f"{row['id']}: hakuaika.{name}: {text!r} is not a date such as 2026-09-30") from exc
    opens, ends = days
    if opens and ends and ends < opens:
        raise ParseError(f"{row['id']}: hakuaika ends on {ends}, before it starts on {opens}")
    return opens, ends


def is_over(row: Mapping[str, Any], now: datetime) -> bool:
    """Return whether the time to apply has passed, by the dates, or without a last day by the source's word.

    A notice that the source closed before its last day is not over here: `parse_notice` makes a closed call of it, so
    that one stored as open does not stay so.

    Raises:
        ParseError: see `window`; never for a row that the source calls closed.
    """
    closed = STATES[row["tila"]] is CallStatus.CLOSED
    try:
        _, ends = window(row)
    except ParseError:
        if closed:
            return True
        raise
    return closed if ends is None else ends < now.astimezone(HELSINKI).date()


def parse_notice(
    row: Mapping[str, Any],
    notice: Mapping[str, Any] | None,
    codes: Mapping[str, Mapping[str, Any]],
    now: datetime,
    note: Callable[[str], None],
) -> Call:
    """Return the call of a notice.

    Args:
        row: its row of the list.
        notice: what its own page says; None when that page was not served.
        codes: the code lists of the page.
        now: the instant of the crawl, aware.
        note: told of money that cannot be read, which does not keep the call out.

    Raises:
        ParseError: a value is of an unknown kind or not what it must be.
    """
    key = take(row, "id", str, "a row")
    detail = notice or {}
    title = take(row, "otsikko", str, key)
    description = [replace(found, path=()) for found in find_texts(detail.get("kuvaus"), (), "fi")]
    opens, ends = window(row)
    rolling = detail.get("jatkuvaHaku", False)
    if not isinstance(rolling, bool | None):
        raise ParseError(f"{key}: jatkuvaHaku: {rolling!r} is neither true nor false")
    technical = ends is not None and is_technical_end(ends, now, rolling=bool(rolling))
    state = STATES[row["tila"]]
    closed_early = state is CallStatus.CLOSED
    fund = take(row, "rahasto", str, key)
    programme = _name(codes, "rahasto", fund) or _FUNDS.get(fund)
    if programme is None:
        raise ParseError(f"{key}: rahasto: {fund!r} is not in the code list and not one of {', '.join(_FUNDS)}")
    rule = region_rule(row, codes, [title, *(found.text for found in description)])
    return Call(
        source="fi_eura2021",
        source_key=key,
        identifier=take(row, "hakutunnus", str, key),
        titles={"fi": title},
        sections=tuple(_sections(description, detail, codes)),
        url=f"{NOTICE_PAGE}{quote(key, safe='')}/",
        funder=_funder(row, codes) or programme,
        programme=programme,
        type_of_action=_name(codes, "eakrTyyppi", row.get("eakrTyyppi")),
        published_status=state,
        opens_on=opens,
        # Without a date ahead the source's word counts, see `model.call.status_at`.
        deadlines=(Deadline(on=ends),) if ends is not None and not technical and not closed_early else (),
        continuous=(bool(rolling) or technical) and not closed_early,
        budget_total=_budget(detail, key, note),
        regions=rule.regions,
        region_note=rule.note,
    )


def region_rule(row: Mapping[str, Any], codes: Mapping[str, Mapping[str, Any]], texts: Sequence[str]) -> RegionRule:
    """Return how far a notice concerns Kanta-Häme.

    It does when it lists the region, is national, is for all of southern Finland, or names the region in its text. The
    authority tells nothing: the region's own ERDF calls are opened by the Regional Council of Uusimaa. Others are for
    partners only. JTF is not given in Kanta-Häme at all.

    Args:
        row: its row of the list.
        codes: the code lists of the page.
        texts: title and description.

    Raises:
        ParseError: a region or an area is not in the code lists.
    """
    given = row.get("maakunnat") or []
    if not isinstance(given, list) or not all(isinstance(code, str) for code in given):
        raise ParseError(f"{row['id']}: maakunnat: {given!r} is not a list of codes")
    area = row.get("alue")
    for code in given:
        if code not in MAAKUNNAT and _name(codes, "maakunta", code) is None:
            raise ParseError(f"{row['id']}: maakunnat: {code!r} is not in the code list")
    if area is not None and area not in ("VALTAKUNNALLINEN", "ETELA_SUOMI") and _name(codes, "alue", area) is None:
        raise ParseError(f"{row['id']}: alue: {area!r} is not in the code list")
    rule = _rule(area, given, codes, named=any(_HOME_NAME.search(text) for text in texts))
    if row.get("rahasto") == "JTF":
        return replace(rule, note=f"{rule.note}. JTF-rahoitusta ei myönnetä Kanta-Hämeeseen")
    return rule


def _rule(area: str | None, given: Sequence[str], codes: Mapping[str, Mapping[str, Any]], *, named: bool) -> RegionRule:
    known = [code for code in given if code in MAAKUNNAT]
    regions = tuple(MAAKUNNAT[code].nuts3 for code in known)
    home = MAAKUNNAT[HOME].nuts3
    if area == "VALTAKUNNALLINEN" or any(code.startswith("valtakunnallinen") for code in given):
        return RegionRule((), "Valtakunnallinen haku")
    if HOME in known:
        return RegionRule(regions, "Haku koskee Kanta-Hämettä")
    if area == "ETELA_SUOMI" and not known:
        south = tuple(MAAKUNNAT[code].nuts3 for code in _SOUTH)
        return RegionRule(south, "Haku koskee Etelä-Suomea, myös Kanta-Hämettä")
    area_name = _name(codes, "alue", area)
    if not regions and area_name is not None:
        regions = _ELSEWHERE.get(area_name, ())
    if named:
        return RegionRule((*regions, home) if regions else None, "Haun kuvauksessa mainitaan Kanta-Häme")
    if known:
        listed = [MAAKUNNAT[code].partitive for code in known]
        return RegionRule(regions, f"Vain kumppanina: haku koskee {_and(listed)}")
    if regions:
        return RegionRule(regions, f"Vain kumppanina: haun alue on {area_name}")
    if area_name is not None:
        return RegionRule(None, f"Haun alue on {area_name}: tarkista, koskeeko se Kanta-Hämettä")
    if given:
        return RegionRule(None, "Ylimaakunnallinen haku, jonka maakunnat eivät käy ilmi")
    return RegionRule(None, "Haun alue ei käy ilmi")


def _and(words: Sequence[str]) -> str:
    return " ja ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _name(codes: Mapping[str, Mapping[str, Any]], code_list: str, code: object) -> str | None:
    """Return the Finnish name of a code; None when the list or the code is not there."""
    entries = codes.get(code_list)
    entry = entries.get(code) if isinstance(entries, dict) and isinstance(code, str) else None
    name = entry.get("fi") if isinstance(entry, dict) else None
    return name if isinstance(name, str) and name.strip() else None


def _funder(row: Mapping[str, Any], codes: Mapping[str, Mapping[str, Any]]) -> str | None:
    code = row.get("viranomainen")
    if code is None:
        return None
    name = _name(codes, "viranomainen", code)
    if name is None:
        raise ParseError(f"{row['id']}: viranomainen: {code!r} is not in the code list")
    return name


def _budget(detail: Mapping[str, Any], key: str, note: Callable[[str], None]) -> Decimal | None:
    value = detail.get("kokonaistuki")
    if value is None or value == "":
        return None
    try:
        return parse_euros(value) or None  # nothing to give away is a field left at zero
    except ParseError as exc:
        note(f"{key}: kokonaistuki: {exc}; the call was kept without its money")
        return None


def _sections(
    description: Sequence[FoundText], detail: Mapping[str, Any], codes: Mapping[str, Mapping[str, Any]]
) -> Iterator[Section]:
    """Yield the description, then one section for every other key of the notice that has text."""
    said = {found.text for found in description}
    for found in description:
        role = SectionRole.CONDITIONS if found.is_link else SectionRole.DESCRIPTION
        yield Section(role=role, language=found.language, text=found.text)
    for key, value in detail.items():
        if key in USED_KEYS:
            continue
        texts: dict[str, list[str]] = {}
        for found in [*find_texts(value, (key,)), *_decoded(value, key, codes)]:
            if found.text not in said:
                said.add(found.text)
                texts.setdefault(found.language, []).append(found.text)
        role = next((role for pattern, role in _ROLES if pattern.search(key)), SectionRole.CONDITIONS)
        heading = re.sub(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])", " ", key).capitalize()
        for language, of_language in texts.items():
            yield Section(role=role, language=language, text="\n".join(of_language), heading=heading)


def _decoded(value: object, key: str, codes: Mapping[str, Mapping[str, Any]]) -> Iterator[FoundText]:
    """Yield the Finnish names of the codes that occur in `value`, looked up in the code list called like their key.

    A code found only in other lists is named when all of them agree on its name.
    """
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _decoded(inner, inner_key, codes)
    elif isinstance(value, list):
        for inner in value:
            yield from _decoded(inner, key, codes)
    elif isinstance(value, str) and _CODE.fullmatch(value):
        name = _name(codes, key, value)
        if name is None:
            names = {found for code_list in codes if (found := _name(codes, code_list, value)) is not None}
            name = names.pop() if len(names) == 1 else None
        if name is not None:
            yield FoundText((key,), "fi", name)
