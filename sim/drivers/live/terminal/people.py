"""Who may use a terminal, as `renkei terminal init` and `add-operator` write them into its settings."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from sim.base.errors import UsageError
from sim.base.outside import validated
from sim.drivers.live.terminal.editing import with_tables
from sim.drivers.live.terminal.settings import SETTINGS, Place, write_private
from sim.drivers.live.terminal.tables import REMEDY, SERVICE, OperatorTable, TerminalFile
from sim.nodes.terminal import Role, hashed
from sim.nodes.terminal.operators import is_pin

_SALT_BYTES: Final = 16


def operator_of(id: str, pin: str, *, administrator: bool, trained: date) -> OperatorTable:
    """An operator with the hash of a PIN under a salt that is drawn for it.

    Raises:
        UsageError: the PIN has not the form of one; it is not shown.
    """
    if not is_pin(pin):
        raise UsageError("this cannot be a PIN", where=f"the PIN of {id}", expected="four to sixteen digits")
    salt = os.urandom(_SALT_BYTES).hex()
    role = Role.ADMINISTRATOR if administrator else Role.OPERATOR
    return validated(
        OperatorTable,
        {"id": id, "pin": hashed(pin, salt), "role": role.value, "trained": trained},
        "--operator",
        "letters, digits, `.`, `_` and `-`",
    )


def check_new(ids: Iterable[str], place: Place | None = None) -> None:
    """Refuses ids that cannot be those of new operators. `place`: the terminal, when it is made already.

    Raises:
        UsageError: one of them is taken, is the terminal's own, or is given twice.
    """
    taken = {SERVICE, *(one.id for one in (() if place is None else place.file.operators))}
    for id in ids:
        if id in taken:
            raise UsageError(
                f"{id!r} is somebody's id already",
                where="--operator" if place is None else str(place.folder / SETTINGS),
                expected=f"another id than {', '.join(sorted(taken))}",
                remedy="another PIN is taken at the console: log on, then `renkei terminal change-pin`",
            )
        taken.add(id)


def add(place: Place, operators: Sequence[OperatorTable]) -> Sequence[OperatorTable]:
    """Writes operators to the settings of a terminal, behind those who are there, and gives them.

    Whole or not at all; everything else in the file stays byte for byte.

    Raises:
        UsageError: one of that id is there, or the file cannot be written or takes no more tables.
    """
    check_new((one.id for one in operators), place)
    path = place.folder / SETTINGS
    part = path.with_name(f"{SETTINGS}.part")
    try:
        before = path.read_bytes().decode()
        text = with_tables(before, "operators", [one.rows()[:-1] for one in operators], str(path))
        validated(TerminalFile, tomllib.loads(text), str(path), REMEDY)
        part.unlink(missing_ok=True)
        write_private(part, text)
        os.replace(part, path)
    except OSError as error:
        raise UsageError(
            "the terminal's settings cannot be written", where=str(path), received=error.strerror
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return operators
