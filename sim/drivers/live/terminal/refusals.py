"""What the codes with which the console refuses a job mean, and what an operator can do about each.

The words say what the code says and no more: not whether an id or a PIN was wrong, nor which ids there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sim.drivers.live.terminal.standing import Status, counted

NOTHING_WAITS: Final = "nothing_waits"

EXPLAINED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_session": "nobody is logged on: `renkei terminal log-on` comes before each job",
        "console_in_use": "{operator} is logged on; `renkei terminal log-off` frees the console",
        "not_admitted": "id and PIN let nobody in, or too many wrong PINs have locked the operator, whom an"
        " administrator unlocks (`renkei terminal unlock`); who was added while the terminal ran is known"
        " after its next start",
        "training_overdue": "the last instruction is too long ago: `renkei terminal train` notes another",
        "not_an_administrator": "this is for administrators: log off, and let one log on",
        "unknown_operator": "nobody has this id at this terminal: see terminal.toml",
        "date_in_future": "the day has not come yet: give today's or an earlier one",
        "bad_pin": "a PIN is 4 to 16 digits",
        "same_pin": "this is the PIN that there is: take another one",
        "nothing_to_view": "nothing of that name can be looked at",
        "numbers_not_known": "this machine took another's place: the server, which knows where the numbers"
        " stand, has to be reached first",
        "no_medium": "say with --medium what the medium is called",
        "medium_used": "the log lies on a medium of that name already: give another name",
        NOTHING_WAITS: "no batch waits for the server, and no record for the next exchange",
    }
)
"""By code. `{operator}`: who is logged on."""


def told(code: str, status: Status) -> str:
    """The explanation of a refusal, as the terminal stands; empty for a code that explains itself."""
    if code == NOTHING_WAITS and status.queue:
        waits = "waits" if status.queue == 1 else "wait"
        return (
            f"{counted(status.queue, 'record')} {waits} for the next exchange: `renkei terminal send` makes"
            " batches of them, then log on again and export again"
        )
    return EXPLAINED.get(code, "").format(operator=status.operator or "somebody")
