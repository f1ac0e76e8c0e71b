"""When the terminal exchanges: once a day, several times a day, or as soon as something was raised.

Sources: seed 001, line 63 (one by one or daily) and line 64 (at least once a day, automatically); seed 002,
lines 85 and 86 (once a day or more often; once a day is what municipalities hold to be practicable).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from sim.base.errors import UsageError
from sim.base.instant import Instant, at_time, japan_date


@dataclass(frozen=True, slots=True)
class Schedule:
    """Clock times in Japan, at least one a day. `per_event`: also whenever the registry hands something over.

    Raises:
        UsageError: no time is given.
    """

    times: tuple[time, ...]
    per_event: bool = False

    def __post_init__(self) -> None:
        if not self.times:
            raise UsageError(
                "a schedule without a time",
                expected="at least one exchange a day, also where there is one for each event",
                received="none",
                remedy="give a clock time such as 22:00",
            )

    def following(self, now: Instant) -> Instant:
        """The next exchange after `now`."""
        today = japan_date(now)
        days = (today, today + timedelta(days=1))
        return min(at for day in days for clock in self.times if (at := at_time(day, clock)) > now)

    def told(self) -> str:
        """The times, for the journal."""
        return ",".join(clock.isoformat("minutes") for clock in sorted(self.times))
