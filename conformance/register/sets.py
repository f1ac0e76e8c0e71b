"""Frozen sets: which rows and checks a release of the requirements has.

What a run is scored by does not change under a vendor's feet. A check that was written after the freeze still
runs and is shown, but is not scored; a certificate names its set. `renkei conform coverage --freeze NAME`
prints the file of a new one.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from sim.base.errors import HarnessError, UsageError, nearest

CURRENT: Final = "current"
"""Names no frozen set, but whatever there is now."""

FOLDER: Final = Path(__file__).with_name("sets")


class RequirementSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One frozen set. `checks`: by role."""

    name: str
    rows: tuple[str, ...]
    checks: dict[str, tuple[str, ...]]

    def scores(self, role: str, check: str) -> bool:
        """Whether a check of a role counts in this set."""
        return check in self.checks.get(role, ())

    @property
    def text(self) -> str:
        """The set as its file."""

        def listed(values: Iterable[str]) -> str:
            return "[\n" + "".join(f"  {json.dumps(value)},\n" for value in values) + "]\n"

        return (
            "# What this release of the requirements has. Not edited by hand, nor changed once it is out.\n"
            f"name = {json.dumps(self.name)}\nrows = {listed(self.rows)}"
            "\n[checks]\n" + "".join(f"{role} = {listed(ids)}" for role, ids in self.checks.items())
        )


def freeze(name: str, rows: Iterable[str], checks: Mapping[str, Iterable[str]]) -> RequirementSet:
    """A set of what there is now."""
    return RequirementSet(name, tuple(rows), {role: tuple(ids) for role, ids in checks.items()})


def read_set(text: str) -> RequirementSet:
    """A set from its file.

    Raises:
        HarnessError: it is none.
    """
    try:
        return msgspec.convert(tomllib.loads(text), RequirementSet)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise HarnessError("the set of requirements cannot be read", received=str(error)) from error


def names() -> tuple[str, ...]:
    """The sets that there are, the oldest first."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def set_of(name: str) -> RequirementSet | None:
    """The set of that name; None for what there is now.

    Raises:
        UsageError: there is none.
    """
    if name == CURRENT:
        return None
    if name not in names():
        near = nearest(name, (CURRENT, *names()))
        raise UsageError(
            "there is no such set of requirements",
            expected=", ".join((CURRENT, *names())),
            received=name,
            remedy=f"did you mean {near}?" if near else "give one of these",
        )
    return read_set((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
