"""Whose fault it is when an adapter misbehaves, in bounded time; and that good ones are understood."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.adapters import channel_of, command, settings_of
from conformance.protocol.base import Bye, Clock, ClockAnswer, Done, Hello
from conformance.protocol.conversation import Channel, Conversation
from conformance.protocol.examples import MORNING, NIGHT, examples
from conformance.protocol.municipal import Query, QueryAnswer, Reset
from conformance.protocol.roles import MUNICIPAL
from sim.base.errors import Breach, HarnessError, UsageError
from tests.conformance.adapter_helpers import HELLO, REFERENCE, program

RESET = examples("municipal-system")[0]


@contextlib.contextmanager
def started(command: tuple[str, ...], **settings: Any) -> Iterator[Conversation]:
    """A conversation with a program, before its hello; short times, so that a hang is found soon."""
    given = {"kind": "command", "command": command, "start": 20.0, "answer": 20.0} | settings
    channel = channel_of(settings_of(given), MUNICIPAL)
    try:
        yield Conversation(channel, MUNICIPAL)
    finally:
        channel.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For programs that never end by themselves: they are not given long to do so."""
    monkeypatch.setattr(command, "GRACE", 0.2)


def met(conversation: Conversation) -> Conversation:
    conversation.hello(Hello(role="municipal-system"))
    return conversation


def reset(conversation: Conversation) -> None:
    assert isinstance(RESET, Reset)
    conversation.ask(RESET, Done)


# --- a good one -----------------------------------------------------------------------------------------
def test_the_reference_is_understood_over_its_streams() -> None:
    with started(REFERENCE) as conversation:
        met(conversation)
        reset(conversation)
        assert conversation.ask(Clock(until=NIGHT), ClockAnswer).at == NIGHT
        assert conversation.ask(Query(person="NOBODY"), QueryAnswer).state == "none"
        conversation.bye()


def test_a_line_may_be_much_longer_than_a_pipe_in_both_directions() -> None:
    code = "hello()\nasked = read()\nsay(asked, state='none', items={'x': 'あ' * 900000})\nread()"
    with started(program(code)) as conversation:
        met(conversation)
        person = "P" * 64
        told = conversation.ask(Query(person=person), QueryAnswer)
        assert len(told.items["x"]) == 900_000


def test_standard_error_never_blocks_a_program_however_much_it_writes() -> None:
    code = "hello()\nasked = read()\nsys.stderr.write('x' * 3_000_000)\nsay(asked)\nread()"
    with started(program(code)) as conversation:
        met(conversation)
        reset(conversation)


def test_a_program_works_in_the_folder_of_its_settings_with_its_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/stranger")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--stranger")
    monkeypatch.setenv("RENKEI_TEST_SECRET", "s3cret")
    code = (
        "HELLO['name'] = os.getcwd()\nHELLO['vendor'] = os.environ['TOKEN']\n"
        "HELLO['version'] = os.environ.get('PYTHONPATH', '') + os.environ.get('PYTEST_ADDOPTS', '') + '!'\n"
        "hello()\nread()"
    )
    env = {"TOKEN": {"env": "RENKEI_TEST_SECRET"}}
    with started(program(code), folder=str(tmp_path), env=env) as conversation:
        peer = met(conversation).peer
    assert peer is not None
    assert (peer.name, peer.vendor, peer.version) == (str(tmp_path.resolve()), "s3cret", "!")


# --- what cannot be started is not the implementation's fault -------------------------------------------
@pytest.mark.parametrize("command", [("/no/such/program",), ("no-such-program-here",), ("a\0b",)])
def test_a_program_that_is_not_there_is_wrong_use(command: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="cannot be started"), started(command):
        pass


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    with pytest.raises(UsageError, match="cannot be started"), started(REFERENCE, folder=none):
        pass


def test_a_program_that_ends_before_it_ever_answered_could_not_be_started() -> None:
    code = "sys.stderr.write('no licence file\\n'); sys.exit(7)"
    with started(program(code)) as conversation, pytest.raises(HarnessError) as raised:
        met(conversation)
    assert "exit code 7" in str(raised.value)
    assert "no licence file" in str(raised.value)


def test_a_variable_without_its_secret_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RENKEI_TEST_SECRET", raising=False)
    env = {"TOKEN": {"env": "RENKEI_TEST_SECRET"}}
    with pytest.raises(UsageError, match="RENKEI_TEST_SECRET"), started(REFERENCE, env=env):
        pass


