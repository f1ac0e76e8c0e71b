"""Where a scenario happens: municipalities, their offices, terminals, cards and the leg inside."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import Field, NaiveDatetime, model_validator

from sim.exchange.municipality import check_digit
from sim.studies.scenario.parts import Clock, Code, Factor, Minutes, Part, Place, Rate, Share

Connection = Literal["standalone", "lan_only", "lgwan"]
Pattern = Literal["line", "media", "paper"]


TOWNS: Final = ("中央1丁目", "本町2丁目", "東町3丁目", "西町1丁目", "南町4丁目")
ELSEWHERE: Final = (
    "神奈川県横浜市中区山下町",
    "大阪府大阪市生野区桃谷",
    "愛知県名古屋市中区栄",
    "埼玉県川口市芝園町",
)


class CardTerminal(Part):
    """The ICカード取扱端末 of an office. `pattern_made`: day of the pattern file that it starts with.

    `writes`: whether the office switches writing on, on the day on which it is announced to start.
    """

    connection: Connection = "lgwan"
    pattern_made: date | None = None
    writes: bool = True


class Clerk(Part):
    """A clerk. `trained`: day of the last training, None: never. `until`: the end of a temporary post."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")]
    trained: date | None = None
    temporary: bool = False
    until: date | None = None


class Operator(Part):
    """Who may use the exchange terminal. `trained`: day of the last instruction, None: never."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")]
    trained: date | None = None
    administrator: bool = False


class Office(Part):
    """An office that residents come to. `share`: its part of the visitors, in relation to others."""

    ja: str
    en: str
    kind: Literal["main_office", "branch_office"] = "main_office"
    share: Factor = 1.0
    accepts_foreign_filings: bool = True
    windows: Annotated[int, Field(ge=1, le=200)] = 4
    opens: Clock | None = None
    closes: Clock | None = None
    clerks: tuple[Clerk, ...] = ()
    card_terminal: CardTerminal | None = None
    languages: tuple[Annotated[str, Field(pattern="^[a-z]{2}$")], ...] = ("ja",)
    maintenance: Place = ""


class Switch(Part):
    """From this moment on the leg inside the municipality follows another pattern."""

    at: NaiveDatetime
    to: Pattern


class Media(Part):
    """Pattern 2: media are written at these times and carried by hand."""

    times: Annotated[tuple[Clock, ...], Field(min_length=1)]
    carrying_minutes: Minutes = 30


class Paper(Part):
    """Pattern 3: printed, keyed in again, checked. Shares are those of fields and of errors."""

    times: Annotated[tuple[Clock, ...], Field(min_length=1)]
    minutes_per_record: Minutes = 6
    error_share: Share = 0.004
    caught_share: Share = 0.9
    most_residents: Annotated[int, Field(ge=0)] = 300


class Link(Part):
    """The leg between registry and exchange terminal (seed 002). `adapted`: the registry can take a line."""

    pattern: Pattern = "line"
    adapted: bool = True
    media: Media | None = None
    paper: Paper | None = None
    switches: tuple[Switch, ...] = ()

    @model_validator(mode="after")
    def _described(self) -> Self:
        used = {self.pattern, *(switch.to for switch in self.switches)}
        for name in ("media", "paper"):
            if name in used and getattr(self, name) is None:
                raise ValueError(f"{name}: the link uses this pattern, so its table is needed")
        if "line" in used and not self.adapted:
            raise ValueError("adapted: a line needs a registry that was adapted to it (seed 002, line 97)")
        if [switch.at for switch in self.switches] != sorted(switch.at for switch in self.switches):
            raise ValueError("switches: they stand in the order of their days")
        return self


class Readiness(Part):
    """What a municipality decides of the three requirements for writing to chips (seed 000, 164 to 171).

    `since`: the day from which both hold; None: from the start, when they hold.
    """

    security_policy_permits: bool = True
    lan_configured: bool = True
    since: date | None = None


class AccessLine(Part):
    """A municipality's own access line. `rate_kbps` 0: no limit."""

    rate_kbps: Annotated[int, Field(ge=0)]
    latency_ms: Annotated[int, Field(ge=0)]


class Municipality(Part):
    """Where it happens. `code`: six digits with the check digit of local government codes.

    `activity` scales all rates of events here; `line` replaces the scenario's access line.
    """

    code: Code
    ja: str
    en: str
    residents: Annotated[int, Field(ge=0, le=2_000_000)]
    address_prefix: Place = ""
    towns: Annotated[tuple[Place, ...], Field(min_length=1)] = TOWNS
    elsewhere: Annotated[tuple[Place, ...], Field(min_length=1)] = ELSEWHERE
    abode_only: Annotated[int, Field(ge=0, le=10_000)] = 0
    activity: Rate = 1.0
    offices: tuple[Office, ...] = ()
    operators: tuple[Operator, ...] = ()
    link: Link = Link()
    readiness: Readiness = Readiness()
    line: AccessLine | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        expected = check_digit(self.code[:5])
        if self.code[5] != expected:
            raise ValueError(f"code {self.code}: the check digit should be {expected}")
        mains = sum(office.kind == "main_office" for office in self.offices)
        if self.offices and mains != 1:
            raise ValueError(f"offices: one of them is the main office, not {mains}")
        if self.offices and not any(office.accepts_foreign_filings for office in self.offices):
            raise ValueError("offices: at least one accepts filings of foreign residents")
        paper = self.link.paper
        if paper is not None and self.residents > paper.most_residents:
            raise ValueError(
                f"link.paper: {self.residents} residents are too many for paper, which is for at most"
                f" most_residents = {paper.most_residents}"
            )
        return self
