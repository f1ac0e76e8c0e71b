"""Numbers with their units, as tables of key figures write them."""

from __future__ import annotations

from reports.language import NOTHING, Language


def amount(value: float | None, digits: int, units: tuple[str, str], say: Language) -> str:
    """A value with so many decimals and its unit; a dash for none. `units`: Japanese and English."""
    if value is None:
        return NOTHING
    number, unit = f"{value:,.{digits}f}", say.of(units)
    if say.code == "ja" or unit == "%":
        return f"{number}{unit}"
    return f"{number} {singular(unit) if number == '1' else unit}"


def singular(unit: str) -> str:
    """The English unit of exactly one: `filings` to `filing`, `duties` to `duty`."""
    if unit in _SINGULAR:
        return _SINGULAR[unit]
    return unit.removesuffix("ies") + "y" if unit.endswith("ies") else unit.removesuffix("s")


_SINGULAR = {"media": "medium", "batches": "batch"}
