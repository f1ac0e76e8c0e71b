"""Revocation of a status of residence (在留資格の取消し): the 90 days for notifying a place of residence.

Two clocks. One runs from the permission that made the person a mid-long-term resident (中長期在留者), until a
first place of residence is notified; the other from the day of leaving the filed place of residence, until a
new one is. Day 1 is the day after; any valid notification stops the clock, a deemed one and a late one too,
and the day that counts is the day of filing. A false notification is a ground of its own, without a clock.

The period is one for finding facts and no filing period, so a closed day at its end extends nothing
(UNCONFIRMED `revocation-count`). It is the agency's clock: the municipality keeps none and decides nothing.
Nothing here decides either: revocation is at the Minister's discretion, after a hearing, and the worst an
answer says is that the person is a *candidate* (取消しの対象となり得る).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sim.base.errors import UsageError
from sim.law.calendar import count_days, in_japanese, next_open
from sim.law.changes import REVOCATION_RENUMBERED, SYSTEM_FIRST_DAY
from sim.law.citation import counterpart
from sim.law.deeming import residence_duty
from sim.law.kinds import History, PersonClass
from sim.law.worded import Worded

REVOCATION_DAYS: Final = 90
"""Length of both clocks, in days: 入管法 art. 22-4 para. 1, the two grounds on residence."""

HEARING: Final = "immi.22-4-hearing"
"""Citation id of the hearing that comes before a revocation: 入管法 art. 22-4 paras. 2 to 4."""

DECIDED_BY: Final = ("法務大臣", "Minister of Justice")
"""Who may revoke, in Japanese and English: 入管法 art. 22-4 para. 1."""


class Ground(Worded):
    """The three grounds of 入管法 art. 22-4 para. 1 on the place of residence (住居地)."""

    NOT_NOTIFIED = (
        "not_notified",
        "許可後90日以内に住居地を届け出ないこと",
        "no residence notified within 90 days of the permission",
    )
    """Item 8 (10 from 2027-04-01): no first place of residence was notified after the permission."""
    NOT_RENEWED = (
        "not_renewed",
        "退去後90日以内に新住居地を届け出ないこと",
        "no new residence notified within 90 days of leaving the filed one",
    )
    """Item 9 (11): the person left the filed place of residence and notified no new one."""
    FALSE = ("false", "虚偽の住居地を届け出ること", "a false residence notified")
    """Item 10 (12): the place of residence notified was false."""


class Excuse(Worded):
    """The published cases of a good reason (正当な理由) for not notifying; each is judged individually."""

    LOST_HOME = (
        "lost_home",
        "勤務先の急な倒産や契約の打切りにより住居を失い、経済的に困窮している場合",
        "home lost and money short after a sudden bankruptcy or end of contract",
    )
    """The home went with the employment, and there was no money for another."""
    FLED_VIOLENCE = (
        "fled_violence",
        "配偶者からの暴力を避けるため、避難し又は保護を必要としている場合",
        "in flight or under protection from a spouse's violence",
    )
    """Flight or protection from a spouse's violence."""
    IN_HOSPITAL = (
        "in_hospital",
        "入院等のため届出ができず、代わって届け出る者もいない場合",
        "in hospital or the like, with nobody to file instead",
    )
    """A stay in hospital or the like, and nobody who could file instead."""
    ABROAD = (
        "abroad",
        "転居後に再入国許可（みなし再入国許可を含む。）により出国中である場合",
        "abroad on a re-entry permission after moving",
    )
    """Abroad after the move, on a re-entry permission or a deemed one."""
    ALWAYS_TRAVELLING = (
        "always_travelling",
        "頻繁な出張で短期間の滞在を繰り返し、住居地を定めていない場合",
        "on frequent business trips with short stays, with no residence settled",
    )
    """Short stays on frequent business trips, so that no place of residence is settled."""


class Status(Worded):
    """Where the person stands on a day. No member is a revocation."""

    NOT_APPLICABLE = ("not_applicable", "対象外", "not applicable")
    """No ground on residence applies to this class of persons."""
    RUNNING = ("running", "期間進行中", "running")
    """The 90 days have not passed, and nothing was notified yet."""
    STOPPED = ("stopped", "届出により停止", "stopped by a notification")
    """A valid notification was made within the 90 days."""
    EXCUSE_TO_ASSESS = ("excuse_to_assess", "正当な理由の有無の判断を要する", "excuse to be assessed")
    """The 90 days have passed, and a published excuse is claimed: judged individually, never here."""
    NOTIFIED_LATE = ("notified_late", "期間後に届出（取消しの対象となり得る）", "candidate, notified late")
    """The residence was notified after the 90 days: a candidate still; that is weighed."""
    CANDIDATE = ("candidate", "取消しの対象となり得る", "candidate")
    """The facts of a ground are there: the Minister may open the procedure."""


