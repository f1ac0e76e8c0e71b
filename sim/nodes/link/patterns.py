"""The three patterns of seed 002 and what a municipality declares of each.

Pattern 1 (line 97) needs a line and an adapted registry side. Pattern 2 (line 108) needs people who carry
media, pattern 3 (line 116) people who key in again what was printed, and few foreign residents. How often
people walk, how long it takes and what they do each time is in no source: the defaults are assumptions, and
scenarios say what they use instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Final

from sim.base.errors import UsageError, nearest
from sim.base.instant import MINUTE, Instant, at_time, japan_date
from sim.exchange.profile import Profile, open_profiles
from sim.exchange.records import KINDS
from sim.nodes.link.rekeying import ErrorModel, no_errors

LINE: Final = "line"
MEDIA: Final = "media"
PAPER: Final = "paper"
PATTERNS: Final[dict[str, tuple[str, str]]] = {
    LINE: ("回線", "line"),
    MEDIA: ("媒体", "media"),
    PAPER: ("紙", "paper"),
}
"""The patterns in the order of seed 002, in Japanese and English."""

MANUAL_STEPS: Final[dict[str, tuple[str, str]]] = {
    "log_on": ("端末にログオンする", "log on at the machine"),
    "insert": ("媒体を挿入する", "put the medium into the reader"),
    "write": ("媒体に書き込む", "start the writing and wait for its end"),
    "eject": ("媒体を取り出す", "take the medium out"),
    "note": ("媒体管理簿に記入する", "enter it into the book of media"),
    "log_off": ("ログオフする", "log off"),
    "carry": ("運搬する", "carry it to the other machine"),
    "scan": ("ウイルス検査をする", "have it scanned"),
    "read": ("媒体から取り込む", "start the reading and wait for its end"),
    "erase": ("媒体の内容を消去する", "erase what was taken in"),
    "report": ("紛失を報告する", "report the loss"),
    "set_aside": ("取り込めない媒体を別に保管する", "set aside a medium that is not taken in"),
    "print": ("通知を印刷する", "print the sheet"),
    "key": ("1件を手で入力する", "key in one record"),
    "check": ("別の職員が読み合わせる", "a second person reads it against the sheet"),
    "correct": ("誤りを直す", "correct one error that was caught"),
    "file": ("用紙をつづって保管する", "file the sheet"),
}
"""What counts as a manual step (seed 001, line 40: labour beside the automatic way). One name, one step.

