"""Who may use the terminal: operators with an id and a PIN, locked after too many wrong ones.

An operator comes from the configuration; what changes (another PIN, failures, the lock, the day of the last
instruction) is kept in the state. A PIN is kept as a salted hash (scrypt). The salt only has to differ from
operator to operator and from PIN to PIN, so in a simulation it is made of their names and a count, and needs
no chance; a terminal on real connections draws it (`sim.drivers.live.terminal.settings`).

    wrong PIN      counted and written down; after `attempts` in a row the operator is locked
    locked         nobody is let in, with the right PIN neither, until an administrator unlocks
    not known      written down without the id: what was typed may be a PIN in the wrong field

The answer to all of them is the same, so that nobody learns which ids there are. Source: seed 003, line 263;
how many attempts there are is an assumption (`ATTEMPTS`), and so is the form of a PIN.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import msgspec

from sim.base.node import Table, Tables

ATTEMPTS: Final = 5
"""Wrong PINs in a row after which an operator is locked. An assumption: no source says."""

NOT_ADMITTED: Final = "not_admitted"

# Some milliseconds once for each PIN: dear enough for who tries many, too cheap to be felt in a simulation.
_COST: Final = {"n": 2**10, "r": 8, "p": 1, "dklen": 32}


class Role(StrEnum):
    """What an operator is for. A `SERVICE` operator is the terminal's own and never sits at the console."""

    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `pin`: as `hashed` gives it. `trained`: the day of the last instruction, if any."""

    id: str
    pin: str
    role: Role = Role.OPERATOR
    trained: date | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """An id and a PIN, as the terminal's own operator has them in its configuration."""

    operator: str
    pin: str


class Account(msgspec.Struct, frozen=True):
    """What has changed about an operator since the configuration. `changes`: of the PIN."""

    pin: str
    trained: date | None = None
    failures: int = 0
    locked: bool = False
    changes: int = 0


_ACCOUNTS = Table("operator", Account, secret=True)
TABLES: Final[tuple[Table[Any], ...]] = (_ACCOUNTS,)
"""All that is kept here."""


@lru_cache(maxsize=1024)
def hashed(pin: str, salt: str) -> str:
    """A PIN as it is kept: salt and scrypt hash. The same salt for another operator's PIN is bad practice."""
    return f"{salt}${hashlib.scrypt(pin.encode(), salt=salt.encode(), **_COST).hex()}"


def fits(pin: str, kept: str) -> bool:
    """Whether this is the PIN that is kept."""
    salt, _, _ = kept.rpartition("$")
    return hmac.compare_digest(hashed(pin, salt), kept)


def is_pin(pin: str) -> bool:
    """Whether somebody may choose this PIN: four to sixteen plain digits."""
    return 4 <= len(pin) <= 16 and pin.isascii() and pin.isdigit()


class Operators:
    """The operators of one terminal as they stand."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def account(self, operator: Operator) -> Account:
        return self._tables.get(_ACCOUNTS, operator.id) or Account(operator.pin, operator.trained)

    def keep(self, operator: Operator, account: Account) -> None:
        self._tables.put(_ACCOUNTS, operator.id, account)

    def admit(self, operator: Operator, pin: str, attempts: int) -> tuple[bool, bool]:
        """Whether the PIN lets the operator in, and whether this failure has locked them."""
        account = self.account(operator)
        if account.locked:
            return False, False
        if fits(pin, account.pin):
            if account.failures:
                self.keep(operator, msgspec.structs.replace(account, failures=0))
            return True, False
        failures = account.failures + 1
        locked = failures >= attempts
        self.keep(operator, msgspec.structs.replace(account, failures=failures, locked=locked))
        return False, locked

    def unlock(self, operator: Operator) -> None:
        """The failures are counted from 0 again."""
        self.keep(operator, msgspec.structs.replace(self.account(operator), failures=0, locked=False))

    def change_pin(self, operator: Operator, pin: str) -> None:
        """From now on this PIN."""
        account = self.account(operator)
        changes = account.changes + 1
        kept = hashed(pin, f"{operator.pin.rpartition('$')[0]}/{changes}")
        self.keep(operator, msgspec.structs.replace(account, pin=kept, changes=changes))

    def train(self, operator: Operator, on: date) -> None:
        """The operator was instructed on that day; an earlier day than the latest changes nothing."""
        account = self.account(operator)
        if account.trained is None or on > account.trained:
            self.keep(operator, msgspec.structs.replace(account, trained=on))


def by_id(operators: Iterable[Operator], id: str) -> Operator | None:
    """The operator of that id, if there is one."""
    return next((one for one in operators if one.id == id), None)
