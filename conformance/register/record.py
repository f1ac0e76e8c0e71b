"""What the built-in reference of a role exercises, case by case: written by a self-test, compared in CI.

A check that silently stops being executed is the worst that can happen to a harness. So the ordered list of
the checks that found something to look at is a file, and a change of it is seen in review. It also says in
which case each mutant was caught, which is where the next self-test looks first.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from sim.base.errors import HarnessError

FOLDER: Final = Path(__file__).with_name("exercised")


class Exercised(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case of the reference: the checks with something to look at, in the order in which they ran."""

    case: str
    tag: str
    checks: tuple[str, ...]


class Killed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mutant: the check that must catch it, and the case in which it did."""

    mutant: str
    catches: str
    case: str


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a self-test of a role saw."""

    role: str
    cases: tuple[Exercised, ...] = ()
    mutants: tuple[Killed, ...] = ()

    def exercising(self, check: str) -> tuple[str, ...]:
        """Ids of the cases that exercise a check."""
        return tuple(case.case for case in self.cases if check in case.checks)

    def tags_of(self, check: str) -> tuple[str, ...]:
        """Tags of the cases that exercise a check, each once."""
        return tuple(dict.fromkeys(case.tag for case in self.cases if check in case.checks))

    @property
    def text(self) -> str:
        """The file: a line for each case and each mutant, so that a change is easy to read."""

        def rows(values: tuple[Exercised, ...] | tuple[Killed, ...]) -> str:
            lines = [json.dumps(msgspec.to_builtins(value), ensure_ascii=False) for value in values]
            return "[\n  " + ",\n  ".join(lines) + "\n ]" if lines else "[]"

        return (
            f'{{"role": {json.dumps(self.role)},\n "cases": {rows(self.cases)},\n'
            f' "mutants": {rows(self.mutants)}}}\n'
        )


def read_record(text: str) -> Record:
    """A record from its file.

    Raises:
        HarnessError: it is none.
    """
    try:
        return msgspec.json.decode(text, type=Record)
    except msgspec.DecodeError as error:
        raise HarnessError(
            "the list of executed checks cannot be read",
            received=str(error),
            remedy="write it anew: renkei conform selftest --role ROLE --record",
        ) from error


@cache
def record_of(role: str) -> Record:
    """The record of a role that ships with the harness; an empty one if there is none yet."""
    path = FOLDER / f"{role}.json"
    return read_record(path.read_text(encoding="utf-8")) if path.is_file() else Record(role)
