"""One language of a page: picks between two texts and writes numbers, dates and spans of time its way.

The page is rendered once for each language, so a text never mixes the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

Code = Literal["ja", "en"]

MONTHS_EN: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS: Final = (tuple("月火水木金土日"), ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"))
NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Language:
    """`Language("ja")` or `Language("en")`."""

    code: Code

    def __call__(self, ja: str, en: str) -> str:
        """The text in this language."""
        return ja if self.code == "ja" else en

    def of(self, pair: tuple[str, str]) -> str:
        """The text of a (Japanese, English) pair."""
        return self(*pair)

    # --- numbers -----------------------------------------------------------------------------------
    def number(self, value: int) -> str:
        """A whole number with thousands separators."""
        return f"{value:,}"

    def cases(self, value: int) -> str:
        """A number of filings, records or batches, with the counter that Japanese wants."""
        return self(f"{value:,}件", f"{value:,}")

    def many(self, value: int, noun: str) -> str:
        """A number with an English noun, for English sentences: 1 day, 2 days."""
        ending = "" if value == 1 else "es" if noun.endswith("ch") else "s"
        return f"{value:,} {noun}{ending}"

    def percent(self, part: int, whole: int) -> str:
        """A share with one decimal; never 0.0 % of something, nor 100.0 % of less than all."""
        if whole == 0:
            return NOTHING
        share = 100 * part / whole
        if part and share < 0.05:
            return self("0.1%未満", "under 0.1%")
        if part < whole and share >= 99.95:
            return self("99.9%超", "over 99.9%")
        return f"{share:.1f}%"

    def hours(self, hours: int | None) -> str:
        """Whole hours with their unit, or a dash for none."""
        if hours is None:
            return NOTHING
        return self(f"{hours:,}時間", self.many(hours, "hour"))

    def days_of(self, hours: int) -> str:
        """Hours as days with one decimal, with the unit."""
        return self(f"{hours / 24:.1f}日", f"{hours / 24:.1f} days")

    # --- the calendar ------------------------------------------------------------------------------
    def day(self, day: date) -> str:
        """2019年4月1日, 1 April 2019."""
        return self(
            f"{day.year}年{day.month}月{day.day}日", f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}"
        )

    def short(self, day: date) -> str:
        """4月1日, 1 Apr: for axes, where the year is clear."""
        return self(f"{day.month}月{day.day}日", f"{day.day} {MONTHS_EN[day.month - 1][:3]}")

    def month(self, day: date) -> str:
        """2019年4月, April 2019."""
        return self(f"{day.year}年{day.month}月", f"{MONTHS_EN[day.month - 1]} {day.year}")

    def short_month(self, day: date) -> str:
        """4月, Apr; January carries its year."""
        if day.month == 1:
            return self(f"{day.year}年1月", f"Jan {day.year}")
        return self(f"{day.month}月", MONTHS_EN[day.month - 1][:3])

    def moment(self, text: str) -> str:
        """A date and clock time written in ISO; what is not ISO stays as it is."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        clock = f"{moment:%H:%M}"
        return self(f"{self.day(moment.date())} {clock}", f"{self.day(moment.date())}, {clock}")

    @property
    def weekdays(self) -> tuple[str, ...]:
        """Monday to Sunday."""
        return WEEKDAYS[self.code == "en"]


JA: Final = Language("ja")
EN: Final = Language("en")
