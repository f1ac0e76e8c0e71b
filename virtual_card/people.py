"""Holders of cards: what is printed and stored of a person. All are invented; none comes from a real card.

The tables below are the small vocabulary of test cards. Two of them stand for tables that are not public and
are marked so: the codes of status and period of stay (field C9, handed to businesses separately)
and the codes of the permission type (field CA).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from virtual_card.draws import Draws


class Sex(StrEnum):
    """Field C7 of the second generation: one digit (Ver1.1, 001460711.pdf)."""

    MALE = "1"
    FEMALE = "2"
    UNSPECIFIED = "3"


SEX_NAMES: Final = MappingProxyType({Sex.MALE: "男 M.", Sex.FEMALE: "女 F.", Sex.UNSPECIFIED: "－"})

WORK_RESTRICTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "就労制限なし",
        "2": "在留資格に基づく就労活動のみ可",
        "4": "指定書により指定された就労活動のみ可",
        "9": "就労不可",
    }
)
"""Field CC of the second generation (Ver1.1); the printed words follow the agency's sample pictures."""

# Alpha-3 letters as field C8 holds them (ISO 3166-1), and the Japanese name that the face shows.
NATIONALITIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BRA": "ブラジル",
        "CHN": "中国",
        "FRA": "フランス",
        "IDN": "インドネシア",
        "IND": "インド",
        "KOR": "韓国",
        "LKA": "スリランカ",
        "MMR": "ミャンマー",
        "NPL": "ネパール",
        "PER": "ペルー",
        "PHL": "フィリピン",
        "THA": "タイ",
        "TWN": "台湾",
        "USA": "米国",
        "VNM": "ベトナム",
    }
)


@dataclass(frozen=True, slots=True)
class Status:
    """A status of residence: Japanese name, TEST code for field C9, work restriction, usual periods (CE)."""

    name: str
    code: str
    work_restriction: str
    periods: tuple[str, ...]


# UNCONFIRMED: the real codes of C9 and CA are not public; these begin with T, so that none passes for one.
STATUSES: Final[Mapping[str, Status]] = MappingProxyType(
    {
        status.code: status
        for status in (
            Status("技術・人文知識・国際業務", "T000000101", "2", ("0500", "0300", "0100")),
            Status("技能", "T000000102", "2", ("0500", "0300", "0100")),
            Status("特定技能１号", "T000000103", "4", ("0100", "0006")),
            Status("留学", "T000000201", "9", ("0200", "0103", "0100")),
            Status("家族滞在", "T000000202", "9", ("0500", "0300", "0100")),
            Status("日本人の配偶者等", "T000000301", "1", ("0500", "0300", "0100")),
            Status("定住者", "T000000302", "1", ("0500", "0300", "0100")),
            Status("永住者", "T000000303", "1", ("0000",)),
            Status("特定活動", "T000000401", "4", ("0500", "0300", "0100", "0006")),
            Status("特別永住者", "T000000901", "1", ("0000",)),
        )
    }
)
SPECIAL_PERMANENT_RESIDENT: Final = "T000000901"
PERMANENT_RESIDENT: Final = "T000000303"
DESIGNATED_ACTIVITIES: Final = "T000000401"

PERMISSION_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "T1": "上陸許可",
        "T2": "在留資格変更許可",
        "T3": "在留期間更新許可",
        "T4": "永住許可",
        "T5": "在留資格取得許可",
    }
)

COMPREHENSIVE_PERMISSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "",
        "1": "許可：原則週28時間以内・風俗営業等の従事を除く",
        "2": "許可：資格外活動許可書に記載された範囲内の活動",
    }
)
"""Field D5 of the second generation holds the digit (Ver1.1: 0 to 2); the first generation holds the words.

[G] What stands behind 1 and 2 is in no source at hand: these words follow those of the permission itself."""


