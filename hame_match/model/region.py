"""The home region: its municipalities, statistical codes and smart-specialisation (S3) themes."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hame_match.model.call import Line

NutsCode = Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9A-Z]{0,3}$")]
"""A code of the EU's territorial units (Regulation (EC) No 1059/2003): a country and up to three levels."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Municipality(_Frozen):
    """A municipality of the region.

    Attributes:
        code: Statistics Finland's three digits, kept as text because of the zero in front.
        name: Finnish name.
        name_sv: Swedish name where one of its own exists.
        employment_area: the employment area it belongs to.
    """

    code: Annotated[str, Field(pattern=r"^\d{3}$")]
    name: Line
    name_sv: Line | None = None
    employment_area: Line


_TERM_PART = re.compile(r"\*?[^\W_]+\*?")
_SHORTEST_STEM = 3  # "*ai*" stands in "main" and in "said"


def _term(written: str) -> str:
    parts = re.split(r"[\s-]+", written)
    if not all(_TERM_PART.fullmatch(part) for part in parts):
        raise ValueError(f"{written!r} is not a term: words parted by blanks or hyphens, * only at a word's ends")
    if "*" in written and sum(map(str.isalnum, written)) < _SHORTEST_STEM:
        raise ValueError(f"{written!r} fits nearly everything; write at least {_SHORTEST_STEM} letters beside a *")
    return written


Term = Annotated[Line, AfterValidator(_term)]
"""One or more words as texts write them; ``*`` at an end of a word stands for any letters."""


def _repeated(values: Iterable[str]) -> list[str]:
    return sorted(value for value, count in Counter(values).items() if count > 1)


class ThemeWords(_Frozen):
    """The words by which a theme is known in a text, per language of the text.

    Attributes:
        fi: in Finnish texts; may be empty.
        sv: in Swedish texts; may be empty.
        en: in English texts; may be empty.
    """

    fi: tuple[Term, ...] = ()
    sv: tuple[Term, ...] = ()
    en: tuple[Term, ...] = ()

    def of(self, language: str) -> tuple[str, ...]:
        """Return the terms for texts in `language`; empty for a language that has none."""
        return {"fi": self.fi, "sv": self.sv, "en": self.en}.get(language, ())

    @model_validator(mode="after")
    def _each_once(self) -> "ThemeWords":
        for language in ("fi", "sv", "en"):
            if repeated := _repeated(term.lower() for term in self.of(language)):
                raise ValueError(f"{language}: {', '.join(repeated)} stands twice")
        return self


class Theme(_Frozen):
    """A smart-specialisation theme of the region's strategy.

    Attributes:
        code: short name that profiles use.
        name_fi: as in the strategy.
        name_en: the strategy's own English.
        about: what belongs to the theme and what does not, for whoever edits its words or labels calls.
        words: what tells that a call is about it; a theme without words is on no call.
    """

    code: Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$")]
    name_fi: Line
    name_en: Line
    about: Line | None = None
    words: ThemeWords = ThemeWords()

    def name(self, language: str) -> str:
        """Return the name in `language`: Finnish, else English."""
        return self.name_fi if language == "fi" else self.name_en


class Region(_Frozen):
    """The region the digests are made for.

    Attributes:
        name_fi: Finnish name.
        name_sv: Swedish name.
        name_en: English name.
        maakunta: two-digit code of the region, as text.
        nuts1: NUTS code of level 1.
        nuts2: NUTS code of level 2.
        nuts3: NUTS code of level 3, the region itself.
        municipalities: in the file's order, at least one.
        themes: in the file's order; may be empty.
    """

    name_fi: Line
    name_sv: Line
    name_en: Line
    maakunta: Annotated[str, Field(pattern=r"^\d{2}$")]
    nuts1: NutsCode
    nuts2: NutsCode
    nuts3: NutsCode
    municipalities: Annotated[tuple[Municipality, ...], Field(min_length=1)]
    themes: tuple[Theme, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Region":
        if not (self.nuts3.startswith(self.nuts2) and self.nuts2.startswith(self.nuts1)):
            raise ValueError(f"NUTS codes do not lie inside each other: {self.nuts1}, {self.nuts2}, {self.nuts3}")
        for what, values in (
            ("municipality code", [municipality.code for municipality in self.municipalities]),
            ("municipality", [municipality.name for municipality in self.municipalities]),
            ("theme", [theme.code for theme in self.themes]),
        ):
            if repeated := _repeated(values):
                raise ValueError(f"{what} {', '.join(repeated)} stands twice")
        return self

    @property
    def employment_areas(self) -> tuple[str, ...]:
        """Names of the employment areas, sorted."""
        return tuple(sorted({municipality.employment_area for municipality in self.municipalities}))

    @property
    def municipality_names(self) -> tuple[str, ...]:
        """Finnish names of the municipalities, in the file's order."""
        return tuple(municipality.name for municipality in self.municipalities)

    def municipality(self, name: str) -> Municipality | None:
        """Return the municipality of this Finnish name, None when the region has none."""
        return next((found for found in self.municipalities if found.name == name), None)

    def theme(self, code: str) -> Theme | None:
        """Return the theme of this code, None when there is none."""
        return next((found for found in self.themes if found.code == code), None)

    def lies_in(self, code: str) -> bool:
        """Return whether the region is the area of NUTS `code` or a part of it."""
        return bool(code) and self.nuts3.startswith(code)
