"""`terminal.toml` as a text that somebody keeps: what is set or added changes its own lines and no others.

Each change is read again: what it did not mean to change must say the same as before.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sim.base.errors import UsageError

BESIDES: Final = "# 任意の設定です"
"""How the comments begin that stand behind everything else."""

_HEADER: Final = re.compile(r"\s*\[")


def with_values(text: str, table: str, values: Mapping[str, str | bool], where: str) -> str:
    """The text with these values in a table, which is written at the end when it is not there.

    Raises:
        UsageError: the text is written in another way than in tables with a key a line.
    """
    lines = text.splitlines()
    if (found := _table(lines, f"[{table}]")) is None:
        lines += ["", f"[{table}]"]
        found = (len(lines) - 1, len(lines))
    begin, end = found
    for key, value in values.items():
        row = f"{key} = {json.dumps(value, ensure_ascii=False)}"
        at = next((n for n in range(begin, end) if re.match(rf"\s*{re.escape(key)}\s*=", lines[n])), None)
        if at is None:
            lines.insert(end, row)
            end += 1
        else:
            lines[at] = row
    after = "\n".join(lines) + "\n"
    wanted = tomllib.loads(text)
    _same(after, {**wanted, table: {**wanted.get(table, {}), **values}}, where, f"{table} cannot be set")
    return after


def with_comments(text: str, table: str, rows: Sequence[str]) -> str:
    """The text with commented settings beneath a table, or before all tables when `table` is empty."""
    lines = text.splitlines()
    if not table:
        end = next((n for n, line in enumerate(lines) if _HEADER.match(line)), len(lines))
        end = _said(lines, 0, end)
    else:
        found = _table(lines, f"[{table}]")
        if found is None:
            return text
        end = found[1]
    return "\n".join([*lines[:end], *rows, *lines[end:]]) + "\n"


def with_tables(text: str, name: str, tables: Sequence[Sequence[str]], where: str) -> str:
    """The text with further tables `[[name]]`: behind the last of them, or before the comments at the end.

    Everything else stays byte for byte.

    Raises:
        UsageError: these tables are written in another way.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    added = [newline.join([*rows, ""]) for rows in tables]
    if (found := _table(lines, f"[[{name}]]")) is not None:
        end = found[1]
        added = [newline + one for one in added]
    else:
        end = next((n for n, line in enumerate(lines) if line.startswith(BESIDES)), len(lines))
        added = [one + newline for one in added]
        if end and lines[end - 1].strip():
            added.insert(0, newline)
    after = "".join([*lines[:end], *added, *lines[end:]])
    wanted = tomllib.loads(text)
    more = [one for rows in tables for one in tomllib.loads("\n".join(rows))[name]]
    _same(after, {**wanted, name: [*wanted.get(name, []), *more]}, where, f"the settings take no more {name}")
    return after


def _table(lines: Sequence[str], header: str) -> tuple[int, int] | None:
    """The last table of that header: the line of its header, and the one behind all that it says."""
    at = [n for n, line in enumerate(lines) if re.sub(r"\s", "", line.partition("#")[0]) == header]
    if not at:
        return None
    following = (n for n in range(at[-1] + 1, len(lines)) if _HEADER.match(lines[n]))
    return at[-1], _said(lines, at[-1] + 1, next(following, len(lines)))


def _said(lines: Sequence[str], begin: int, end: int) -> int:
    """The line behind the last one that says something, with the comments that stand right beneath it."""
    told = [n for n in range(begin, end) if lines[n].strip() and not lines[n].lstrip().startswith("#")]
    at = told[-1] + 1 if told else begin
    while at < end and lines[at].startswith("#") and not lines[at].startswith(BESIDES):
        at += 1
    return at


def _same(after: str, wanted: dict[str, Any], where: str, message: str) -> None:
    try:
        found: Any = tomllib.loads(after)
        received = "something else than was there"
    except tomllib.TOMLDecodeError as error:
        found, received = None, str(error)
    if found != wanted:
        raise UsageError(
            message,
            where=where,
            expected="tables with a key a line, such as [server] and [[operators]]",
            received=received,
            remedy="write them so, and call this again",
        )