A step is one thing that a person must do and could forget. Waiting for a machine is none of its own.
"""

DRILLS: Final[dict[str, str]] = {
    "unlabelled": "MEDIUM_UNLABELLED",
    "forged": "MEDIUM_FORGED",
    "foreign": "MEDIUM_FOREIGN",
    "used": "MEDIUM_USED",
    "stale": "MEDIUM_STALE",
    "early": "MEDIUM_EARLY",
    "incomplete": "MEDIUM_INCOMPLETE",
}
"""Media that `DrillMedium` hands in, and the code (`FolderCode`) for which each is refused."""

# No source gives a number (seed 002, line 116, says only that they are few): an assumption.
FEW_RESIDENTS: Final = 100
# Twice a day, so that the night's answers come in before opening and the day's filings leave before the
# evening's exchange: an assumption.
RUNS: Final = (time(8, 30), time(17))
# A run lies within so many days, or the office never opens.
_LONGEST_REST: Final = 366


def never(day: date) -> bool:
    """Nobody rests: the office is open every day."""
    return False


@dataclass(frozen=True, slots=True)
class Media:
    """Pattern 2: records are written onto an encrypted medium at set times and carried over, both ways.

    Args:
        key: 32 bytes, the place's: registry and terminal know it and nobody else (`sim.exchange.folders`).
        runs: clock times in Japan at which what waits is written, in either direction.
        carry_minutes: from the beginning of a run until the medium is taken in on the other side.
        closed: days without runs; a municipality's are `sim.law.calendar.is_closed`.
        writing, reading, refusing: the manual steps of each (`MANUAL_STEPS`).

    Raises:
        UsageError: no key of this length, no run, or a step that nobody knows.
    """

    key: bytes = field(repr=False)
    runs: tuple[time, ...] = RUNS
    carry_minutes: int = 15
    closed: Callable[[date], bool] = never
    writing: tuple[str, ...] = ("log_on", "insert", "write", "eject", "note", "log_off")
    reading: tuple[str, ...] = (
        "carry",
        "log_on",
        "insert",
        "scan",
        "read",
        "erase",
        "eject",
        "note",
        "log_off",
    )
    refusing: tuple[str, ...] = ("insert", "eject", "set_aside", "note")

    def __post_init__(self) -> None:
        _check_runs(self.runs, MEDIA)
        _check_steps((*self.writing, *self.reading, *self.refusing), MEDIA)
        _check_minutes(self.carry_minutes, "carry_minutes", MEDIA)
        from sim.exchange.folders import KEY_BYTES

        if len(self.key) != KEY_BYTES:
            raise UsageError(
                "the key of the place has the wrong length",
                where=f"link pattern {MEDIA}",
                expected=f"{KEY_BYTES} bytes",
                received=f"{len(self.key)} bytes",
                remedy="draw it from a stream of its own; a real place makes one with `make_key`",
            )


@dataclass(frozen=True, slots=True)
class Paper:
    """Pattern 3: records are printed, and a person keys them in on the other side, both ways.

    Args:
        residents: how many foreign residents the municipality has; they must be fewer than `threshold`.
        threshold: from so many on, paper is refused. The text gives no number, so it is a parameter.
        errors: how people mis-key (`sim.nodes.link.rekeying`), drawn by whoever builds the node.
        runs: clock times in Japan at which what waits is printed, in either direction.
        minutes_per_record: until one record is keyed in and read against the sheet.
        works: from when to when somebody keys on an open day; None: round the clock.
        closed: days without runs; a municipality's are `sim.law.calendar.is_closed`.
        per_sheet, per_record: the manual steps of each (`MANUAL_STEPS`); a slip that was caught is one more.
        profile: which items a record has and which texts each may hold; the newest version knows all of them.

    Raises:
        UsageError: too many residents, no run, an unknown step, or a profile that lacks an item.
    """

    residents: int
    threshold: int = FEW_RESIDENTS
    errors: ErrorModel = no_errors
    runs: tuple[time, ...] = RUNS
    minutes_per_record: int = 5
    works: tuple[time, time] | None = None
    closed: Callable[[date], bool] = never
    per_sheet: tuple[str, ...] = ("log_on", "print", "carry", "log_on", "log_off", "file")
    per_record: tuple[str, ...] = ("key", "check")
    profile: Profile = field(default_factory=lambda: open_profiles()[0])

    def __post_init__(self) -> None:
        _check_runs(self.runs, PAPER)
        _check_steps((*self.per_sheet, *self.per_record), PAPER)
        _check_minutes(self.minutes_per_record, "minutes_per_record", PAPER)
        if self.works is not None and not self.works[0] < self.works[1]:
            raise UsageError(
                "nobody ever keys anything in: work ends before it begins",
                where=f"link pattern {PAPER}",
                expected="two clock times in their order (`works`)",
                received=" to ".join(clock.isoformat("minutes") for clock in self.works),
            )
        if self.residents >= self.threshold:
            raise UsageError(
                "this municipality has too many foreign residents for paper",
                where=f"link pattern {PAPER}",
                expected=f"fewer than {self.threshold} foreign residents (`threshold`)",
                received=f"{self.residents}",
                remedy=f"choose {MEDIA}, or {LINE} once the registry side is adapted",
            )
        for kind, struct in KINDS.items():
            lacking = set(struct.__struct_fields__) - set(self.profile.layouts[kind].items)
            if lacking:
                raise UsageError(
                    f"a printed {kind} would lack an item",
                    where=f"link pattern {PAPER}, profile {self.profile.name}",
                    expected="every item of the record on the sheet",
                    received=f"no {', '.join(sorted(lacking))}",
                    remedy="give the newest version of the profile",
                )


def done_at(paper: Paper, start: Instant, minutes: int) -> Instant:
    """When so many minutes of keying are done: within the hours of work, else on the next open day."""
    left = minutes * MINUTE
    if paper.works is None:
        return Instant(start + left)
    day, now = japan_date(start), start
    while True:
        opens, closes = (at_time(day, clock) for clock in paper.works)
        now = max(now, opens)
        if not paper.closed(day) and now < closes:
            if left <= closes - now:
                return Instant(now + left)
            left -= closes - now
        day += timedelta(days=1)


def next_run(ways: Media | Paper, now: Instant) -> Instant:
    """When the next run after `now` begins.

    Raises:
        UsageError: the office is closed on every day of a year.
    """
    today = japan_date(now)
    for days in range(_LONGEST_REST):
        day = today + timedelta(days=days)
        if ways.closed(day):
            continue
        for clock in sorted(ways.runs):
            if (at := at_time(day, clock)) > now:
                return at
    raise UsageError(
        "nobody ever carries anything: the office is closed every day",
        where=f"link, from {today} on",
        remedy="give `closed` a rule that leaves open days",
    )


def _check_runs(runs: tuple[time, ...], pattern: str) -> None:
    if not runs:
        raise UsageError(
            "nothing would ever be carried: no run",
            where=f"link pattern {pattern}",
            expected="at least one clock time a day (seed 002, line 85: once a day or more)",
            remedy="give `runs`",
        )


def _check_minutes(minutes: int, name: str, pattern: str) -> None:
    if minutes < 0:
        raise UsageError(
            f"`{name}` is less than nothing",
            where=f"link pattern {pattern}",
            expected="minutes, 0 or more",
            received=str(minutes),
        )


def _check_steps(steps: tuple[str, ...], pattern: str) -> None:
    for step in steps:
        if step not in MANUAL_STEPS:
            near = nearest(step, MANUAL_STEPS)
            raise UsageError(
                f"{step!r} is no manual step",
                where=f"link pattern {pattern}",
                expected="one of " + ", ".join(MANUAL_STEPS),
                remedy="take a step of the table" if near is None else f"did you mean {near!r}?",
            )
