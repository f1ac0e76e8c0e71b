"""Tests an adapter alone: whether it speaks the protocol, before anybody asks whether the product is right.

After a point that fails the adapter is started anew, so that what one point breaks does not blame the next.
A point that is not as it must be says what to mend.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from pydantic import ValidationError

from conformance import adapters
from conformance.adapters.command import CommandChannel
from conformance.adapters.kind import Say, Settings
from conformance.inspecting import Point, State
from conformance.protocol.base import UNSUPPORTED, Bye, Clock, ClockAnswer, Done, Hello, HelloAnswer, Request
from conformance.protocol.conversation import ALONE, LOGS, Channel, Conversation
from conformance.protocol.examples import MORNING, NIGHT, RESIDENT, examples
from conformance.protocol.roles import CLOCK, Role
from sim.base.errors import Breach, RenkeiError

END: Final = 5.0
"""Seconds that a program may take to end after `bye`."""
NOWHERE: Final = "no_such_operation"
STRANGE: Final = '𠮷野家 \u2028 Ñandú Ōsaka \\ " \t'
"""Characters that adapters are known to lose: beyond the basic plane, a line separator, accents, escapes."""

Trial = Callable[["Session"], str]
"""Tries something in a session, and tells what it saw; raises a Breach when it is not as it must be."""


class Session:
    """One started adapter in a role, after its `hello`."""

    def __init__(self, role: Role, channel: Channel) -> None:
        self.role = role
        self.channel = channel
        self.conversation = Conversation(channel, role)
        self.peer: HelloAnswer = self.conversation.hello(Hello(role=role.id))

    def ask(self, request: Request) -> Any:
        """Asks, and holds the answer to the schema."""
        op = self.role.op(self.conversation.name_of(request))
        assert op is not None
        return self.conversation.ask(request, op.answer)

    def reset(self) -> None:
        """A fresh system. Roles without an example have nothing to reset by."""
        for request in examples(self.role.id)[:1]:
            self.ask(request)

    def raw(self, number: int, op: str, body: dict[str, Any]) -> dict[str, Any]:
        """Sends a line as it is, and gives the frame that comes back.

        Raises:
            Breach: what comes back is no frame.
        """
        line = json.dumps({"id": number, "op": op, "body": body}, ensure_ascii=False).encode()
        answered = self.channel.talk(line)
        try:
            frame = json.loads(answered.decode("utf-8"))
        except ValueError as error:
            raise _wrong(op, "one line of JSON in UTF-8", repr(answered[:200]), LOGS) from error
        if not isinstance(frame, dict):
            raise _wrong(op, "an object", repr(answered[:200]))
        return frame


def _wrong(where: str, expected: str, received: str, remedy: str | None = None) -> Breach:
    return Breach(
        "the adapter does not keep to the protocol",
        where=where,
        expected=expected,
        received=received,
        remedy=remedy,
    )


# --- what is tried --------------------------------------------------------------------------------------
def _hello(session: Session) -> str:
    peer = session.peer
    return f"{peer.name} {peer.version} ({peer.vendor}): {', '.join(peer.capabilities) or 'no capabilities'}"


def _ids(session: Session) -> str:
    for number in (41, 7, 2**31 + 5):
        frame = session.raw(number, NOWHERE, {})
        if frame.get("id") != number or type(frame.get("id")) is not int:
            raise _wrong(NOWHERE, f'"id": {number}', json.dumps(frame, ensure_ascii=False)[:200])
    return "41, 7, 2147483653"


def _unknown(session: Session) -> str:
    frame = session.raw(2, NOWHERE, {})
    if frame.get("ok") is not False or frame.get("code") != UNSUPPORTED:
        raise _wrong(
            NOWHERE, f'"ok": false, "code": "{UNSUPPORTED}"', json.dumps(frame, ensure_ascii=False)[:200]
        )
    return NOWHERE


def _utf8(session: Session) -> str:
    frame = session.raw(2, NOWHERE, {"text": STRANGE})
    if frame.get("id") != 2:
        raise _wrong(NOWHERE, '"id": 2', json.dumps(frame, ensure_ascii=False)[:200])
    if not _has(session, "seed", "query"):
        return "read"
    for request in examples(session.role.id)[:2]:
        session.ask(request)
    items = session.ask(_query(session)).items
    if RESIDENT.name_kanji not in items.values():
        raise _wrong("query", f"an item {RESIDENT.name_kanji}", json.dumps(items, ensure_ascii=False)[:200])
    return RESIDENT.name_kanji


def _reset(session: Session) -> str:
    session.reset()
    session.reset()
    return "twice in a row"


def _independent(session: Session) -> str:
    for request in examples(session.role.id)[:2]:
        session.ask(request)
    before = session.ask(_query(session)).state
    session.reset()
    after = session.ask(_query(session)).state
    if (before, after) != ("present", "none"):
        raise _wrong("query", "present after seed, none after the next reset", f"{before}, {after}")
    return "who was there is gone"


def _clock(session: Session) -> str:
    session.reset()
    for until in (MORNING + timedelta(minutes=1), NIGHT, NIGHT + timedelta(days=365)):
        at = session.conversation.ask(Clock(until=until), ClockAnswer).at
        if at != until:
            raise _wrong("clock", until.isoformat(), at.isoformat())
    return "a minute, a day, a year"


def _operations(session: Session) -> str:
    tried = []
    for request in examples(session.role.id):
        op = session.role.op(session.conversation.name_of(request))
        assert op is not None
        wants = CLOCK if op.name == "clock" else op.needs
        if wants and wants not in session.peer.capabilities:
            continue
        session.ask(request)
        tried.append(op.name)
    left = [
        op.name
        for op in session.role.ops
        if op.name not in (*tried, "hello", "bye", "clock")
        and (not op.needs or session.conversation.has(op.needs))
    ]
    return ", ".join(tried) + (f"; without an example: {', '.join(left)}" if left else "")


def _bye(session: Session) -> str:
    session.conversation.ask(Bye(), Done)
    if not isinstance(session.channel, CommandChannel):
        return "answered"
    code = session.channel.ended(END)
    if code is None:
        raise _wrong("bye", f"the program ends within {END:g} s", "it goes on")
    if code != 0:
        raise _wrong("bye", "exit code 0", f"exit code {code}")
    return "answered, and ended"


def _query(session: Session) -> Request:
    op = session.role.op("query")
    assert op is not None
    return op.request.model_validate({"person": RESIDENT.ref})


def _has(session: Session, *ops: str) -> bool:
    return all(session.role.op(op) is not None for op in ops)


def _any(session: Session) -> str:
    return ""


def _with_example(session: Session) -> str:
    return "" if examples(session.role.id) else "this role has no example yet"


def _with_clock(session: Session) -> str:
    return "" if session.conversation.has(CLOCK) else f"{CLOCK} is not declared"


def _with_register(session: Session) -> str:
    return (
        ""
        if bool(examples(session.role.id)) and _has(session, "seed", "query")
        else "this role keeps no register"
    )


POINTS: Final[tuple[tuple[str, str, str, Trial, Trial, str], ...]] = (
    ("hello", "起動して名乗る", "starts and introduces itself", _hello, _any,
     "answer `hello` with protocol, name, vendor, version, roles and capabilities"),
    ("ids", "要求と同じ id で答える", "answers with the id of the request", _ids, _any,
     "copy `id` from the request, as the number that it is"),
    ("unknown", "知らない操作を unsupported と答える", "answers `unsupported` to what it does not have",
     _unknown, _any, 'answer {"id": …, "ok": false, "code": "unsupported", "message": "…"} and go on'),
    ("utf8", "UTF-8 の文字を失わない", "loses no character of UTF-8", _utf8, _any,
     "read and write UTF-8, whatever the system's locale is; a line ends at a line feed only"),
    ("reset", "初期化できる", "can be reset", _reset, _with_example,
     "`reset` gives a fresh system at the instant `at`"),
    ("independent", "初期化すると前の内容が残らない", "nothing is left after a reset", _independent,
     _with_register, "forget everything on `reset`"),
    ("clock", "日時を進められる", "lets time pass", _clock, _with_clock,
     "answer `clock` with the instant that was asked for, or leave clock.settable out"),
    ("operations", "宣言した操作に答える", "answers the operations that it declares", _operations,
     _with_example, "see the operation in docs/adapter.md and docs/adapter.schema.json"),
    ("bye", "別れの言葉で終わる", "ends on `bye`", _bye, _any,
     "answer `bye`, then end with exit code 0"),
)  # fmt: skip
"""Each point: id, its names, what is tried, whether it applies (empty: it does), and what to mend."""


def check_adapter(settings: Settings, role: Role, say: Say) -> list[Point]:
    """Tries everything. The adapter is started once, and anew after each point that it fails.

    Raises:
        UsageError, HarnessError: it cannot be started at all.
    """
    found: list[Point] = []
    with Started(settings, role, say) as started:
        for id, ja, en, trial, applies, mend in POINTS:
            state, told, hint = State.SKIPPED, "it does not introduce itself", ""
            if not found or found[0].state is State.PASS:
                state, told, hint = started.try_(trial, applies)
            todo = "; ".join(filter(None, (hint, mend))) if state is State.FAIL else ""
            found.append(Point(id=id, ja=ja, en=en, state=state, told=told, mend=todo))
    return found


class Started:
    """The adapter as it was started last."""

    def __init__(self, settings: Settings, role: Role, say: Say) -> None:
        self._settings = settings
        self._role = role
        self._say = say
        self._session: Session | None = None
        self._channel: Channel | None = None

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def try_(self, trial: Trial, applies: Trial) -> tuple[State, str, str]:
        """Tries something, and ends the adapter if it failed: what came of it, and what to do beyond that."""
        try:
            if self._session is None:
                self._channel = adapters.channel_of(self._settings, self._role, self._say)
                self._session = Session(self._role, self._channel)
            if why := applies(self._session):
                return State.SKIPPED, why, ""
            return State.PASS, trial(self._session), ""
        except Breach as error:
            self._end()
            # The remedy has a line of its own here, and the adapter is being tested alone already.
            hint = (error.remedy or "").removesuffix(ALONE).removesuffix("; ")
            error.remedy = None
            return State.FAIL, str(error), hint
        except ValidationError as error:
            self._end()
            return State.FAIL, str(error), ""

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._session = self._channel = None


def cannot_start(error: RenkeiError) -> Point:
    """The point of an adapter that could not be started."""
    return Point(
        id="start",
        ja="アダプタを起動できる",
        en="the adapter can be started",
        state=State.FAIL,
        told=str(error),
        mend=error.remedy or "",
    )
