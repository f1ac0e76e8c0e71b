"""Writing the place of residence into the chip (住居地のIC書込み): a dated national switch, off by default.

The Acts say that the endorsement of a card includes the chip. The policy on top of them, presented to the
municipalities in 2011, suspends that for the time being: the ministry surveys the municipalities once the
system has settled, both ministries then decide the day on which writing starts, and only from that day is it
done. The states follow one another and never go back:

    SUSPENDED --survey begun--> SURVEY --decided by both ministries--> DECIDED --started--> ACTIVE

Until ACTIVE nobody writes. From then on everybody does or nobody: one municipality that lacks one of the
three requirements (3要件) keeps the chip closed in the whole country, since an office that does not write
would let a forged card pass for one of its own. Whether municipalities write today could not be found out
(UNCONFIRMED `chip-write-status`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sim.base.errors import UsageError
from sim.law.changes import CHIP_SURVEY_FROM
from sim.law.worded import Worded
from sim.law.write_requirements import Connection, Municipality, Readiness, Requirement, Terminal, lacking


class State(Worded):
    """Where the national policy stands; the chip is written in the last state only."""

    SUSPENDED = ("suspended", "当分の間行わない", "suspended for the time being")
    """Municipalities write nothing to the chip."""
    SURVEY = ("survey", "実状の調査中（書込みは行わない）", "survey under way, still suspended")
    """The ministry surveys networks and counters; still nothing is written."""
    DECIDED = ("decided", "開始時期を決定済み（書込みは行わない）", "start decided, still suspended")
    """Both ministries have decided the day; still nothing is written."""
    ACTIVE = ("active", "運用中", "active")
    """Every municipality writes."""


class Ministry(Worded):
    """The two that decide together on the start."""

    INTERNAL_AFFAIRS = ("internal_affairs", "総務省", "Ministry of Internal Affairs and Communications")
    """総務省."""
    JUSTICE = ("justice", "法務省（出入国在留管理庁）", "Ministry of Justice (Immigration Services Agency)")
    """法務省; from 2019-04-01 through its agency."""


class Reason(Worded):
    """Why the chip may not be written, as a sentence."""

    SUSPENDED = (
        "suspended",
        "この日には、市区町村が住居地をICチップに書き込むことは止められています。",
        "Writing by municipalities is suspended on that day.",
    )
    """The policy is not active on the day."""
    NATION_NOT_READY = (
        "nation_not_ready",
        "3要件を満たさない市区町村があるため、全国で書込みを行いません。",
        "A municipality lacks one of the three requirements, so nobody writes.",
    )
    """The national gate is closed."""
    MUNICIPALITY_OFF_LGWAN = (
        "municipality_off_lgwan",
        "この市区町村にLGWANに接続されていないICカード取扱端末があります。",
        "Not every card terminal of this municipality reaches LGWAN.",
    )
    """Requirement 1 fails in the municipality."""
    SECURITY_POLICY = (
        "security_policy",
        "この市区町村のセキュリティポリシーが接続を許容していません。",
        "This municipality's security policy does not permit the connection.",
    )
    """Requirement 2 fails in the municipality."""
    LAN_SETTINGS = (
        "lan_settings",
        "この市区町村の庁内LANの設定変更が済んでいません。",
        "This municipality's internal network is not configured.",
    )
    """Requirement 3 fails in the municipality."""
    TERMINAL_OFF_LGWAN = (
        "terminal_off_lgwan",
        "この端末はLGWANに接続されていません。",
        "This terminal does not reach LGWAN.",
    )
    """The terminal itself does not reach LGWAN."""
    STANDALONE = (
        "standalone",
        "スタンドアロンの端末では書込みを行えません。",
        "A standalone terminal never writes.",
    )
    """The terminal is on no network."""
    OFFICES_DIFFER = (
        "offices_differ",
        "同じ市区町村の庁舎の間で書込みの取扱いが異なっています。",
        "The offices of this municipality do not all handle writing alike.",
    )
    """Some terminals of the municipality have writing switched on and others off."""
    SWITCHED_OFF = (
        "switched_off",
        "この端末では書込みが無効になっています。",
        "Writing is switched off at this terminal.",
    )
    """Writing is switched off at the terminal."""
    NOT_AUTHORISED = (
        "not_authorised",
        "書込みの権限認証を受けていません。",
        "No authorisation to write was obtained.",
    )
    """There is no authorisation."""
    AUTHORISED_OFFLINE = (
        "authorised_offline",
        "権限認証はオンラインで受ける必要があります。",
        "The authorisation was not obtained online.",
    )
    """A cached or hand-carried authorisation."""
    AUTHORISATION_USED = (
        "authorisation_used",
        "権限認証は一度限りで、既に使用されています。",
        "The authorisation was used already; it serves once.",
    )
    """An authorisation serves one write."""
    AUTHORISED_ELSEWHERE = (
        "authorised_elsewhere",
        "権限認証は別の端末に対するものです。",
        "The authorisation is another terminal's.",
    )
    """An authorisation serves the terminal that asked for it."""


WHY_SUSPENDED: Final = (
    "2011年の方針により当分の間行わないこととされており、その後の開始を示す公式資料は確認できていません。",
    "The policy of 2011 suspends it for the time being, and no official source on a later start was found.",
)
"""Why the default policy is suspended, in Japanese and English."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A ministry's assent to the decision, with its day."""

    ministry: Ministry
    on: date


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on the start: signed by each ministry once, naming the day from which writing may start.

    Raises:
        UsageError: a ministry is missing or signed twice, or the start lies before the last signature.
    """

    signatures: tuple[Signature, ...]
    start: date

    def __post_init__(self) -> None:
        signed = sorted(signature.ministry.value for signature in self.signatures)
        if signed != sorted(ministry.value for ministry in Ministry):
            raise UsageError(
                "the start is decided by both ministries together, each signing once",
                expected=" and ".join(ministry.value for ministry in Ministry),
                received=", ".join(signed) or "no signature",
                where="sim.law.write_policy.Decision",
                remedy="give one signature of each ministry",
            )
        if self.start < self.on:
            raise UsageError(
                "writing cannot start before it was decided",
                expected=f"a start from {self.on} on",
                received=self.start.isoformat(),
                where="sim.law.write_policy.Decision",
                remedy="choose a start on or after the last signature",
            )

    @property
    def on(self) -> date:
        """The day of the decision: that of the last signature."""
        return max(signature.on for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy with the day of every step taken so far; the default is suspended (`WHY_SUSPENDED`).

    Raises:
        UsageError: a step is missing before a later one, or comes too early.
    """

    survey_since: date | None = None
    decision: Decision | None = None
    active_since: date | None = None

    def __post_init__(self) -> None:
        if self.survey_since is not None:
            _not_before("the survey", self.survey_since, CHIP_SURVEY_FROM)
        if self.decision is not None:
            _not_before("the decision", self.decision.on, self.survey_since)
        if self.active_since is not None:
            start = None if self.decision is None else self.decision.start
            _not_before("the start of writing", self.active_since, start)

    @property
    def state(self) -> State:
        """The state after the last step."""
        return self.state_on(date.max)

    def state_on(self, on: date) -> State:
        """The state on the day `on`: a step holds from its own day."""
        if self.active_since is not None and self.active_since <= on:
            return State.ACTIVE
        if self.decision is not None and self.decision.on <= on:
            return State.DECIDED
        if self.survey_since is not None and self.survey_since <= on:
            return State.SURVEY
        return State.SUSPENDED


