"""The kinds the law distinguishes: filings, persons, their histories and cards, classes of events.

Values are the identifiers of the glossary and go into records and journals; the two names are for people.
"""

from __future__ import annotations

from sim.law.worded import Worded


class Filing(Worded):
    """What a person files. 住基法 is the Resident Registration Act, 入管法 the Immigration Act."""

    MOVING_IN = ("moving_in", "転入届", "moving-in filing")
    """転入届: moved here from another municipality. 住基法 art. 22."""
    MOVING_WITHIN = ("moving_within", "転居届", "moving-within filing")
    """転居届: moved inside the municipality. 住基法 art. 23."""
    MOVING_OUT = ("moving_out", "転出届", "moving-out filing")
    """転出届: will move away; filed beforehand. 住基法 art. 24."""
    HOUSEHOLD_CHANGE = ("household_change", "世帯変更届", "household change filing")
    """世帯変更届: another household or another head of it, at the same address. 住基法 art. 25."""
    ENTRY_FROM_ABROAD = ("entry_from_abroad", "国外からの転入の届出", "filing of entry from abroad")
    """国外からの転入: took an address here coming from abroad. 住基法 art. 30-46."""
    BECAME_RESIDENT_STATUS = (
        "became_resident_status",
        "中長期在留者等となった場合の届出",
        "filing on becoming a mid-long-term resident or the like",
    )
    """Lived here already and became a mid-long-term resident or the like. 住基法 art. 30-47."""
    RELATIONSHIP_CHANGE = (
        "relationship_change",
        "世帯主との続柄の変更の届出",
        "filing of a changed relationship to the head of household",
    )
    """The relationship to a foreign head of household changed (続柄の変更). 住基法 art. 30-48."""
    RESIDENCE_NOTIFICATION = (
        "residence_notification",
        "住居地の届出",
        "notification of the place of residence",
    )
    """住居地届出, made on its own. 入管法 arts. 19-7 to 19-9; Special Act (入管特例法) art. 10."""


class PersonClass(Worded):
    """The classes of foreign residents of 住基法 art. 30-45; the third class of the Act is two here."""

    MID_LONG_TERM_RESIDENT = ("mid_long_term_resident", "中長期在留者", "mid-long-term resident")
    """中長期在留者, 入管法 art. 19-3: holds a residence card."""
    SPECIAL_PERMANENT_RESIDENT = ("special_permanent_resident", "特別永住者", "special permanent resident")
    """特別永住者, 入管特例法: holds a special permanent resident certificate."""
    TEMPORARY_REFUGE = ("temporary_refuge", "一時庇護許可者", "person with permission for temporary refuge")
    """一時庇護許可者: no duty to notify a place of residence."""
    PROVISIONAL_STAY = ("provisional_stay", "仮滞在許可者", "person with permission for provisional stay")
    """仮滞在許可者: no duty to notify a place of residence."""
    TRANSITIONAL_STAY = (
        "transitional_stay",
        "出生・国籍喪失による経過滞在者",
        "transitional resident by birth or loss of nationality",
    )
    """出生・国籍喪失による経過滞在者: no duty to notify a place of residence."""