# --- what it does wrong is a breach, in bounded time ----------------------------------------------------
BAD = {
    "hangs": ("read(); read()", "no whole line"),
    "dies": ("read()\nos.kill(os.getpid(), 9)", "SIGKILL"),
    "exits": ("read()\nsys.stderr.write('Traceback: boom')\nsys.exit(3)", "exit code 3"),
    "closes its output": ("read()\nos.close(1)\ntime.sleep(60)", "closed its standard output"),
    "speaks garbage": ("read()\nwrite('Server started!\\n')\nread()", "Server started!"),
    "speaks no UTF-8": ('read()\nos.write(1, b\'{"id": 2, "ok": true, "x": "\\xff"}\\n\')\nread()', "UTF-8"),
    "speaks UTF-16": (
        "a = read()\nos.write(1, json.dumps({'id': a['id'], 'ok': True, 'body': {}}).encode('utf-16-le'))\n"
        "os.write(1, b'\\n')\nread()",
        "UTF-8",
    ),
    "nests without end": ("read()\nwrite('[' * 100000 + '\\n')\nread()", "one line of JSON"),
    "says an array": ("read()\nwrite('[1]\\n')\nread()", '"id": 2'),
    "has no id": ("read()\nwrite('{\"ok\": true}\\n')\nread()", '"id": 2'),
    "takes true for an id": ("a = read()\na['id'] = True\nsay(a)\nread()", '"id": 2'),
    "has another id": ("a = read()\na['id'] = 99\nsay(a)\nread()", '"id": 2'),
    "answers late": ("a = read()\na['id'] = 1\nsay(a)\nread()", "which is past"),
    "adds keys": (
        "a = read()\nwrite(json.dumps({'id': a['id'], 'ok': True, 'x': 1}) + '\\n')\nread()",
        "{id,",
    ),
    "says neither": ("a = read()\nwrite(json.dumps({'id': a['id']}) + '\\n')\nread()", "{id,"),
    "says ok as text": (
        "a = read()\nwrite(json.dumps({'id': a['id'], 'ok': 'yes'}) + '\\n')\nread()",
        "{id,",
    ),
    "has a body too much": ("say(read(), more=1)\nread()", "Extra inputs"),
    "fails": ("fail(read(), 'fault', 'db')\nread()", "fault: db"),
    "has a code of its own": ("fail(read(), 'E42')\nread()", "E42"),
    "calls for what there is not": (
        "a = read()\nwrite(json.dumps({'id': a['id'], 'call': 'steal', 'body': {}}) + '\\n')\nread()",
        "steal",
    ),
    "floods without a line": ("read()\nwhile True: write('x' * 65536)", "a longer one"),
    "drips without a line": ("read()\nwhile True:\n    write('x')\n    time.sleep(0.05)", "no whole line"),
    "half a character": (
        'a = read()\nwrite(\'{"id": 2, "ok": false, "code": "fault", "message": "\\\\ud800"}\\n\')\nread()',
        "\\ud800",
    ),
}


ENDLESS = ("closes its output", "floods without a line", "drips without a line")


@pytest.mark.parametrize("code", BAD)
def test_what_an_adapter_does_wrong_is_a_breach(code: str, request: pytest.FixtureRequest) -> None:
    wrong, told = BAD[code]
    if code in ENDLESS:
        request.getfixturevalue("impatient")
    timeouts = {"reset": 0.2} if code in ("hangs", "drips without a line") else {}
    with started(program(f"hello()\n{wrong}"), timeouts=timeouts, line_bytes=1 << 20) as conversation:
        met(conversation)
        with pytest.raises(Breach) as raised:
            reset(conversation)
    assert told in f"{raised.value.expected} {raised.value.received}"
    str(raised.value).encode()


def test_lines_that_nobody_asked_for_are_a_breach() -> None:
    with started(program("a = read()\nsay(a, **HELLO)\nsay(a, **HELLO)\nread()\nread()")) as conversation:
        met(conversation)
        time.sleep(0.3)
        with pytest.raises(Breach):
            reset(conversation)


@pytest.mark.usefixtures("impatient")
def test_a_line_that_is_too_long_is_told_with_the_limit_and_the_setting_that_moves_it() -> None:
    code = "hello()\nread()\nwhile True: write('x' * 65536)"
    with started(program(code), line_bytes=1 << 20) as conversation:
        met(conversation)
        with pytest.raises(Breach) as raised:
            reset(conversation)
    assert raised.value.expected == f"a line of at most {1 << 20} bytes"
    assert f"adapter.line_bytes = {1 << 20}" in str(raised.value.remedy)


