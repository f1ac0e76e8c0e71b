"""Under which law an outbound event goes, and whose work the filing behind it is.

The classes of events: 住基法・入管法, 入管法, or 住基法.

The open functional standard for resident record systems (住民記録システム標準仕様書, 4.5.7) wants every event
sent to the agency classed so. How it assigns the classes is in the closed specification; the rule here is a
reading of the three names (UNCONFIRMED `governing-classes`).
"""

from __future__ import annotations

from typing import Final

from sim.law.kinds import Affair, Filing, Governing

_CLASSES: Final[dict[tuple[bool, bool], Governing]] = {
    # (a residence notification on its own, deemed)
    (True, True): Governing.IMMIGRATION,
    (True, False): Governing.IMMIGRATION,
    (False, True): Governing.BOTH,
    (False, False): Governing.REGISTER,
}

_EXEMPT: Final = frozenset({Filing.HOUSEHOLD_CHANGE, Filing.RELATIONSHIP_CHANGE})
"""世帯変更 and 続柄の変更: changes of the record that the agency is not told of."""


def governing(filing: Filing, deemed: bool) -> Governing:
    """The class of the event that `filing` makes; `deemed` is what `deem` answered for it.

    Source: 入管法 art. 61-8-2 (the record) and 入管法施行令 art. 2 (the residence notification, deemed ones
    included), through the standard named above; from 2012-07-09.
    """
    return _CLASSES[filing is Filing.RESIDENCE_NOTIFICATION, deemed]


def goes_out(filing: Filing, deemed: bool) -> tuple[str, ...]:
    """The kinds of record that an accepted filing sends to the agency, the notice first.

    The municipality notice (市町村通知) tells of a changed record, the municipality transmission (市町村伝達)
    of a residence notification, deemed ones included. A filing that only changes the household is exempt.

    Source: 入管法 art. 61-8-2, 入管法施行令 art. 2; the exempt changes from the 8th working group on practice
    (実務研究会 第8回). From 2012-07-09.
    """
    notice = () if filing in _EXEMPT or filing is Filing.RESIDENCE_NOTIFICATION else ("municipality_notice",)
    transmission = deemed or filing is Filing.RESIDENCE_NOTIFICATION
    return (*notice, "municipality_transmission") if transmission else notice


def affairs(filing: Filing, deemed: bool) -> tuple[Affair, ...]:
    """Whose work an accepted filing is, the municipality's own first: both where one act has two effects.

    A filing under 住民基本台帳法 is the municipality's own work; the residence notification is the State's,
    whether it is deemed made with the filing or made on its own, and so is what the card is endorsed with.

    Source: seed 000, lines 52 (filings), 86 (residence notifications) and 102 (endorsement), on
    住民基本台帳法 arts. 22, 23, 30-46, 30-47, 入管法 arts. 19-7 to 19-9, 入管特例法 art. 10; from
    2012-07-09. Of other filings under 住民基本台帳法 the slide says nothing: the same is taken of them
    (UNCONFIRMED `affairs-of-other-filings`).
    """
    if filing is Filing.RESIDENCE_NOTIFICATION:
        return (Affair.DELEGATED,)
    return (Affair.AUTONOMOUS, Affair.DELEGATED) if deemed else (Affair.AUTONOMOUS,)
