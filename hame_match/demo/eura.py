"""The EURA 2021 service of the Finnish structural funds: two kinds of HTML page that carry their data in a script.

The list's rows and code lists follow recorded ones. Of a notice's own page only ``otsikko``, ``kuvaus``,
``kokonaistuki`` and ``jatkuvaHaku`` are known; its other keys here are ours.
"""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hame_match.demo.server import (
    ALLOW_ALL,
    Faults,
    Request,
    Response,
    html_response,
    not_found,
    text_response,
    without_notes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HOST = "eura2021.fi"
FAULTS: Final = ("bad_json", "detail_404", "empty", "no_script", "unknown_tila")
# What JavaScript's encodeURI leaves as it is: "ESR+" keeps its plus, which is not a space.
_UNTOUCHED = ";,/?:@&=+$-_.!~*'()#"

Notice = dict[str, Any]


class EuraSite:
    """The notices of eura2021.fi: open, coming and closed ones on one page, and a page for each.

    Args:
        notices: each with ``row`` (as in the list) and ``ilmoitus`` (what its own page adds).
        codes: the code lists, set name -> code -> entry; both pages carry all of them.
        faults: of `FAULTS`, on for ever or for a number of answers. ``bad_json`` cuts the data short and
            ``no_script`` leaves them out on both pages, ``unknown_tila`` gives the list's first row a new state.
        robots: the robots.txt.
    """

    hosts = (HOST,)

    def __init__(
        self,
        notices: Sequence[Notice],
        codes: Mapping[str, Any],
        *,
        faults: Mapping[str, int] | Iterable[str] = (),
        robots: str = ALLOW_ALL,
    ) -> None:
        self._notices: dict[str, Notice] = {n["row"]["id"]: n for n in without_notes(list(notices))}
        self._codes = without_notes(dict(codes))
        self._faults = Faults(FAULTS, faults)
        self._robots = robots

    def respond(self, request: Request) -> Response:
        """Answers the two pages and robots.txt, redirects a page without its last slash; anything else is 404."""
        if request.path == "/robots.txt":
            return text_response(self._robots)
        match request.segments:
            case ["hakuilmoitukset"]:
                return self._redirect(request) or self._list()
            case ["hakuilmoitukset", "hakuilmoitus", key] if key in self._notices:
                return self._redirect(request) or self._detail(self._notices[key])
        return not_found()

    def _redirect(self, request: Request) -> Response | None:
        if request.path.endswith("/"):
            return None
        return Response(301, headers={"Location": f"https://{HOST}{request.path}/"})

    def _list(self) -> Response:
        rows = [dict(notice["row"]) for notice in self._notices.values()]
        if self._faults.strikes("empty"):
            rows = []
        if rows and self._faults.strikes("unknown_tila"):
            rows[0]["tila"] = "siirretty"
        return self._page("Hakuilmoitukset", {"hankehaku": rows, "koodisto": self._codes})

    def _detail(self, notice: Notice) -> Response:
        if self._faults.strikes("detail_404"):
            return not_found()
        data = {"ilmoitus": {**notice["row"], **notice["ilmoitus"]}, "koodisto": self._codes}
        return self._page(notice["row"]["otsikko"], data)

    def _page(self, title: str, data: Mapping[str, Any]) -> Response:
        text = json.dumps({"preRenderData": data}, ensure_ascii=False, separators=(",", ":"))
        if self._faults.strikes("bad_json"):
            text = text[: len(text) // 2]
        script = f'<script type="__PREACT_CLI_DATA__">{quote(text, safe=_UNTOUCHED)}</script>'
        if self._faults.strikes("no_script"):
            script = ""
        return html_response(
            f'<!DOCTYPE html><html lang="fi"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
            f'<body><div id="app"><h1>{html.escape(title)}</h1></div>{script}'
            '<script src="/bundle.js"></script></body></html>'
        )
