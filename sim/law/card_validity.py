"""The card on the counter: in which state it is on a day, what it bears, and until when it is valid.

The states are those of `CardState`; a person's own card counts, never that of a relative.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sim.base.errors import UsageError
from sim.law.calendar import count_months
from sim.law.changes import CARD_ITEMS, SYSTEM_FIRST_DAY, YOUNG_CARD_RULE
from sim.law.kinds import CardState

PENDING_MONTHS: Final = 2
"""An expired card with the mark of a pending application counts for this many months after its end."""

GROWN_UP: Final = 16
"""Age in years from which a residence card is the ordinary one."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item on the residence card's face, with the days between which the Act prescribed it.

    `id` is our name; `since` the first day; `until` the day from which it is gone, or None.
    """

    id: str
    ja: str
    en: str
    since: date = SYSTEM_FIRST_DAY
    until: date | None = None


CARD_FACE: Final[tuple[Item, ...]] = (
    Item("name", "氏名", "name"),
    Item("birth_date", "生年月日", "date of birth"),
    Item("sex", "性別", "sex"),
    Item("nationality", "国籍・地域", "nationality or region"),
    Item("place_of_residence", "住居地", "place of residence"),
    Item("status", "在留資格", "status of residence"),
    Item("period_of_stay", "在留期間", "period of stay", until=CARD_ITEMS),
    Item("period_until", "在留期間の満了の日", "last day of the period of stay"),
    Item("permission_kind", "許可の種類", "kind of the permission", until=CARD_ITEMS),
    Item("permission_date", "許可の年月日", "day of the permission", until=CARD_ITEMS),
    Item("card_number", "在留カードの番号", "card number"),
    Item("issue_date", "交付年月日", "day of issue", until=CARD_ITEMS),
    Item("card_until", "有効期間の満了の日", "last day of the card's validity"),
    Item("work_restriction", "就労制限の有無", "restriction on work"),
    Item("work_permission", "資格外活動の許可", "permission for other activities"),
    Item("by_ordinance", "法務省令で定める事項", "items set by ordinance", since=CARD_ITEMS),
)
"""What 入管法 art. 19-4 para. 1 wants on the card: four items go and one comes on 2026-06-14."""


ENDORSEMENT: Final[tuple[Item, ...]] = (
    Item("reason", "異動事由", "reason of the change"),
    Item("changed_to", "異動後の項目内容", "the item after the change, such as the new address"),
    Item("filed_date", "届出日", "day of the filing"),
    Item("official_mark", "職印", "the mayor's mark"),
)
"""What an endorsement (裏書き) writes on the back: 住民記録システム標準仕様書 1.0, 7.1.1.3, residence cards
included."""


def card_items(issued: date) -> tuple[Item, ...]:
    """The items on the face of a residence card (在留カード) issued on the day `issued`.

    Source: 入管法 art. 19-4 para. 1, as amended by 令和6年法律第59号 from 2026-06-14.

    Raises:
        UsageError: there were no residence cards yet.
    """
    if issued < SYSTEM_FIRST_DAY:
        raise UsageError(
            "there were no residence cards yet",
            expected=f"a day from {SYSTEM_FIRST_DAY} on",
            received=issued.isoformat(),
            where="sim.law.card_validity.card_items",
            remedy="give the day on which the card was issued",
        )
    return tuple(
        item for item in CARD_FACE if item.since <= issued and (item.until is None or issued < item.until)
    )


def pending_until(expiry: date, decided: date | None = None) -> date:
    """Last day on which a card that expired on the day `expiry` counts while an application is pending.

    The earlier of two months after the expiry and the decision; `decided` is the day of the decision, or None
    (UNCONFIRMED `card-expired-pending`).

    Source: 入管法 art. 20 para. 6 (background); a city's guidance (two months, no endorsement afterwards).
    """
    last = count_months(expiry, PENDING_MONTHS)
    return last if decided is None else min(last, decided)


def card_state(
    on: date,
    *,
    presented: bool = True,
    issued_later: bool = False,
    expiry: date | None = None,
    pending_mark: bool = False,
    decided: date | None = None,
) -> CardState:
    """In which state the law sees a card on the day `on`.

    `presented`: it is handed in; `issued_later`: the passport says that the card follows; `expiry`: the last
    day of its validity (None: not yet ended); `pending_mark`: its back says 申請中; `decided`: the day on
    which that application was decided. An application made online leaves no mark (UNCONFIRMED
    `online-pending`).

    Source: 入管法 art. 19-5 para. 1, art. 20 para. 6; the agency's notes on cards issued later; a city's
    guidance on expired cards.
    """
    if issued_later:
        return CardState.ISSUED_LATER
    if not presented:
        return CardState.ABSENT
    if expiry is None or on <= expiry:
        return CardState.PRESENTED
    if pending_mark and on <= pending_until(expiry, decided):
        return CardState.EXPIRED_PENDING
    return CardState.EXPIRED


def young_card_until(born: date, issued: date) -> date:
    """Last day of a residence card issued on the day `issued` to a child under 16 born on the day `born`.

    The period of stay may end it earlier, which is not asked here. From 2023-11-01 the day before the 16th
    birthday, before that the birthday itself (UNCONFIRMED `young-card-expiry`). One born on 29 February has
    the birthday on 1 March in common years.

    Source: 入管法 art. 19-5 para. 1.

    Raises:
        UsageError: the card is issued before the birth, or when the child is 16 or older.
    """
    year = min(born.year + GROWN_UP, date.max.year)
    leapling = (born.month, born.day) == (2, 29) and not isleap(year)
    birthday = date(year, 3, 1) if leapling else born.replace(year=year)
    if not born <= issued < birthday:
        raise UsageError(
            "the holder is not a child under 16 on the day of issue",
            expected=f"a day from {born} to before {birthday}",
            received=issued.isoformat(),
            where="sim.law.card_validity.young_card_until",
            remedy="give the day on which the child's card was issued",
        )
    return birthday if issued < YOUNG_CARD_RULE else birthday - timedelta(days=1)
