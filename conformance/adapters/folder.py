"""`folder`: an operator does by hand what a program would: reads what to do, does it, leaves an answer.

For each operation the harness writes `requests/NNNNNN-OP.json` (the line), `requests/NNNNNN-OP.txt` (in
Japanese and English, what to key in) and `drafts/NNNNNN-OP.json` (an answer to fill in). The operator
completes the draft and puts it into `answers/` under the same name. What cannot be read there is said aloud
and waited for again, because a slip of the hand is no fault of a product. Three things need no hand:

- `hello` is answered by `hello.json`, when that lies in the folder;
- files that the product gives away are put into `outbox/`; `collect` takes them and keeps them in `sent/`;
- files that arrive for it are put into `inbox/`.

Whose fault: a folder that cannot be used is a UsageError; no answer in time is a Breach.
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from conformance.adapters.instructions import instruction
from conformance.adapters.kind import Kind, Say, Seconds, Settings
from conformance.inspecting import Point, State
from conformance.protocol.base import summary_of
from conformance.protocol.roles import Role
from sim.base.errors import Breach, HarnessError, UsageError

FOLDERS: Final = ("requests", "drafts", "answers", "inbox", "outbox", "sent")
NUMBERED: Final = re.compile(r"(\d{6})-")
FILE_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
REMINDER: Final = 60.0
"""Seconds between two reminders that something waits."""


class FolderSettings(Settings):
    """`folder`: where both meet, from the plan's folder. `answer`: seconds that an operator has.

    `look`: seconds between two looks. `answer_bytes`: the longest answer or file.
    """

    kind: Literal["folder"]
    folder: Path
    answer: Seconds = 1800.0
    look: Annotated[float, Field(ge=0.05, le=60)] = 1.0
    answer_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 128 << 20


class FolderChannel:
    """One folder. Raises a UsageError when it cannot be used."""

    def __init__(self, settings: FolderSettings, role: Role, say: Say) -> None:
        self._settings = settings
        self._role = role
        self._say = say
        self._home = settings.folder
        self._op = "hello"
        for point in _inspect(settings):
            if point.state is State.FAIL:
                raise UsageError(
                    "the folder cannot be used",
                    where="adapter.folder",
                    received=point.told,
                    remedy=point.mend,
                )
        self._number = max((_number(path) for path in (self._home / "requests").iterdir()), default=0)

    def talk(self, line: bytes) -> bytes:
        """Asks the operator. Raises as a channel does."""
        try:
            return self._asked(json.loads(line), line)
        except OSError as error:
            raise HarnessError(
                "the folder can no longer be used",
                where=str(error.filename or self._home),
                received=str(error.strerror),
                remedy="see that it stays, has room and may be written",
            ) from error

    def close(self) -> None:
        """Leaves everything as it lies."""

    def _asked(self, frame: dict[str, Any], line: bytes) -> bytes:
        self._op = str(frame.get("op", self._op))
        body = frame.get("body", frame.get("result", {}))
        ready = self._of_itself(body)
        if ready is not None:
            return json.dumps({"id": frame["id"], "ok": True, "body": ready}, ensure_ascii=False).encode()
        self._number += 1
        name = f"{self._number:06d}-{self._op}"
        for file in body.get("files", ()):
            self._put(self._home / "inbox" / file["name"], base64.b64decode(file["content"]))
        self._put(self._home / "drafts" / f"{name}.json", self._draft(frame["id"]))
        self._put(self._home / "requests" / f"{name}.json", line)
        self._put(
            self._home / "requests" / f"{name}.txt",
            instruction(name, self._op, body, self._in_english()).encode(),
        )
        self._say(
            f"{name}: requests/{name}.txt の作業を行い、answers/{name}.json を置いてください。"
            f" / do what requests/{name}.txt says, then put answers/{name}.json there"
        )
        answered = self._wait(self._home / "answers" / f"{name}.json", name)
        return json.dumps({"id": frame["id"]} | answered, ensure_ascii=False).encode()

    def _of_itself(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The body of an answer that needs nobody's hand, or None."""
        if self._op == "hello" and (self._home / "hello.json").is_file():
            return self._loaded(self._home / "hello.json")
        if self._op == "bye":
            return {}
        op = self._role.op(self._op)
        if op is not None and not body and set(op.answer.model_fields) == {"files"}:
            return {"files": self._collected()}
        return None

    def _collected(self) -> list[dict[str, str]]:
        """What lies in `outbox/`, oldest name first; what is still being written (`.part`) stays."""
        found = []
        for path in sorted((self._home / "outbox").iterdir()):
            if path.suffix == ".part" or not FILE_NAME.fullmatch(path.name) or path.is_symlink():
                continue
            if not path.is_file() or path.stat().st_size > self._settings.answer_bytes:
                continue
            found.append({"name": path.name, "content": base64.b64encode(path.read_bytes()).decode()})
            path.replace(self._home / "sent" / path.name)
        return found

    def _in_english(self) -> str:
        """What the operation asks for, as the protocol's document has it."""
        op = self._role.op(self._op)
        return "" if op is None else summary_of(op.request)

    def _draft(self, number: int) -> bytes:
        op = self._role.op(self._op)
        fields = {} if op is None else op.answer.model_fields
        body = {
            name: None if field.is_required() else field.get_default(call_default_factory=True)
            for name, field in fields.items()
        }
        draft = {"ok": True, "body": body}
        return json.dumps(draft, ensure_ascii=False, indent=2, default=str).encode() + b"\n"

    def _wait(self, path: Path, name: str) -> dict[str, Any]:
        """The answer, once there is one that can be read."""
        seconds = self._settings.seconds_for(self._op, self._settings.answer)
        begun = time.monotonic()
        reminded = begun
        complained: bytes | None = None
        while True:
            if path.is_file():
                try:
                    return self._loaded(path)
                except ValueError as error:
                    # A file that is being written cannot be read either: it is said once for each content.
                    content = path.read_bytes()[: self._settings.answer_bytes]
                    if content != complained and complained is not None:
                        self._say(f"{name}: 回答を読めません。直してください: {error}")
                    complained = content
            now = time.monotonic()
            if now - begun > seconds:
                raise Breach(
                    "the operator gave no answer in time",
                    where=f"{self._home}, {name}",
                    expected=f"{path} within {seconds:g} s",
                    received="an answer that cannot be read" if complained else "none",
                    remedy="raise adapter.answer, or adapter.timeouts for this operation",
                )
            if now - reminded > REMINDER:
                reminded = now
                self._say(f"{name}: 回答を待っています（{now - begun:.0f} / {seconds:g} 秒）。")
            time.sleep(min(self._settings.look, max(0.0, seconds - (now - begun)) + 0.01))

    def _loaded(self, path: Path) -> dict[str, Any]:
        if path.stat().st_size > self._settings.answer_bytes:
            raise ValueError(f"it is longer than {self._settings.answer_bytes} bytes")
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
        if not isinstance(found, dict):
            raise ValueError("it is no object")
        return {key: value for key, value in found.items() if key != "id"}

    def _put(self, path: Path, content: bytes) -> None:
        """Writes a file that nobody sees half written."""
        part = path.with_name(path.name + ".part")
        part.write_bytes(content)
        part.replace(path)


def _number(path: Path) -> int:
    found = NUMBERED.match(path.name)
    return int(found[1]) if found else 0


def _open(settings: FolderSettings, role: Role, say: Say) -> FolderChannel:
    return FolderChannel(settings, role, say)


def _inspect(settings: FolderSettings) -> list[Point]:
    """Makes the folders and tries to write into each."""
    home, told, mend = settings.folder, str(settings.folder), ""
    try:
        if not home.is_dir():
            raise NotADirectoryError(f"{home} is no folder")
        for name in FOLDERS:
            place = home / name
            place.mkdir(exist_ok=True)
            probe = place / ".renkei.part"
            probe.write_bytes(b"")
            probe.unlink()
            if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(f"{place} may not be read and written")
    except OSError as error:
        told = str(error)
        mend = "make the folder, and let both the harness and the operator read and write in it"
    return [
        Point(
            id="folder",
            ja="フォルダを読み書きできる",
            en="the folder can be read and written",
            state=State.FAIL if mend else State.PASS,
            told=told,
            mend=mend,
        )
    ]


KIND: Final = Kind(
    "folder", "作業者が扱うフォルダ（立会い）", "a folder, attended", FolderSettings, _open, _inspect
)
