"""Small adapters for the tests, good ones and bad ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

HOME: Final = Path(__file__).parents[2]
SKELETON: Final = HOME / "docs" / "adapters" / "python" / "adapter.py"

REFERENCE: Final = (
    sys.executable,
    "-P",
    "-c",
    f"import sys; sys.path.insert(0, {str(HOME)!r}); sys.argv[0] = 'renkei'; import renkei; renkei.main()",
    "conform",
    "reference",
    "--role",
    "municipal-system",
)
"""The command line of the built-in reference."""

HELLO: Final = {
    "protocol": "renkei-adapter/1",
    "name": "test",
    "vendor": "nobody",
    "version": "1",
    "roles": ["municipal-system"],
    "capabilities": ["clock.settable"],
}

SAYS: Final = """
import json, os, subprocess, sys, time
def read():
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)
def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()
def say(frame, **body):
    write(json.dumps({"id": frame["id"], "ok": True, "body": body}) + "\\n")
def fail(frame, code, message=""):
    write(json.dumps({"id": frame["id"], "ok": False, "code": code, "message": message}) + "\\n")
def hello():
    say(read(), **HELLO)
"""


def program(code: str, **hello: Any) -> tuple[str, ...]:
    """A program that may use `read`, `write`, `say`, `fail` and `hello` of `SAYS`."""
    return (sys.executable, "-c", f"HELLO = {HELLO | hello!r}\n{SAYS}\n{code}")


def plan_text(
    command: tuple[str, ...], rest: str = "", *, adapter: str = "", profile: str = "standard"
) -> str:
    """A plan for a command."""
    listed = ", ".join(f"'''{word}'''" for word in command)
    return (
        f'version = 1\nrole = "municipal-system"\nprofile = "{profile}"\n'
        f'[adapter]\nkind = "command"\ncommand = [{listed}]\n{adapter}\n{rest}\n'
    )
