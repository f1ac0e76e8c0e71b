"""One dated table of citations: a stable id on our side, the numbering of the day on the law's side.

Articles move, so nothing else in the harness writes an article's number into an answer. An id names what the
provision says and stays; `citation(id, on)` gives its name as it stood on a day. Ids of paragraphs end in the
paragraph's number (`immi.19-9-1` is art. 19-9 para. 1); an article that needs no paragraph ends in its own.
Provisions whose number moved are named by content (`immi.revocation-not-renewed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from sim.base.errors import UsageError, nearest
from sim.law.changes import AGENCY_FIRST_DAY, PENALTIES_RENUMBERED, REVOCATION_RENUMBERED, SYSTEM_FIRST_DAY


@dataclass(frozen=True, slots=True)
class Citation:
    """A provision's name on one day: full (`ja`), by the Act's short name (`short`), English (`en`).

    `unconfirmed`: ids of what is not sure about its number (`sim.law.unconfirmed`).
    """

    id: str
    ja: str
    short: str
    en: str
    unconfirmed: tuple[str, ...] = ()


class Act(NamedTuple):
    """An Act or order: full name, short name, English name (the official translation's, if any)."""

    ja: str
    short: str
    en: str


class Form(NamedTuple):
    """Where a provision stands from the day `since`; None means since before the system's first day."""

    since: date | None
    ja: str
    en: str


JUKI: Final = Act("住民基本台帳法", "住基法", "Basic Resident Registration Act")
JUKI_ORDER: Final = Act(
    "住民基本台帳法施行令", "住基法施行令", "Order for Enforcement of the Basic Resident Registration Act"
)
IMMI: Final = Act("出入国管理及び難民認定法", "入管法", "Immigration Control and Refugee Recognition Act")
IMMI_ORDER: Final = Act(
    "出入国管理及び難民認定法施行令",
    "入管法施行令",
    "Order for Enforcement of the Immigration Control and Refugee Recognition Act",
)
SPECIAL: Final = Act(
    "日本国との平和条約に基づき日本の国籍を離脱した者等の出入国管理に関する特例法",
    "入管特例法",
    "Special Act on the Immigration Control of, Inter Alia, Those Who Have Lost Japanese Nationality"
    " Pursuant to the Treaty of Peace with Japan",
)
JOINT_ORDINANCE: Final = Act(
    "平成24年総務省・法務省令第1号",
    "平成24年総務・法務省令第1号",
    "Joint Ordinance No. 1 of 2012 (MIC and MOJ)",
)
JOINT_NOTICE: Final = Act(
    "平成24年総務省・法務省告示第1号",
    "平成24年総務・法務省告示第1号",
    "Joint Public Notice No. 1 of 2012 (MIC and MOJ)",
)
NOTICE_582: Final = Act(
    "平成23年法務省告示第582号", "告示第582号", "Ministry of Justice Public Notice No. 582 of 2011"
)
CIVIL: Final = Act("民法", "民法", "Civil Code")
KOSEKI: Final = Act("戸籍法", "戸籍法", "Family Register Act")
LOCAL: Final = Act("地方自治法", "地方自治法", "Local Autonomy Act")

PROVISIONS: Final[dict[str, tuple[Act, tuple[Form, ...]]]] = {
    "juki.22": (JUKI, (Form(None, "第22条第1項", "Article 22, paragraph (1)"),)),
    "juki.23": (JUKI, (Form(None, "第23条", "Article 23"),)),
    "juki.24": (JUKI, (Form(None, "第24条", "Article 24"),)),
    "juki.25": (JUKI, (Form(None, "第25条", "Article 25"),)),
    "juki.26": (JUKI, (Form(None, "第26条", "Article 26"),)),
    "juki.27": (JUKI, (Form(None, "第27条", "Article 27"),)),
    "juki.52-1": (JUKI, (Form(None, "第52条第1項", "Article 52, paragraph (1)"),)),
    "juki.52-2": (JUKI, (Form(None, "第52条第2項", "Article 52, paragraph (2)"),)),
    "juki.30-45": (JUKI, (Form(SYSTEM_FIRST_DAY, "第30条の45", "Article 30-45"),)),
    "juki.30-46": (JUKI, (Form(SYSTEM_FIRST_DAY, "第30条の46", "Article 30-46"),)),
    "juki.30-47": (JUKI, (Form(SYSTEM_FIRST_DAY, "第30条の47", "Article 30-47"),)),
    "juki.30-48": (JUKI, (Form(SYSTEM_FIRST_DAY, "第30条の48", "Article 30-48"),)),
    "juki.30-50": (JUKI, (Form(SYSTEM_FIRST_DAY, "第30条の50", "Article 30-50"),)),
    "juki-order.notice": (
        JUKI_ORDER,
        (Form(SYSTEM_FIRST_DAY, "第30条の20（旧第30条の30）", "Article 30-20 (formerly 30-30)"),),
    ),
    "immi.19-3": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の3", "Article 19-3"),)),
    "immi.19-4-1": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の4第1項", "Article 19-4, paragraph (1)"),)),
    "immi.19-5-1": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の5第1項", "Article 19-5, paragraph (1)"),)),
    "immi.19-7-1": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の7第1項", "Article 19-7, paragraph (1)"),)),
    "immi.19-7-3": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の7第3項", "Article 19-7, paragraph (3)"),)),
    "immi.19-8-1": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の8第1項", "Article 19-8, paragraph (1)"),)),
    "immi.19-8-3": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の8第3項", "Article 19-8, paragraph (3)"),)),
    "immi.19-8-4": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の8第4項", "Article 19-8, paragraph (4)"),)),
    "immi.19-9-1": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の9第1項", "Article 19-9, paragraph (1)"),)),
    "immi.19-9-3": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の9第3項", "Article 19-9, paragraph (3)"),)),
    "immi.residence-notification": (
        IMMI,
        (
            Form(
                SYSTEM_FIRST_DAY,
                "第19条の7から第19条の9まで（特別永住者は入管特例法第10条）",
                "Articles 19-7 to 19-9 (special permanent residents: Special Act, Article 10)",
            ),
        ),
    ),
    "immi.revocation-not-notified": (
        IMMI,
        (
            Form(SYSTEM_FIRST_DAY, "第22条の4第1項第8号", "Article 22-4, paragraph (1), item (viii)"),
            Form(REVOCATION_RENUMBERED, "第22条の4第1項第10号", "Article 22-4, paragraph (1), item (x)"),
        ),
    ),
    "immi.revocation-not-renewed": (
        IMMI,
        (
            Form(SYSTEM_FIRST_DAY, "第22条の4第1項第9号", "Article 22-4, paragraph (1), item (ix)"),
            Form(REVOCATION_RENUMBERED, "第22条の4第1項第11号", "Article 22-4, paragraph (1), item (xi)"),
        ),
    ),
    "immi.revocation-false": (
        IMMI,
        (
            Form(SYSTEM_FIRST_DAY, "第22条の4第1項第10号", "Article 22-4, paragraph (1), item (x)"),
            Form(REVOCATION_RENUMBERED, "第22条の4第1項第12号", "Article 22-4, paragraph (1), item (xii)"),
        ),
    ),
    "immi.20-6": (IMMI, (Form(SYSTEM_FIRST_DAY, "第20条第6項", "Article 20, paragraph (6)"),)),
    "immi.22-2": (IMMI, (Form(SYSTEM_FIRST_DAY, "第22条の2", "Article 22-2"),)),
    "immi.19-7-2": (IMMI, (Form(SYSTEM_FIRST_DAY, "第19条の7第2項", "Article 19-7, paragraph (2)"),)),
    "immi.22-4-hearing": (
        IMMI,
        (Form(SYSTEM_FIRST_DAY, "第22条の4第2項から第4項まで", "Article 22-4, paragraphs (2) to (4)"),),
    ),
    "immi.61-9-3": (IMMI, (Form(SYSTEM_FIRST_DAY, "第61条の9の3", "Article 61-9-3"),)),
    "immi.penalty-false": (
        IMMI,
        (
            Form(SYSTEM_FIRST_DAY, "第71条の2", "Article 71-2"),
            Form(
                PENALTIES_RENUMBERED,
                "旧第71条の2（移動後の条番号は未確認）",
                "formerly Article 71-2 (present number not confirmed)",
            ),
        ),
    ),
    "immi.penalty-not-notified": (
        IMMI,
        (
            Form(SYSTEM_FIRST_DAY, "第71条の3", "Article 71-3"),
            Form(
                PENALTIES_RENUMBERED,
                "旧第71条の3（移動後の条番号は未確認）",
                "formerly Article 71-3 (present number not confirmed)",
            ),
        ),
    ),
    "immi.61-8-2": (IMMI, (Form(SYSTEM_FIRST_DAY, "第61条の8の2", "Article 61-8-2"),)),
    "immi-order.2": (IMMI_ORDER, (Form(SYSTEM_FIRST_DAY, "第2条", "Article 2"),)),
    "immi-order.notice": (
        IMMI_ORDER,
        (Form(SYSTEM_FIRST_DAY, "第24条（旧第6条）", "Article 24 (formerly 6)"),),
    ),
    "special.10-1": (SPECIAL, (Form(SYSTEM_FIRST_DAY, "第10条第1項", "Article 10, paragraph (1)"),)),
    "special.10-2": (SPECIAL, (Form(SYSTEM_FIRST_DAY, "第10条第2項", "Article 10, paragraph (2)"),)),
    "special.10-4": (SPECIAL, (Form(SYSTEM_FIRST_DAY, "第10条第4項", "Article 10, paragraph (4)"),)),
    "special.10-5": (SPECIAL, (Form(SYSTEM_FIRST_DAY, "第10条第5項", "Article 10, paragraph (5)"),)),
    "special.10-3": (SPECIAL, (Form(SYSTEM_FIRST_DAY, "第10条第3項", "Article 10, paragraph (3)"),)),
    "special.19": (SPECIAL, (Form(SYSTEM_FIRST_DAY, "第19条", "Article 19"),)),
    "special.penalty-false": (SPECIAL, (Form(SYSTEM_FIRST_DAY, "第31条", "Article 31"),)),
    "special.penalty-not-notified": (SPECIAL, (Form(SYSTEM_FIRST_DAY, "第32条", "Article 32"),)),
    "joint-ordinance.1": (JOINT_ORDINANCE, (Form(SYSTEM_FIRST_DAY, "第1条", "Article 1"),)),
    "joint-ordinance.2": (JOINT_ORDINANCE, (Form(SYSTEM_FIRST_DAY, "第2条", "Article 2"),)),
    "joint-notice": (JOINT_NOTICE, (Form(SYSTEM_FIRST_DAY, "", ""),)),
    "notice-582": (NOTICE_582, (Form(SYSTEM_FIRST_DAY, "", ""),)),
    "civil.140": (CIVIL, (Form(None, "第140条", "Article 140"),)),
    "civil.142": (CIVIL, (Form(None, "第142条", "Article 142"),)),
    "civil.143-2": (CIVIL, (Form(None, "第143条第2項", "Article 143, paragraph (2)"),)),
    "koseki.43": (KOSEKI, (Form(None, "第43条", "Article 43"),)),
    "koseki.49-1": (KOSEKI, (Form(None, "第49条第1項", "Article 49, paragraph (1)"),)),
    "local.4-2-2": (LOCAL, (Form(None, "第4条の2第2項", "Article 4-2, paragraph (2)"),)),
    "local.4-2-4": (LOCAL, (Form(None, "第4条の2第4項", "Article 4-2, paragraph (4)"),)),
}
"""Id -> the Act and its forms, oldest first. The two orders moved on unknown days (UNCONFIRMED
`renumbered-orders`), so they show both numbers on every day."""


_BACKGROUND: Final = ("background-citations",)

DOUBTS: Final[dict[str, tuple[tuple[date, tuple[str, ...]], ...]]] = {
    **dict.fromkeys(
        (
            "juki.25",
            "juki.26",
            "juki.30-48",
            "juki.30-50",
            "immi.19-5-1",
            "immi.20-6",
            "civil.140",
            "civil.142",
            "civil.143-2",
            "koseki.49-1",
            "local.4-2-2",
            "local.4-2-4",
        ),
        ((date.min, _BACKGROUND),),
    ),
    "juki.52-1": ((date.min, ("fine-article-number",)),),
    "juki.52-2": ((date.min, ("fine-article-number",)),),
    "immi.penalty-false": (
        (date.min, ("penalty-articles",)),
        (PENALTIES_RENUMBERED, ("penalty-articles", "renumbered-penalties")),
    ),
    "immi.penalty-not-notified": (
        (date.min, ("penalty-articles",)),
        (PENALTIES_RENUMBERED, ("penalty-articles", "renumbered-penalties")),
    ),
    "special.penalty-false": ((date.min, ("special-permanent-penalties",)),),
    "special.penalty-not-notified": ((date.min, ("special-permanent-penalties",)),),
    "special.19": ((date.min, ("special-permanent-filers",)),),
    "immi.revocation-not-notified": ((REVOCATION_RENUMBERED, ("renumbered-revocation",)),),
    "immi.revocation-not-renewed": ((REVOCATION_RENUMBERED, ("renumbered-revocation",)),),
    "immi.revocation-false": ((REVOCATION_RENUMBERED, ("renumbered-revocation",)),),
    "juki-order.notice": ((date.min, ("renumbered-orders",)),),
    "immi-order.notice": ((date.min, ("renumbered-orders",)),),
}
"""Id -> from when which unconfirmed facts its number rests on; a provision that is absent rests on none."""


def citation(provision: str, on: date) -> Citation:
    """The provision with this id as it was numbered on the day `on`.

    Raises:
        UsageError: the id is unknown (the nearest is named), or the provision was not in force yet.
    """
    return _citation(provision, on)


def cite(provision: str, on: date) -> str:
    """The full Japanese name of the provision on the day `on`, such as 住民基本台帳法第22条第1項.

    Raises:
        UsageError: as `citation`.
    """
    return _citation(provision, on).ja


def first_day(provision: str) -> date:
    """From when the provision with this id can be cited; `date.min` for one older than the system.

    Raises:
        UsageError: the id is unknown.
    """
    _, forms = _provision(provision)
    return forms[0].since or date.min


def counterpart(on: date) -> tuple[str, str]:
    """To whom a municipality reports on the day `on`: (Japanese, English).

    Source: the Minister of Justice until 2019-03-31; the Commissioner from 2019-04-01, when the amendment of
    2018 to the Immigration Act came into force.
    """
    if on < AGENCY_FIRST_DAY:
        return ("法務大臣", "Minister of Justice")
    return ("出入国在留管理庁長官", "Commissioner of the Immigration Services Agency")


@lru_cache(maxsize=1 << 14)
def _citation(provision: str, on: date) -> Citation:
    act, forms = _provision(provision)
    in_force = [form for form in forms if form.since is None or form.since <= on]
    if not in_force:
        raise UsageError(
            f"{provision!r} was not in force yet",
            expected=f"a day from {forms[0].since} on",
            received=on.isoformat(),
            where="sim.law.citation",
            remedy="give a day on which the provision was in force",
        )
    form = in_force[-1]
    return Citation(
        id=provision,
        ja=act.ja + form.ja,
        short=act.short + form.ja,
        en=f"{act.en}, {form.en}" if form.en else act.en,
        unconfirmed=next((ids for since, ids in reversed(DOUBTS.get(provision, ())) if since <= on), ()),
    )


def _provision(provision: str) -> tuple[Act, tuple[Form, ...]]:
    known = PROVISIONS.get(provision)
    if known is None:
        near = nearest(provision, PROVISIONS)
        raise UsageError(
            f"no provision is called {provision!r}",
            where="sim.law.citation",
            remedy=f"did you mean {near!r}?" if near else "`renkei law citation` lists the ids",
        )
    return known