CANDIDATES: Final = frozenset({Status.CANDIDATE, Status.NOTIFIED_LATE, Status.EXCUSE_TO_ASSESS})
"""The states in which the Minister may open the procedure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the assessment is made from.

    `start`: the day of the permission (`NOT_NOTIFIED`), of leaving the filed residence (`NOT_RENEWED`) or of
    the false filing (`FALSE`). `as_of`: the day asked about; what happened after it is not known on it.
    `notified`: the filing day of the first valid notification from `start` on, direct or deemed. `excuse`:
    what the person claims.
    """

    person_class: PersonClass
    ground: Ground
    start: date
    as_of: date
    notified: date | None = None
    excuse: Excuse | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """Where a person stands under one ground.

    `clause`: citation id of the ground, or None when none applies. `last_day`: the last day on which a
    notification stops the clock, None without a clock. `days_elapsed`: days counted until the notification,
    else until the day asked about; None without a clock. `kept_by_*`: whose clock it is. `hearing`: citation
    id of what must come before any revocation, for a candidate only.
    """

    status: Status
    ground: Ground
    clause: str | None
    last_day: date | None
    days_elapsed: int | None
    kept_by_ja: str
    kept_by_en: str
    hearing: str | None
    why_ja: str
    why_en: str
    unconfirmed: tuple[str, ...] = ()

    @property
    def candidate(self) -> bool:
        """Whether the person is a candidate, a claimed excuse aside."""
        return self.status in CANDIDATES


CLAUSES: Final[dict[Ground, str]] = {
    Ground.NOT_NOTIFIED: "immi.revocation-not-notified",
    Ground.NOT_RENEWED: "immi.revocation-not-renewed",
    Ground.FALSE: "immi.revocation-false",
}
"""The citation id of each ground: its item moves on 2027-04-01, the id does not."""

RESTS_ON: Final[dict[Ground, tuple[str, ...]]] = {
    Ground.NOT_NOTIFIED: ("revocation-not-notified-wording", "revocation-count"),
    Ground.NOT_RENEWED: ("revocation-count",),
    Ground.FALSE: ("revocation-false-wording",),
}

DISCRETION: Final = (
    "取り消すかどうかは、意見の聴取を経て法務大臣が個別に判断します。",
    "Whether to revoke is for the Minister of Justice to judge, after a hearing.",
)


def clock_ground(person_class: PersonClass, history: History) -> Ground | None:
    """Which of the two clocks runs for a person of this history, or None for a class without one.

    Source: 入管法 art. 22-4 para. 1, items 8 and 9 (10 and 11 from 2027-04-01): the first for one who has
    notified no place of residence since the permission, the second for one who has.
    """
    if person_class is not PersonClass.MID_LONG_TERM_RESIDENT:
        return None
    if residence_duty(person_class, history) == "immi.19-9-1":
        return Ground.NOT_RENEWED
    return Ground.NOT_NOTIFIED


def last_day(start: date, *, extend_over_closed_days: bool = False) -> date:
    """The last day on which a notification stops a clock that started by the event of the day `start`.

    `extend_over_closed_days` carries a last day on which offices are closed over to the next open one; no
    source does so for this period, so it is off.

    Source: 入管法 art. 22-4 para. 1, items 8 and 9 (10 and 11 from 2027-04-01): 90 days; counted from the day
    after (UNCONFIRMED `revocation-count`). From 2012-07-09.

    Raises:
        UsageError: the start lies before 2012-07-09.
    """
    if start < SYSTEM_FIRST_DAY:
        raise UsageError(
            "the grounds of revocation on residence were not in force yet",
            expected=f"a start from {SYSTEM_FIRST_DAY} on",
            received=start.isoformat(),
            where="sim.law.revocation",
            remedy="give the day of a permission, a departure or a notification under the rules",
        )
    counted = count_days(start, REVOCATION_DAYS)
    return next_open(counted) if extend_over_closed_days else counted


