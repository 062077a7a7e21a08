"""The JSON service behind haeavustuksia.fi, where all Finnish state grants are announced.

The list and its item follow recorded answers. Of a notice's sections only the addresses, two switches and the kinds
of values are known (language objects, HTML, rich text as JSON, links), not the names inside: those here are ours.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from hame_match.demo.server import (
    ALLOW_ALL,
    Faults,
    Request,
    Response,
    html_response,
    json_response,
    not_found,
    text_response,
    without_notes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HOST = "www.haeavustuksia.fi"
SECTIONS = ("yleistiedot", "hakuaika", "perustiedot", "myontoperusteet", "arviointiperusteet", "lisaehdot")
PAGE_CAP = 100
FAULTS: Final = ("empty", "missing_key", "repeat_id", "section_404", "section_error_object", "total_changes")
_LANGUAGES = {"fi", "sv", "en", "richFi", "richSv", "richEn"}
_SWITCHES = {"future": "ShowFuture", "ongoing": "ShowOngoing", "ended": "ShowEnded"}

Notice = dict[str, Any]


class HaeavustuksiaSite:
    """The notices of haeavustuksia.fi.

    Args:
        notices: each with ``item`` (as in the list), ``sections`` (name -> object), and if it has them
            ``avustuslaji``, ``vakioehdot`` and ``hakemuslomake`` (name -> object). A language object may name only the
            languages it has: the others are served as null; rich text may be written as JSON and is served as text.
        authorities: ``lyhenne`` and ``nimi`` of each authority.
        now: the aware time by which a notice is future, ongoing or ended.
        faults: of `FAULTS`, on for ever or for a number of answers. ``missing_key`` takes the id of a page's first
            item, ``repeat_id`` puts a page's first item in place of its last, ``total_changes`` counts one more on
            every page after the first.
        robots: the robots.txt.
    """

    hosts = (HOST,)

    def __init__(
        self,
        notices: Sequence[Notice],
        authorities: Sequence[Mapping[str, Any]] = (),
        *,
        now: datetime,
        faults: Mapping[str, int] | Iterable[str] = (),
        robots: str = ALLOW_ALL,
    ) -> None:
        self._notices: list[Notice] = [_complete(without_notes(notice)) for notice in notices]
        self._authorities = [_complete(without_notes(authority)) for authority in authorities]
        self._now = now
        self._faults = Faults(FAULTS, faults)
        self._robots = robots

    def respond(self, request: Request) -> Response:
        """Answers the list, the authorities, the parts of a notice and robots.txt.

        The public pages are the empty shell of a script application; anything else is 404.
        """
        if request.path == "/robots.txt":
            return text_response(self._robots)
        match request.segments:
            case ["api", "haku", "list-items"]:
                return self._list(request.params)
            case ["api", "haku", "valtionapuviranomaiset"]:
                return json_response(self._authorities)
            case ["api", "haku", key, "hakuilmoitus", section]:
                return self._section(key, section)
            case ["api", "haku", key, "vakioehdot" | "hakemuslomake" as part, name]:
                return self._part(key, part, name)
            case ["fi" | "sv" | "en", *_]:
                return html_response('<!doctype html><html><body><div id="root"></div></body></html>')
        return not_found()

    def _list(self, params: Mapping[str, str]) -> Response:
        try:
            states = {state for state, name in _SWITCHES.items() if _flag(params, name)}
            hide_external = _flag(params, "HideExternal")
            page = max(int(params.get("Pagination.Page", "1")), 1)
            size = min(max(int(params.get("Pagination.PageSize", "20")), 1), PAGE_CAP)
        except ValueError as exc:
            return json_response({"status": 400, "title": "Bad Request", "detail": str(exc)}, 400)
        found = [
            notice
            for notice in self._notices
            if _state(notice["item"], self._now) in states
            and not (hide_external and _is_external(notice))
            and params.get("SearchTerm", "").casefold() in _words(notice["item"])
            and params.get("VaOrgLyhenne", "") in {"", _authority(notice["item"])}
            and params.get("Avustuslaji", "") in {"", notice.get("avustuslaji")}
        ]
        if self._faults.strikes("empty"):
            found = []
        items = [dict(notice["item"]) for notice in found[(page - 1) * size : page * size]]
        if items and self._faults.strikes("missing_key"):
            del items[0]["hakuasianAsianumero"]
        if len(items) > 1 and self._faults.strikes("repeat_id"):
            items[-1] = items[0]
        total = len(found) + int(page > 1 and self._faults.strikes("total_changes"))
        pages = -(-len(found) // size)
        return json_response({"totalCount": total, "pageCount": pages, "hakuilmoitukset": items})

    def _section(self, key: str, section: str) -> Response:
        notice = self._notice(key)
        if notice is None or section not in SECTIONS or self._faults.strikes("section_404"):
            return not_found()
        if self._faults.strikes("section_error_object"):
            return json_response({"error": {"code": "HAKU_500", "message": "Sisäinen virhe"}})
        return json_response(notice["sections"].get(section, {}))

    def _part(self, key: str, part: str, name: str) -> Response:
        notice = self._notice(key)
        if notice is None:
            return not_found()
        if name not in notice.get(part, {}):
            return json_response({"error": {"code": "NOT_PUBLISHED", "message": "Ei julkaistu"}}, 404)
        return json_response(notice[part][name])

    def _notice(self, key: str) -> Notice | None:
        return next((n for n in self._notices if n["item"]["hakuasianAsianumero"] == key), None)


def _complete(value: Any) -> Any:
    """Returns served data: language objects with all six keys, rich text as a string of JSON."""
    if isinstance(value, list):
        return [_complete(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value and set(value) <= _LANGUAGES:
        languages = {key: value.get(key) for key in ("fi", "sv", "en", "richFi", "richSv", "richEn")}
        return {
            key: json.dumps(text, ensure_ascii=False) if isinstance(text, dict) else text
            for key, text in languages.items()
        }
    return {key: _complete(inner) for key, inner in value.items()}


def _state(item: Mapping[str, Any], now: datetime) -> str:
    start, end = item.get("hakuAlkaaDateTimeUtc"), item.get("hakuPaattyyDateTimeUtc")
    if start and datetime.fromisoformat(start) > now:
        return "future"
    return "ended" if end and datetime.fromisoformat(end) < now else "ongoing"


def _is_external(notice: Notice) -> bool:
    return any("ulkoinenAsiointipalveluUrl" in section for section in notice["sections"].values())


def _words(item: Mapping[str, Any]) -> str:
    return " ".join(text for name in ("nimi", "kuvaus") for text in item[name].values() if text).casefold()


def _authority(item: Mapping[str, Any]) -> str | None:
    organisation: Mapping[str, str] = item.get("vastuullinenJarjestajaOrganisaatio", {})
    return organisation.get("lyhenne")


def _flag(params: Mapping[str, str], name: str) -> bool:
    word = params.get(name) or "false"
    if word not in {"true", "false"}:
        raise ValueError(f"The value '{word}' is not valid for {name}.")
    return word == "true"
