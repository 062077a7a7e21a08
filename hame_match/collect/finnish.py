"""What the Finnish sources share: regions, and end dates that are none."""

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from hame_match.language import HELSINKI

LONGEST_WINDOW: Final = timedelta(days=3 * 366)
"""An end further ahead than this only keeps a notice in the system: no Finnish grant is open for years at a stretch."""
ROLLING_SENTINEL: Final = date(2030, 12, 30)
"""From here on the end of a rolling notice is a stopgap; 2030-12-31 and 2036-12-31 were recorded in 2026."""


class Maakunta(NamedTuple):
    """A Finnish region.

    Attributes:
        nuts3: its NUTS code.
        partitive: its name as the object of ``koskee``.
    """

    nuts3: str
    partitive: str


MAAKUNNAT: Final = {
    "01": Maakunta("FI1B1", "Uuttamaata"),
    "02": Maakunta("FI1C1", "Varsinais-Suomea"),
    "04": Maakunta("FI196", "Satakuntaa"),
    "05": Maakunta("FI1C2", "Kanta-Hämettä"),
    "06": Maakunta("FI19B", "Pirkanmaata"),
    "07": Maakunta("FI1C6", "Päijät-Hämettä"),
    "08": Maakunta("FI1C7", "Kymenlaaksoa"),
    "09": Maakunta("FI1C5", "Etelä-Karjalaa"),
    "10": Maakunta("FI1DA", "Etelä-Savoa"),
    "11": Maakunta("FI1DB", "Pohjois-Savoa"),
    "12": Maakunta("FI1DC", "Pohjois-Karjalaa"),
    "13": Maakunta("FI198", "Keski-Suomea"),
    "14": Maakunta("FI199", "Etelä-Pohjanmaata"),
    "15": Maakunta("FI19A", "Pohjanmaata"),
    "16": Maakunta("FI1D5", "Keski-Pohjanmaata"),
    "17": Maakunta("FI1D9", "Pohjois-Pohjanmaata"),
    "18": Maakunta("FI1D8", "Kainuuta"),
    "19": Maakunta("FI1D7", "Lappia"),
    "21": Maakunta("FI200", "Ahvenanmaata"),
}
"""Region code of Statistics Finland -> region, with the NUTS codes of 2024 (municipality key of 2026, CC BY 4.0)."""


def is_technical_end(end: date, now: datetime, *, rolling: bool) -> bool:
    """Return whether `end` is no real deadline but a date put in because the system wants one.

    Args:
        end: the day in Helsinki.
        now: the instant of the crawl, aware.
        rolling: the source calls the notice rolling.

    >>> from datetime import UTC
    >>> now = datetime(2026, 9, 1, tzinfo=UTC)
    >>> is_technical_end(date(2036, 12, 31), now, rolling=True), is_technical_end(date(2027, 12, 31), now, rolling=True)
    (True, False)
    """
    if rolling and end >= ROLLING_SENTINEL:
        return True
    return end > now.astimezone(HELSINKI).date() + LONGEST_WINDOW
