"""Secrets of a plan: a reference to a variable or a file, looked up where it is used and nowhere else.

A plan is shared and goes into the bundle, so it never holds a secret itself. What is looked up never enters a
message, a journal or a command line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import model_validator

from conformance.adapters.kind import PlanPart
from sim.base.errors import UsageError

BYTES_AT_MOST = 64 << 10


class Secret(PlanPart):
    """Where a secret is: `{env = "NAME"}`, or `{file = "path"}` (its last line feed does not count)."""

    env: str = ""
    file: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.env) == (self.file is not None):
            raise ValueError('a secret is {env = "NAME"} or {file = "path"}')
        return self

    def look_up(self, where: str) -> str:
        """The secret. `where`: the key of the plan that refers to it.

        Raises:
            UsageError: there is no such variable or file, it is empty, or it is no text.
        """
        if self.file is None:
            found, place = os.environ.get(self.env, ""), f"the variable {self.env}"
        else:
            place = f"the file {self.file}"
            try:
                with self.file.open("rb") as opened:
                    found = opened.read(BYTES_AT_MOST).decode("utf-8").removesuffix("\n").removesuffix("\r")
            except (OSError, UnicodeDecodeError) as error:
                told = getattr(error, "strerror", None) or "no text in UTF-8"
                raise _missing(place, where, told) from error
        if not found:
            raise _missing(place, where, "nothing")
        return found


def looked_up(value: str | Secret, where: str) -> str:
    """A value that may be a secret."""
    return value.look_up(where) if isinstance(value, Secret) else value


def _missing(place: str, where: str, received: str) -> UsageError:
    return UsageError(
        f"{place} does not hold the secret that the plan refers to",
        where=where,
        received=received,
        remedy="set it before the run; a plan itself never holds a secret",
    )