def assess(facts: Facts, *, extend_over_closed_days: bool = False) -> Assessment:
    """Where the person stands under the ground on the day `facts.as_of`: at worst a candidate.

    A notification made after the last day does not undo the ground; it is weighed by the Minister. An excuse
    clears nobody here: it is judged individually.

    Source: 入管法 art. 22-4 para. 1, items 8 to 10 (10 to 12 from 2027-04-01); the hearing in paras. 2 to 4.
    For mid-long-term residents, from 2012-07-09. Special permanent residents (特別永住者) hold no status of
    residence that could be revoked so; the other classes owe no notification.

    Raises:
        UsageError: the start lies before 2012-07-09, the day asked about or the notification before the
            start, or a false notification comes with a notification or an excuse.
    """
    last = last_day(facts.start, extend_over_closed_days=extend_over_closed_days)
    _check(facts)
    if facts.person_class is not PersonClass.MID_LONG_TERM_RESIDENT:
        return _not_applicable(facts)
    if facts.ground is Ground.FALSE:
        return _answer(
            facts,
            Status.CANDIDATE,
            None,
            None,
            f"{in_japanese(facts.start)}に虚偽の住居地の届出があり、期間の経過を待たずに取消しの対象となり得ます。{DISCRETION[0]}",
            f"A false residence was notified on {facts.start}: a candidate at once, without any period."
            f" {DISCRETION[1]}",
        )
    notified = facts.notified if facts.notified is not None and facts.notified <= facts.as_of else None
    elapsed = ((notified or facts.as_of) - facts.start).days
    if notified is not None and notified <= last:
        return _answer(
            facts,
            Status.STOPPED,
            last,
            elapsed,
            f"{in_japanese(notified)}（{elapsed}日目）の届出により期間は止まりました。"
            "14日の届出期間を過ぎた届出であっても同じです。",
            f"The notification filed on {notified} (day {elapsed}) stopped the clock, even if it came after"
            " the filing period of 14 days.",
        )
    if facts.as_of <= last:
        return _answer(
            facts,
            Status.RUNNING,
            last,
            elapsed,
            f"{in_japanese(facts.start)}の翌日から数えて{elapsed}日目です。{in_japanese(last)}までに住居地の届出がなければ、"
            "取消しの対象となり得ます。",
            f"Day {elapsed}, counted from the day after {facts.start}: without a notification by {last} the"
            " person becomes a candidate.",
        )
    return _lapsed(facts, notified, last, elapsed)


def _lapsed(facts: Facts, notified: date | None, last: date, elapsed: int) -> Assessment:
    if notified is None:
        ja = f"{in_japanese(last)}までに住居地の届出がなく、取消しの対象となり得ます。"
        en = f"No residence was notified by {last}: a candidate."
    else:
        ja = (
            f"{in_japanese(notified)}の届出は{in_japanese(last)}を過ぎているため、取消しの対象となり得ることは変わりませんが、"
            "判断に当たって考慮されます。"
        )
        en = f"The notification of {notified} came after {last}: still a candidate, though it is weighed."
    status = Status.CANDIDATE if notified is None else Status.NOTIFIED_LATE
    if facts.excuse is not None:
        status = Status.EXCUSE_TO_ASSESS
        ja += f"正当な理由の申立て：{facts.excuse.ja}。"
        en += f" Good reason claimed: {facts.excuse.en}."
    return _answer(facts, status, last, elapsed, ja + DISCRETION[0], f"{en} {DISCRETION[1]}")


def _not_applicable(facts: Facts) -> Assessment:
    ja, en = counterpart(facts.as_of)
    if facts.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT:
        why = (
            "特別永住者には、住居地の届出をしないことによる在留資格の取消しはありません。",
            "A special permanent resident's position is not revoked for want of a residence notification.",
        )
        rests_on: tuple[str, ...] = ()
    else:
        why = (
            f"{facts.person_class.ja}には住居地の届出義務がなく、取消しの対象になりません。",
            f"A {facts.person_class.en} owes no residence notification, so there is no ground.",
        )
        rests_on = ("classes-without-duty",)
    return Assessment(Status.NOT_APPLICABLE, facts.ground, None, None, None, ja, en, None, *why, rests_on)


def _answer(
    facts: Facts, status: Status, last: date | None, elapsed: int | None, ja: str, en: str
) -> Assessment:
    rests_on = RESTS_ON[facts.ground]
    hearing = None
    if status in CANDIDATES:
        hearing = HEARING
        rests_on = (*rests_on, "revocation-hearing")
    if status is Status.EXCUSE_TO_ASSESS:
        rests_on = (*rests_on, "revocation-excuses")
    if hearing is not None and facts.notified is not None and facts.notified <= facts.as_of:
        rests_on = (*rests_on, "late-notification-weighed")
    if facts.as_of >= REVOCATION_RENUMBERED:
        rests_on = (*rests_on, "renumbered-revocation")
    kept_ja, kept_en = counterpart(facts.as_of)
    clause = CLAUSES[facts.ground]
    return Assessment(
        status, facts.ground, clause, last, elapsed, kept_ja, kept_en, hearing, ja, en, rests_on
    )


def _check(facts: Facts) -> None:
    if facts.as_of < facts.start:
        raise UsageError(
            "nothing has started on the day asked about",
            expected=f"a day from {facts.start} on",
            received=facts.as_of.isoformat(),
            where="sim.law.revocation.assess, as_of",
            remedy="ask about the day of the start or a later one",
        )
    if facts.ground is Ground.FALSE:
        if facts.notified is not None or facts.excuse is not None:
            raise UsageError(
                "a false notification has no clock that a notification could stop, nor an excuse",
                expected="neither notified nor excuse",
                received=f"notified={facts.notified}, excuse={facts.excuse}",
                where="sim.law.revocation.assess",
                remedy="leave both out; a correction is weighed at the hearing",
            )
    elif facts.notified is not None and facts.notified < facts.start:
        raise UsageError(
            "the notification lies before the start of the clock",
            expected=f"a day from {facts.start} on",
            received=facts.notified.isoformat(),
            where="sim.law.revocation.assess, notified",
            remedy="give the first notification made after the permission or the departure",
        )