@dataclass(frozen=True, slots=True)
class SurveyBegun:
    """The survey of the municipalities begins."""

    on: date


@dataclass(frozen=True, slots=True)
class StartDecided:
    """Both ministries have decided the start; the day of the event is that of the last signature."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class WritingStarted:
    """Writing starts in the whole country, every municipality being ready."""

    on: date
    readiness: Readiness


Event = SurveyBegun | StartDecided | WritingStarted


@dataclass(frozen=True, slots=True)
class Place:
    """Where a write is attempted: the gate, the municipality, and one of its terminals by id."""

    readiness: Readiness
    municipality: Municipality
    terminal: str


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A permission to write, given to one terminal for one write (権限認証).

    `online`: obtained over the line for this write, not cached or carried.
    """

    id: str
    terminal: str
    online: bool
    used: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the chip may be written, with every reason against it at once, in a fixed order."""

    state: State
    reasons: tuple[Reason, ...]
    unconfirmed: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


_ALLOWED: Final[dict[State, tuple[type[Event], str]]] = {
    State.SUSPENDED: (SurveyBegun, "SurveyBegun: the ministry surveys the municipalities first"),
    State.SURVEY: (StartDecided, "StartDecided: both ministries decide the start"),
    State.DECIDED: (WritingStarted, "WritingStarted: on or after the decided day, every municipality ready"),
}
"""The one step that each state allows; ACTIVE allows none."""

_LACKING: Final = {
    Requirement.LGWAN: Reason.MUNICIPALITY_OFF_LGWAN,
    Requirement.SECURITY_POLICY: Reason.SECURITY_POLICY,
    Requirement.LAN_SETTINGS: Reason.LAN_SETTINGS,
}
_RESTS_ON: Final = ("chip-write-status", "chip-write-survey", "chip-write-authorisation")


def transition(policy: Policy, event: Event) -> Policy:
    """The policy after `event`; it moves one step at a time, forward only.

    Source: seed 000, the section on writing (各論1, 対処方針 1 to 3): suspended, then a survey, then a start
    that both ministries decide. The Acts name no step: under 入管法 art. 19-7 para. 2 and 入管特例法 art. 10
    para. 3 the record in the chip goes with the endorsement.

    Raises:
        UsageError: the state allows another step or none (the message says which), the step comes too
            early, or writing would start with a municipality that is not ready.
    """
    allowed = _ALLOWED.get(policy.state)
    if allowed is None or not isinstance(event, allowed[0]):
        raise UsageError(
            f"the policy on writing is {policy.state.value} and does not take this step",
            expected="no further step" if allowed is None else allowed[1],
            received=type(event).__name__,
            where="sim.law.write_policy.transition",
            remedy="take the expected step, if there is one; the policy never goes back",
        )
    match event:
        case SurveyBegun(on):
            return replace(policy, survey_since=on)
        case StartDecided(decision):
            return replace(policy, decision=decision)
        case WritingStarted(on, readiness):
            if not readiness.ready:
                raise UsageError(
                    "writing starts everywhere or nowhere, and not every municipality is ready",
                    expected=f"all {readiness.municipalities} municipalities meet the three requirements",
                    received=f"{len(readiness.unready)} do not, the first {readiness.unready[0]}",
                    where="sim.law.write_policy.transition",
                    remedy="let every unready municipality meet them first",
                )
            return replace(policy, active_since=on)


def odd_offices(policy: Policy, municipality: Municipality, on: date) -> tuple[str, ...]:
    """Offices of the municipality that do not do on the day `on` what the policy says, in order of name.

    Before the start every office has writing off, from then on every one has it on.

    Source: seed 000, 各論1: an office that handles writing differently from the others is not allowed.
    """
    wanted = policy.state_on(on) is State.ACTIVE
    return tuple(sorted({one.office for one in municipality.terminals if one.writes is not wanted}))


def may_write(policy: Policy, place: Place, authorisation: Authorisation | None, on: date) -> Answer:
    """Whether the terminal may write a place of residence into a chip on the day `on`, with all reasons.

    Source: seed 000, 各論1: suspended until both ministries' decision takes effect; all municipalities or
    none; no writing from a standalone terminal, since the right to write is authenticated over the line. That
    an authorisation serves one write at one terminal is our reading (UNCONFIRMED
    `chip-write-authorisation`).

    Raises:
        UsageError: the municipality has no such terminal.
    """
    terminal = _terminal(place)
    missing = lacking(place.municipality)
    state = policy.state_on(on)
    against = {
        Reason.SUSPENDED: state is not State.ACTIVE,
        Reason.NATION_NOT_READY: bool(missing) or not place.readiness.ready,
        **{reason: requirement in missing for requirement, reason in _LACKING.items()},
        Reason.TERMINAL_OFF_LGWAN: terminal.connection is not Connection.LGWAN,
        Reason.STANDALONE: terminal.connection is Connection.STANDALONE,
        Reason.OFFICES_DIFFER: len({one.writes for one in place.municipality.terminals}) > 1,
        Reason.SWITCHED_OFF: not terminal.writes,
        Reason.NOT_AUTHORISED: authorisation is None,
    }
    if authorisation is not None:
        against[Reason.AUTHORISED_OFFLINE] = not authorisation.online
        against[Reason.AUTHORISATION_USED] = authorisation.used
        against[Reason.AUTHORISED_ELSEWHERE] = authorisation.terminal != terminal.id
    return Answer(state, tuple(reason for reason, holds in against.items() if holds), _RESTS_ON)


def spend(authorisation: Authorisation) -> Authorisation:
    """The authorisation after its one write.

    Source: our reading of the authentication in seed 000, 各論1 (UNCONFIRMED `chip-write-authorisation`).

    Raises:
        UsageError: it was used already.
    """
    if authorisation.used:
        raise UsageError(
            "an authorisation to write serves once",
            expected="an unused authorisation",
            received=authorisation.id,
            where="sim.law.write_policy.spend",
            remedy="obtain a new one online for the next write",
        )
    return replace(authorisation, used=True)


def _terminal(place: Place) -> Terminal:
    for terminal in place.municipality.terminals:
        if terminal.id == place.terminal:
            return terminal
    raise UsageError(
        "the municipality has no such card terminal",
        expected=", ".join(terminal.id for terminal in place.municipality.terminals) or "no terminal at all",
        received=place.terminal,
        where=f"sim.law.write_policy.may_write, {place.municipality.code}",
        remedy="name a terminal of this municipality, or add it to its terminals",
    )


def _not_before(step: str, on: date, earliest: date | None) -> None:
    if earliest is None:
        raise UsageError(
            f"{step} has no step before it",
            expected="the steps in their order: survey, decision, start",
            received=on.isoformat(),
            where="sim.law.write_policy.Policy",
            remedy="make a policy by transition",
        )
    if on < earliest:
        raise UsageError(
            f"{step} comes too early",
            expected=f"a day from {earliest} on",
            received=on.isoformat(),
            where="sim.law.write_policy.Policy",
            remedy="choose a later day",
        )
