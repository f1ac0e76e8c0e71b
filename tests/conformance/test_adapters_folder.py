"""The folder adapter: an operator does by hand what a program would, and a slip of the hand is no breach."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.adapters import channel_of, kind_of, settings_of
from conformance.adapters.instructions import instruction
from conformance.inspecting import State
from conformance.protocol.base import Bye, Clock, ClockAnswer, Done, File, Hello, summary_of
from conformance.protocol.conversation import Conversation
from conformance.protocol.examples import NIGHT, examples
from conformance.protocol.municipal import (
    Collect,
    CollectAnswer,
    Deliver,
    DeliverAnswer,
    FileFilings,
    Query,
    QueryAnswer,
)
from conformance.protocol.roles import MUNICIPAL
from sim.base.errors import Breach, HarnessError, UsageError
from tests.conformance.adapter_helpers import HELLO


def conversation_in(place: Path, said: list[str], **settings: Any) -> Conversation:
    given = {"kind": "folder", "folder": str(place), "look": 0.05, "answer": 20.0} | settings
    return Conversation(channel_of(settings_of(given), MUNICIPAL, said.append), MUNICIPAL)


def request_of(place: Path, op: str) -> str:
    """The name of the request for an operation, once it is there."""
    for _ in range(400):
        for path in (place / "requests").glob(f"*-{op}.txt"):
            if not (place / "answers" / f"{path.stem}.json").exists():
                return path.stem
        time.sleep(0.02)
    raise AssertionError(f"nobody asked for {op}")


@contextmanager
def operator(place: Path, *answers: tuple[str, str]) -> Iterator[None]:
    """Somebody who answers these operations, in this order, with these texts."""

    def work() -> None:
        for op, text in answers:
            name = request_of(place, op)
            (place / "answers" / f"{name}.json").write_text(text, encoding="utf-8")

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "hello.json").write_text(json.dumps(HELLO))
    return tmp_path


def test_an_operator_is_told_in_two_languages_what_to_do_and_answers_with_the_completed_draft(
    place: Path,
) -> None:
    said: list[str] = []
    conversation = conversation_in(place, said)
    conversation.hello(Hello(role="municipal-system"))
    with operator(place, ("clock", json.dumps({"ok": True, "body": {"at": NIGHT.isoformat()}}))):
        assert conversation.ask(Clock(until=NIGHT), ClockAnswer).at == NIGHT
    text = (place / "requests" / "000001-clock.txt").read_text(encoding="utf-8")
    assert "システムの日時を次のとおり進め" in text
    assert f"進める日時 (until): {NIGHT.isoformat()}" in text
    assert "Let time pass until this instant" in text
    assert json.loads((place / "drafts" / "000001-clock.json").read_text()) == {
        "ok": True,
        "body": {"at": None},
    }
    assert json.loads((place / "requests" / "000001-clock.json").read_text())["op"] == "clock"
    assert "requests/000001-clock.txt" in said[0]


def test_each_value_to_key_in_stands_in_the_instruction() -> None:
    request = next(one for one in examples("municipal-system") if isinstance(one, FileFilings))
    text = instruction("000001-file", "file", request.model_dump(mode="json"))
    for value in (
        "NGUYEN VAN AN",
        "1990-02-28",
        "AB12345678CD",
        "東京都新宿区大久保2丁目2番2号",
        "2026-06-01",
    ):
        assert value in text
    assert "氏名 (name): NGUYEN VAN AN" in text
    assert "People come to an office with filings" in instruction(
        "000001-file", "file", {}, summary_of(FileFilings)
    )


def test_an_operation_without_a_text_of_its_own_is_named() -> None:
    assert "「juggle」の操作" in instruction("000001-juggle", "juggle", {"flag": True, "n": [1, 2]})


def test_files_go_through_inbox_and_outbox_and_need_no_hand_to_be_collected(place: Path) -> None:
    conversation = conversation_in(place, [])
    conversation.hello(Hello(role="municipal-system"))
    (place / "outbox" / "131041-ISA-01-00000001.csv").write_bytes(b"H\r\n")
    (place / "outbox" / "131041-ISA-01-00000002.csv.part").write_bytes(b"half")
    (place / "outbox" / "読めない名前.csv").write_bytes(b"x")
    (place / "outbox" / "folder").mkdir()
    (place / "outbox" / "link.csv").symlink_to("/etc/hostname")
    told = conversation.ask(Collect(), CollectAnswer).files
    assert [(file.name, file.content) for file in told] == [("131041-ISA-01-00000001.csv", b"H\r\n")]
    assert (place / "sent" / "131041-ISA-01-00000001.csv").is_file()
    assert conversation.ask(Collect(), CollectAnswer).files == ()
    with operator(place, ("deliver", '{"ok": true}')):
        conversation.ask(Deliver(files=(File.of("ISA-1.csv", b"D\r\n"),)), DeliverAnswer)
    assert (place / "inbox" / "ISA-1.csv").read_bytes() == b"D\r\n"
    text = (place / "requests" / "000001-deliver.txt").read_text(encoding="utf-8")
    assert "ISA-1.csv" in text and base64.b64encode(b"D\r\n").decode() not in text


def test_an_answer_that_cannot_be_read_is_said_and_waited_for_again(place: Path) -> None:
    said: list[str] = []
    conversation = conversation_in(place, said)
    conversation.hello(Hello(role="municipal-system"))

    def work() -> None:
        path = place / "answers" / f"{request_of(place, 'query')}.json"
        path.write_text('{"ok": tru')
        time.sleep(0.3)
        path.write_text('{"ok": true, "body": nothing}')
        while not any("回答を読めません" in line for line in said):
            time.sleep(0.02)
        path.write_text('\ufeff{"id": 77, "ok": true, "body": {"state": "none"}}', encoding="utf-8")

    thread = threading.Thread(target=work)
    thread.start()
    assert conversation.ask(Query(person="P"), QueryAnswer).state == "none"
    thread.join()


def test_no_answer_in_time_is_a_breach_and_the_next_request_has_another_number(place: Path) -> None:
    conversation = conversation_in(place, [], timeouts={"query": 0.3})
    conversation.hello(Hello(role="municipal-system"))
    with pytest.raises(Breach, match="no answer in time"):
        conversation.ask(Query(person="P"), QueryAnswer)
    again = conversation_in(place, [])
    again.hello(Hello(role="municipal-system"))
    (place / "answers" / "000001-query.json").write_text('{"ok": true, "body": {"state": "present"}}')
    with operator(place, ("query", '{"ok": true, "body": {"state": "none"}}')):
        assert again.ask(Query(person="P"), QueryAnswer).state == "none"


@pytest.mark.parametrize("text", ["[1]", '{"ok": true, "body": {}, "x": "' + "y" * 2000 + '"}'])
def test_an_answer_that_stays_bad_is_a_breach_in_the_end(text: str, place: Path) -> None:
    conversation = conversation_in(place, [], timeouts={"query": 0.3}, answer_bytes=1024)
    conversation.hello(Hello(role="municipal-system"))
    # It lies there before the first look, so that the time that is over is not the operator's.
    (place / "answers" / "000001-query.json").write_text(text, encoding="utf-8")
    with pytest.raises(Breach, match="cannot be read"):
        conversation.ask(Query(person="P"), QueryAnswer)


def test_what_an_operator_answers_is_held_to_the_schema(place: Path) -> None:
    conversation = conversation_in(place, [])
    conversation.hello(Hello(role="municipal-system"))
    with operator(place, ("query", '{"ok": true, "body": {"state": null}}')), pytest.raises(Breach):
        conversation.ask(Query(person="P"), QueryAnswer)


def test_without_hello_json_the_operator_is_asked_who_answers(tmp_path: Path) -> None:
    conversation = conversation_in(tmp_path, [])
    with operator(tmp_path, ("hello", json.dumps({"ok": True, "body": HELLO}))):
        assert conversation.hello(Hello(role="municipal-system")).name == "test"
    assert conversation.ask(Bye(), Done) == Done()


def test_a_folder_that_cannot_be_used_is_wrong_use_and_the_doctor_says_so(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "answers").write_text("")
    for place in (tmp_path / "none", file, taken, Path("/proc")):
        with pytest.raises(UsageError, match="folder cannot be used"):
            conversation_in(place, [])
        settings = settings_of({"kind": "folder", "folder": str(place)})
        points = kind_of("folder").inspect(settings)
        assert [point.state for point in points] == [State.FAIL] and points[0].mend


def test_a_folder_that_goes_away_is_not_the_implementations_fault(place: Path) -> None:
    conversation = conversation_in(place, [])
    conversation.hello(Hello(role="municipal-system"))
    for path in (place / "drafts", place / "inbox"):
        path.rmdir()
    with pytest.raises(HarnessError, match="can no longer be used"):
        conversation.ask(Query(person="P"), QueryAnswer)
