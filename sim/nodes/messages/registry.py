"""What a registry is told."""

from __future__ import annotations

from datetime import date

import msgspec

from sim.base.instant import Instant
from sim.base.node import Body
from sim.exchange.records import AnyRecord
from sim.nodes.messages.people import Person


class OpenRegister(Body, frozen=True):
    """The register as it stands when the simulation begins."""

    residents: tuple[Person, ...]


class ConfirmNotices(Body, frozen=True):
    """A clerk goes through the slips of imported agency notices and confirms them.

    Those of special permanent residents stay: each is taken in by hand (`ConfirmNotice`). `by_hand`: the
    clerk sees to each of those as well.
    """

    by_hand: bool = False


class ConfirmNotice(Body, frozen=True):
    """A clerk takes in one agency notice by hand, by its record number."""

    record_id: str


class ListBacklog(Body, frozen=True):
    """A clerk asks which notices are not taken in yet, whatever day they are of."""


class ChangeRecord(Body, frozen=True):
    """A change of the register that no filing of a mover makes: birth, death, alias, the mayor's own (職権).

    `ground`: a key of `sim.nodes.registry.GROUNDS`. `items`: for a correction, the names of the items of
    `person` that are meant; what is not named stays. `filed_date`: of the report, or of the decision.
    `provisional`: recorded but not final, as `Revise.provisional`.
    """

    case: str
    ground: str
    person: Person
    event_date: date
    filed_date: date
    items: tuple[str, ...] = ()
    provisional: bool = False


class Settle(Body, frozen=True):
    """The provisional changes of the case are final: they are written, and their records leave now."""

    case: str


class Drop(Body, frozen=True):
    """The provisional changes of the case come to nothing."""

    case: str


class CancelRevision(Body, frozen=True):
    """The change that the case `cancels` made to the person's record is taken back (異動の取消し)."""

    case: str
    ref: str
    cancels: str


class ShownCard(msgspec.Struct, frozen=True):
    """What an applicant's card says. `status`: empty when only the number is declared, else with its end.

    `period`: in words, where the card bears it (until 2026-06-13). `permitted`: the day of the permission,
    likewise.
    """

    card_number: str
    status: str = ""
    period_until: date | None = None
    period: str = ""
    permitted: date | None = None


class IssueCopy(Body, frozen=True):
    """Somebody asks for a copy of the person's record (住民票の写し). `shown`: the card, if it is shown."""

    case: str
    ref: str
    shown: ShownCard | None = None


class HandOverCertificate(Body, frozen=True):
    """A special permanent resident certificate (特別永住者証明書) is handed over at the counter.

    `ground`: one of the profile's grounds of an issue (`first_issue`, `renewal`, …).
    """

    case: str
    ref: str
    ground: str
    certificate_number: str
    valid_until: date


class RecordAbode(Body, frozen=True):
    """A special permanent resident without 住民票 lives here; `person.address` is the abode (居住地).

    Source: seed 003, line 105.
    """

    case: str
    person: Person


class RemoveAbode(Body, frozen=True):
    """The special permanent resident without 住民票 lives here no longer."""

    case: str
    ref: str


class Reraise(Body, frozen=True):
    """Hand over again all that left since the instant and has no result: the terminal was replaced.

    `ask`: the name of this request; the records come in one `Outbound` that bears it. `answers`: records that
    came down and whose answers the agency still awaits; those that were given go again too.
    """

    since: Instant
    ask: Instant = Instant(0)
    answers: tuple[str, ...] = ()


class RemovalDue(Body, frozen=True):
    """The planned day of a moving-out has come."""

    case: str
    ref: str


class TransitionalStayEnds(Body, frozen=True):
    """The transitional stay that began on the day `since` is over, unless a status was given meanwhile."""

    ref: str
    since: date


class Outbound(Body, frozen=True):
    """Registry to terminal, over the link: records to send, in order.

    `again`: the `Reraise.ask` that this answers, also when nothing is pending; 0 for what is raised in the
    ordinary course.
    """

    records: tuple[AnyRecord, ...]
    again: Instant = Instant(0)


class Inbound(Body, frozen=True):
    """Terminal to registry, over the link: records that arrived, in order.

    `reraise`: after them, what a terminal in another's place asks for. Both come the same way, so that no
    result that came down before is overtaken by the request.
    """

    batch: str
    records: tuple[AnyRecord, ...]
    reraise: Reraise | None = None


BODIES = (
    OpenRegister
    | ConfirmNotices
    | ConfirmNotice
    | ListBacklog
    | ChangeRecord
    | Settle
    | Drop
    | CancelRevision
    | IssueCopy
    | HandOverCertificate
    | RecordAbode
    | RemoveAbode
    | Reraise
    | RemovalDue
    | TransitionalStayEnds
    | Outbound
    | Inbound
)