@dataclass(frozen=True, slots=True)
class Endorsement:
    """A new place of residence, written on the back by a municipality (Immigration Control Act 19-7(2))."""

    on: date
    municipality_code: str
    municipality: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One person as a card's issuer knows them.

    `period` is written as field CE has it: YYMM, three digits for days, `0000` without limit. `address` is
    the place of residence at issue, or empty when none is set yet; `endorsements` follow it in time.
    """

    name: str
    kanji_name: str
    birth: date
    sex: Sex
    nationality: str
    status_code: str
    period: str
    period_expiry: date | None
    permission_type: str
    permission_date: date
    work_restriction: str
    address: str
    comprehensive_permission: str = "0"
    comprehensive_expiry: date | None = None
    individual_permission: str = ""
    application_pending: bool = False
    endorsements: tuple[Endorsement, ...] = ()

    @property
    def status(self) -> Status:
        """The entry of `STATUSES` for the holder's code."""
        return STATUSES[self.status_code]

    def age_on(self, day: date) -> int:
        """Years completed on `day`."""
        return age_on(self.birth, day)


def age_on(birth: date, day: date) -> int:
    """Years completed on `day`; one born on 29 February completes a year on 1 March at the latest."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def years_after(day: date, years: int) -> date:
    """The same day `years` later; 28 February where the year has no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def months_after(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day (Civil Code article 143)."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


# (Latin name, name in kanji or "", nationality, sex). Long names, one-word names, kanji outside JIS level 2.
_NAMES: Final = (
    ("TURNER ELIZABETH", "", "USA", Sex.FEMALE),
    ("SILVA SANTOS JOAO PEDRO DE OLIVEIRA", "", "BRA", Sex.MALE),
    ("ZHANG WEI", "張偉", "CHN", Sex.MALE),
    ("WANG XIAOYAN", "王暁燕", "CHN", Sex.FEMALE),
    ("CHEN MEILING", "陳美玲", "TWN", Sex.FEMALE),
    ("KIM MINJUN", "金珉俊", "KOR", Sex.MALE),
    ("NGUYEN THI PHUONG THAO", "", "VNM", Sex.FEMALE),
    ("TRAN VAN HUNG", "", "VNM", Sex.MALE),
    ("DELA CRUZ MARIA CRISTINA SANTOS", "", "PHL", Sex.FEMALE),
    ("SHRESTHA BIKASH", "", "NPL", Sex.MALE),
    ("SUPARMAN", "", "IDN", Sex.MALE),
    ("QUISPE HUAMAN ROSA", "", "PER", Sex.FEMALE),
    ("WICKRAMASINGHE ARACHCHILAGE DON NUWAN CHATHURANGA", "", "LKA", Sex.MALE),
    ("AYE AYE MYINT", "", "MMR", Sex.FEMALE),
)
_SPECIAL_NAMES: Final = (
    ("KIM YEONGSU", "金永洙", "KOR", Sex.MALE),
    ("PARK MIYEON", "朴美姸", "KOR", Sex.FEMALE),
    ("LEE JEONGHO", "李正鎬", "KOR", Sex.MALE),
    ("LIN SHUFEN", "林淑芬", "TWN", Sex.FEMALE),
)
# (municipality code with check digit, municipality, address stem): real places, invented house numbers.
_PLACES: Final = (
    ("131041", "新宿区", "東京都新宿区歌舞伎町"),
    ("131211", "足立区", "東京都足立区中央本町"),
    ("231002", "名古屋市", "愛知県名古屋市中区三の丸"),
    ("271004", "大阪市", "大阪府大阪市生野区勝山南"),
    ("101001", "前橋市", "群馬県前橋市大手町"),
    ("221309", "浜松市", "静岡県浜松市中央区元城町"),
    ("112038", "川口市", "埼玉県川口市青木"),
    ("102059", "太田市", "群馬県太田市浜町"),
)
_HOUSES: Final = ("", " 第二メゾン国際 ３０２号室", " コーポ青葉 １０５号", " ○○寮 Ｂ棟 １２０４")


# Special permanent residents have cards of their own; the other came later, and samples stay as they were.
_NOT_DRAWN: Final = (SPECIAL_PERMANENT_RESIDENT, DESIGNATED_ACTIVITIES)


def _address(draws: Draws) -> tuple[str, str, str]:
    code, municipality, stem = draws.choice(_PLACES)
    block = f"{draws.between(1, 8)}丁目{draws.between(1, 30)}番{draws.between(1, 20)}号"
    return code, municipality, stem + block + draws.choice(_HOUSES)


def sample_endorsement(draws: Draws, on: date) -> Endorsement:
    """A move on that day to one of the sample places."""
    code, municipality, address = _address(draws)
    return Endorsement(on, code, municipality, address)


def sample_holder(
    seed: int,
    *,
    special_permanent: bool = False,
    issued: date,
    age: int | None = None,
    until: date | None = None,
) -> Holder:
    """An invented person to whom a card is issued on `issued`; the same for the same arguments.

    `special_permanent`: a holder of a special permanent resident certificate. `age`: in completed years on
    the day of issue, for cards without a photo; drawn from 18 to 79 when not given. `until`: a stay that ends
    before that day is drawn again among those that last so long, if there are any for such a person.
    """
    draws = Draws(seed, "holder", "special" if special_permanent else "mid-long-term")
    name, kanji, nationality, sex = draws.choice(_SPECIAL_NAMES if special_permanent else _NAMES)
    years = draws.between(18, 79) if age is None else age
    birth = years_after(issued, -years) - timedelta(days=draws.below(180 if years else 60))
    if special_permanent:
        codes = [SPECIAL_PERMANENT_RESIDENT]
    elif years < 16:
        codes = [code for code, status in STATUSES.items() if status.name == "家族滞在"]
    else:
        codes = [code for code in STATUSES if code not in _NOT_DRAWN]
    code = draws.choice(codes) if len(codes) > 1 else codes[0]
    period = draws.choice(STATUSES[code].periods)
    permitted = issued if years else min(issued, birth + timedelta(days=30))
    if until is not None and not _lasts(permitted, period, until):
        stays = [(each, one) for each in codes for one in STATUSES[each].periods]
        lasting = [stay for stay in stays if _lasts(permitted, stay[1], until)]
        code, period = Draws(seed, "lasting stay").choice(lasting) if lasting else (code, period)
    status = STATUSES[code]
    part_time = status.work_restriction == "9" and years >= 16 and draws.chance(60)
    expiry = period_end(permitted, period)
    if code == PERMANENT_RESIDENT:
        permission_type = "T4"
    else:
        permission_type = "T5" if years == 0 else draws.choice(("T1", "T2", "T3"))
    return Holder(
        name=name,
        kanji_name=kanji,
        birth=birth,
        sex=sex,
        nationality=nationality,
        status_code=code,
        period=period,
        period_expiry=expiry,
        permission_type=permission_type,
        permission_date=permitted,
        work_restriction=status.work_restriction,
        address=_address(draws)[2],
        comprehensive_permission="1" if part_time else "0",
        comprehensive_expiry=expiry if part_time else None,
    )


def _lasts(start: date, period: str, until: date) -> bool:
    end = period_end(start, period)
    return end is None or end >= until


def period_end(start: date, period: str) -> date | None:
    """The last day of a period of stay from `start` on; None without limit. `period`: as in field CE.

    Four digits are years and months, three are days (second generation, Ver1.1).
    """
    if period == "0000":
        return None
    if len(period) == 3:
        return start + timedelta(days=int(period))
    return months_after(start, int(period[:2]) * 12 + int(period[2:]))


def period_words(period: str) -> str:
    """A period as the first generation prints it: 5年, 1年3月, 90日, or 無期限 for `0000`."""
    if period == "0000":
        return "無期限"
    if len(period) == 3:
        return f"{int(period)}日"
    years, months = int(period[:2]), int(period[2:])
    return (f"{years}年" if years else "") + (f"{months}月" if months else "")
