"""What the agency's notice is called on a day. Who sends it: `sim.law.citation.counterpart`."""

from __future__ import annotations

from datetime import date

from sim.law.changes import AGENCY_FIRST_DAY


def notice_called(on: date) -> tuple[str, str]:
    """The name of a notice that comes down, in Japanese and English.

    Source: seed 003, lines 123 to 127 (the counterpart changed on 2019-04-01) and 147; the older name: seed
    001 and the practice up to that day.
    """
    if on < AGENCY_FIRST_DAY:
        return ("法務省通知", "Ministry of Justice notice")
    return ("出入国在留管理庁通知", "Immigration Services Agency notice")