@pytest.mark.usefixtures("impatient")
def test_a_flood_of_lines_is_held_back_and_a_breach() -> None:
    code = "a = read()\nwhile True: say(a, **HELLO)"
    with started(program(code)) as conversation:
        met(conversation)
        with pytest.raises(Breach):
            reset(conversation)


@pytest.mark.usefixtures("impatient")
def test_a_program_that_reads_nothing_does_not_hang_the_harness() -> None:
    with started(program("hello()\ntime.sleep(60)"), timeouts={"query": 0.2}) as conversation:
        met(conversation)
        with pytest.raises(Breach, match="does not answer"):
            conversation._channel.talk(json.dumps({"op": "query", "x": "y" * 3_000_000}).encode())


@pytest.mark.usefixtures("impatient")
def test_the_first_answer_has_a_time_of_its_own() -> None:
    with started(program("time.sleep(60)"), start=0.5) as conversation, pytest.raises(Breach) as raised:
        met(conversation)
    assert raised.value.expected == "an answer within 0.5 s"


def test_its_children_end_with_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    child = "import time; time.sleep(600)"
    code = (
        f"p = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=subprocess.DEVNULL)\n"
        f"open({str(told)!r}, 'w').write(str(p.pid))\nhello()\nread()"
    )
    with started(program(code)) as conversation:
        met(conversation)
        pid = int(told.read_text())
        os.kill(pid, 0)
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            return
        time.sleep(0.02)
    raise AssertionError("its child is still there")


@pytest.mark.usefixtures("impatient")
def test_a_program_that_ignores_its_end_is_killed() -> None:
    code = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nhello()\nwhile True: time.sleep(60)"
    with started(program(code)) as conversation:
        met(conversation)
        channel = conversation._channel
    assert channel._process.poll() is not None  # type: ignore[attr-defined]


# --- how it introduces itself ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ({"protocol": "renkei-adapter/2"}, "renkei-adapter/1"),
        ({"roles": ["card"]}, "municipal-system"),
        ({"roles": []}, "no role"),
        ({"capabilities": ["clock.settable", "mind.reading"]}, "mind.reading"),
        ({"capabilities": []}, "no `now`"),
        ({"capabilities": "all"}, "array"),
        ({"name": 5}, "string"),
    ],
)
def test_an_introduction_that_cannot_be_is_a_breach(lie: dict[str, Any], told: str) -> None:
    with started(program("hello()\nread()", **lie)) as conversation, pytest.raises(Breach) as raised:
        met(conversation)
    assert told in str(raised.value)


def test_a_product_whose_clock_cannot_be_set_says_what_time_it_is() -> None:
    now = MORNING.isoformat()
    with started(program("hello()\nread()", capabilities=[], now=now)) as conversation:
        peer = met(conversation).peer
    assert peer is not None and peer.now == MORNING


def test_what_was_declared_and_is_not_there_is_a_breach() -> None:
    code = "hello()\nfail(read(), 'unsupported')\nread()"
    with started(program(code)) as conversation:
        met(conversation)
        with pytest.raises(Breach, match="mandatory or was declared"):
            conversation.ask(Clock(until=NIGHT), ClockAnswer)


# --- the built-in one -----------------------------------------------------------------------------------
def test_the_reference_can_lack_a_capability_and_its_clock() -> None:
    given = {"kind": "builtin", "lacks": ["register.notices", "clock.settable"]}
    conversation = Conversation(channel_of(settings_of(given), MUNICIPAL), MUNICIPAL)
    peer = met(conversation).peer
    assert peer is not None and peer.now is not None
    assert not conversation.has("register.notices")
    reset(conversation)
    with pytest.raises(Breach, match="unsupported"):
        conversation.ask(Clock(until=NIGHT), ClockAnswer)
    conversation.ask(Bye(), Done)


def test_the_reference_cannot_lack_what_there_is_not() -> None:
    with pytest.raises(UsageError, match=r"did you mean register\.notices"):
        channel_of(settings_of({"kind": "builtin", "lacks": ["register.notice"]}), MUNICIPAL)


@pytest.mark.parametrize("adapter", [{}, {"kind": "smoke"}, {"kind": "command"}, {"kind": "http", "url": 3}])
def test_an_adapter_that_cannot_be_set_so_is_wrong_use(adapter: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        settings_of(adapter)


def test_every_channel_gives_a_line_and_closes() -> None:
    channel: Channel = channel_of(settings_of({"kind": "builtin"}), MUNICIPAL)
    told = json.loads(channel.talk(b'{"id": 1, "op": "hello", "body": {"role": "municipal-system"}}'))
    assert told["body"]["protocol"] == HELLO["protocol"]
    channel.close()