class History(Worded):
    """How the person came to owe a residence notification: decides between 入管法 arts. 19-7, 19-8 and 19-9.

    For a special permanent resident it decides between paras. 1 and 2 of 入管特例法 art. 10: every member but
    the last two is a certificate without a place of residence (住居地), the last is one that bears it. The
    one before it does not occur for them, as their Act knows nothing like art. 19-8 para. 4.
    """

    LANDED_NO_RESIDENCE = (
        "landed_no_residence",
        "新規上陸、住居地の記載なし",
        "landed, no place of residence on the card",
    )
    """Landed, and the card bears no place of residence yet."""
    PERMITTED_NO_RESIDENCE = (
        "permitted_no_residence",
        "許可により新たに該当、住居地なし",
        "newly in the class by a permission, no place of residence before",
    )
    """Became a mid-long-term resident by a permission, with no place of residence before."""
    PERMITTED_LIVING_HERE = (
        "permitted_living_here",
        "許可により新たに該当、既に居住",
        "newly in the class by a permission, living here already",
    )
    """Became a mid-long-term resident by a permission, living here already and in no class before (住基法
    art. 30-47 speaks of that person only)."""
    PERMITTED_ALREADY_REGISTERED = (
        "permitted_already_registered",
        "許可により新たに該当、既に住民票あり",
        "newly in the class by a permission, recorded here already",
    )
    """Became one by a permission, recorded here already in another class of 住基法 art. 30-45."""
    ACQUIRED_WITH_RECORD_COPY = (
        "acquired_with_record_copy",
        "在留資格取得、住民票の写し等を提出済み",
        "status acquired, a record copy submitted with the application",
    )
    """Acquired a status on an application with a record copy (住民票の写し): 入管法 art. 19-8 para. 4 deemed
    the residence notified when permission was given."""
    RESIDENCE_ON_CARD = ("residence_on_card", "住居地の記載あり", "place of residence on the card")
    """The card or certificate bears a place of residence already."""


class CardState(Worded):
    """What happened to the residence card or certificate at the counter; each person's own card counts."""

    PRESENTED = ("presented", "提出あり", "presented")
    """Handed in, and valid."""
    ABSENT = ("absent", "持参なし", "not brought")
    """Not brought."""
    ISSUED_LATER = ("issued_later", "後日交付", "to be issued later")
    """Not issued at the port: the passport says that the card follows (在留カード後日交付)."""
    EXPIRED = ("expired", "有効期間満了", "expired")
    """Handed in after the end of its validity."""
    EXPIRED_PENDING = ("expired_pending", "有効期間満了、申請中", "expired, application pending")
    """Expired, with a stamp that an application is pending (申請中), inside the two months allowed."""


class StartDay(Worded):
    """From which day a filing period runs; the day itself is not counted."""

    MOVED_IN = ("moved_in", "転入をした日", "day of moving in")
    """転入をした日: the day of moving into the municipality."""
    MOVED_WITHIN = ("moved_within", "転居をした日", "day of moving within the municipality")
    """転居をした日: the day of moving inside it."""
    PLANNED_TO_LEAVE = ("planned_to_leave", "転出予定日", "planned day of moving out")
    """転出予定日: the planned day; the filing comes before it."""
    HOUSEHOLD_CHANGED = ("household_changed", "世帯等に変更があった日", "day on which the household changed")
    """世帯変更のあった日: the day on which the household or the relationship changed."""
    JOINED_CLASS = (
        "joined_class",
        "中長期在留者等となった日",
        "day of becoming a mid-long-term resident or the like",
    )
    """中長期在留者等となった日: the day of coming into a class of 住基法 art. 30-45."""
    SETTLED = ("settled", "住居地を定めた日", "day one began to live there")
    """住居地を定めた日: the day one begins to live there; never the day of landing, nor that of a lease."""
    PERMITTED = ("permitted", "許可の日", "day of the permission")
    """許可の日: the day of the permission, for one who lives there already."""
    MOVED_RESIDENCE = (
        "moved_residence",
        "新住居地に移転した日",
        "day of moving to the new place of residence",
    )
    """新住居地に移転した日: the day of moving to the new place of residence."""


class Governing(Worded):
    """Under which law an outbound event goes: the three classes that the open functional standard names."""

    BOTH = ("住基法・入管法", "住基法・入管法", "both Acts")
    """A register filing that is a residence notification too."""
    IMMIGRATION = ("入管法", "入管法", "Immigration Act")
    """A residence notification alone."""
    REGISTER = ("住基法", "住基法", "Basic Resident Registration Act")
    """A register filing alone."""


class Affair(Worded):
    """Whose work a filing is for the municipality that takes it (事務区分): its own, or the State's."""

    AUTONOMOUS = ("autonomous_affair", "自治事務", "autonomous affair")
    """自治事務: the municipality's own work; the filings of 住民基本台帳法."""
    DELEGATED = ("delegated_affair", "法定受託事務", "statutory delegated affair")
    """法定受託事務: done for the agency; the residence notification and its endorsement on the card."""
