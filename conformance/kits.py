"""What belongs to each role: its reference, its scene, the steps of its features, its mutants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from conformance.mutants import card as card_mutants
from conformance.mutants import card_application as reader_mutants
from conformance.mutants import ministry as ministry_mutants
from conformance.mutants import ministry_centre as centre_mutants
from conformance.mutants import ministry_notices as notices_mutants
from conformance.mutants import municipal as municipal_mutants
from conformance.mutants import municipal_exchange as exchange_mutants
from conformance.mutants import municipal_register as register_mutants
from conformance.mutants import municipal_sending as sending_mutants
from conformance.mutants import terminal as terminal_mutants
from conformance.mutants.municipal_counter import COUNTER
from conformance.mutants.municipal_forms import FORMS
from conformance.mutants.municipal_law import LAW
from conformance.mutants.shape import Mutant
from conformance.protocol.conversation import Channel, Conversation
from conformance.protocol.roles import CARD, CARD_APPLICATION, MINISTRY_SERVER, MUNICIPAL, TERMINAL, Role
from conformance.reference.card import ReferenceCard
from conformance.reference.card import genuine as genuine_card
from conformance.reference.card_application import ReferenceReader
from conformance.reference.ministry import ReferenceMinistry
from conformance.reference.municipal import ReferenceMunicipality
from conformance.reference.terminal import ReferenceTerminal
from conformance.reference.terminal_setup import same_edge
from conformance.scenes.card import CardDesk
from conformance.scenes.card_application import ReadingDesk
from conformance.scenes.counter import Counters
from conformance.scenes.ministry import Municipalities
from conformance.scenes.terminal import Bureau
from conformance.stage import Scene, Stage
from sim.base.errors import HarnessError
from sim.drivers.topology import places_of


@dataclass(frozen=True, slots=True)
class Kit:
    """One role, ready to be tested. `reference`: made anew for each run, with a mutant in it or none.

    `steps`: modules of the steps that its features are written in.
    """

    role: Role
    reference: Callable[[Mutant | None], Channel]
    scene: Callable[[Stage, Conversation], Scene]
    steps: tuple[str, ...]
    mutants: tuple[Mutant, ...]


def _municipality(mutant: Mutant | None) -> Channel:
    if mutant is None:
        return ReferenceMunicipality()
    return mutant.around(ReferenceMunicipality(topology=mutant.topology, actors=mutant.actors))


def _card(mutant: Mutant | None) -> Channel:
    if mutant is None:
        return ReferenceCard()
    return mutant.around(ReferenceCard(making=mutant.extra or genuine_card))


def _application(mutant: Mutant | None) -> Channel:
    if mutant is None:
        return ReferenceReader()
    inner: Channel = ReferenceReader()
    return mutant.around(mutant.extra(inner) if mutant.extra else inner)


def _terminal(mutant: Mutant | None) -> Channel:
    if mutant is None:
        return ReferenceTerminal()
    return mutant.around(ReferenceTerminal(actors=mutant.actors, edge=mutant.extra or same_edge))


def _ministry(mutant: Mutant | None) -> Channel:
    if mutant is None:
        return ReferenceMinistry()
    at = places_of("131041")
    return mutant.around(ReferenceMinistry(actors=lambda actors: mutant.actors(actors, at)))


KITS: Final = {
    kit.role.id: kit
    for kit in (
        Kit(
            MUNICIPAL,
            _municipality,
            Counters,
            (
                "features.steps.municipal",
                "features.steps.municipal_counter",
                "features.steps.municipal_offices",
                "features.steps.municipal_register",
                "features.steps.municipal_exchange",
                "features.steps.municipal_register_then",
            ),
            (
                *municipal_mutants.ALL,
                *LAW,
                *COUNTER,
                *FORMS,
                *sending_mutants.ALL,
                *register_mutants.ALL,
                *exchange_mutants.ALL,
            ),
        ),
        Kit(
            TERMINAL,
            _terminal,
            Bureau,
            ("features.steps.terminal", "features.steps.terminal_then"),
            terminal_mutants.ALL,
        ),
        Kit(CARD, _card, CardDesk, ("features.steps.card",), card_mutants.ALL),
        Kit(
            CARD_APPLICATION,
            _application,
            ReadingDesk,
            ("features.steps.card_application",),
            reader_mutants.ALL,
        ),
        Kit(
            MINISTRY_SERVER,
            _ministry,
            Municipalities,
            ("features.steps.ministry", "features.steps.ministry_agency", "features.steps.ministry_then"),
            (*ministry_mutants.ALL, *notices_mutants.ALL, *centre_mutants.ALL),
        ),
    )
}


def kit_of(role: str) -> Kit:
    """The kit of a role.

    Raises:
        HarnessError: there is none yet.
    """
    if role not in KITS:
        raise HarnessError("there is no kit for this role", expected=", ".join(KITS), received=role)
    return KITS[role]
