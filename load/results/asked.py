"""What was run, and in which window: the part of the results that stands before it begins."""

from __future__ import annotations

from load.results.parts import Part, Words


class Machine(Part, frozen=True, kw_only=True):
    """Where it ran. `memory`: bytes. `shared`: server, network and generator ran on the one machine."""

    system: str
    processor: str
    cpus: int
    memory: int
    shared: bool = True


class Run(Part, frozen=True, kw_only=True):
    """What was run, and how to run it again.

    `started`: ISO 8601 with offset. `versions`: of renkei and of what it stands on, by name. `fingerprints`:
    SHA-256 in hexadecimal by what it is of: the shape, the municipalities, the plan, the payloads.
    `stopped`: why the run ended early; empty if it did not.
    """

    shape: str
    title_ja: str
    title_en: str
    shows: Words
    seed: int
    command: str
    started: str
    profile: str
    versions: dict[str, str]
    machine: Machine
    fingerprints: dict[str, str]
    assumptions: tuple[Words, ...] = ()
    answers: tuple[str, ...] = ()
    stopped: str = ""


class Night(Part, frozen=True, kw_only=True):
    """One window and what came of it. `last_record`: when the server kept the last batch with records;
    `last_acknowledgement`: when the last terminal had acknowledged its results; None where nothing came.

    `endpoints`: those which should have exchanged; `finished`: those which had acknowledged all their results
    inside the window. `records` and `answered`: the same of records.
    """

    start: int
    end: int
    endpoints: int
    finished: int
    records: int
    answered: int
    last_record: int | None = None
    last_acknowledgement: int | None = None

    @property
    def margin(self) -> int | None:
        """From the last acknowledgement to the end; negative when it came too late."""
        return None if self.last_acknowledgement is None else self.end - self.last_acknowledgement


class Window(Part, frozen=True, kw_only=True):
    """The window of a night. `begins`, `opens`: the clock in Japan, `HH:MM`. `factor`: so many seconds of a
    night went by in a second of the run; 1 for a night in its own time."""

    begins: str
    opens: str
    factor: float
    nights: tuple[Night, ...]


class Plan(Part, frozen=True, kw_only=True):
    """What was asked for. `spread`: how the intended starts lie in the window."""

    endpoints: int
    records: int
    spread: str
    classes: tuple[SizeClass, ...]


class SizeClass(Part, frozen=True, kw_only=True):
    """A size of municipality, by its foreign residents: from `least` up to the next class."""

    id: str
    least: int
    ja: str
    en: str
