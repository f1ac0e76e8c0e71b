"""Who may hand the terminal what, and whom it reaches: the first, third and fourth safeguard.

    the network         batches and messages of the listed peer, and what became of ours
    the link            what the registry hands over
    the console         what a person does; nobody reaches it over a wire
    the terminal        its own clock

Whatever else hands it something is refused and written down, before anything of it is looked at; so is a
knock at any service but the exchange of the listed peer. What the terminal sends goes to the network for
that peer, or to the link. It has no way to a card reader and knows no message for one: that is the card
terminal's, a different machine (seed 000, line 134).

Sources: seed 003, lines 251, 257 and 261.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sim.base.journal import Data, Entry
from sim.base.node import OUTSIDE, Body, Event, NodeId, Reply, Step
from sim.nodes.messages import network, registry, terminal
from sim.nodes.messages.network import EXCHANGE

NOT_LISTED: Final = "not_listed"


class Source(StrEnum):
    """Where something comes from."""

    NETWORK = "network"
    LINK = "link"
    CONSOLE = "console"
    ITSELF = "itself"


SOURCES: Final[Mapping[type[Body], Source]] = MappingProxyType(
    {
        network.Arrival: Source.NETWORK,
        network.Carried: Source.NETWORK,
        network.Undelivered: Source.NETWORK,
        network.Relayed: Source.NETWORK,
        network.NotRelayed: Source.NETWORK,
        network.SessionOpened: Source.NETWORK,
        network.SessionRefused: Source.NETWORK,
        terminal.Knock: Source.NETWORK,
        registry.Outbound: Source.LINK,
        terminal.OpenTerminal: Source.CONSOLE,
        terminal.ReplaceTerminal: Source.CONSOLE,
        terminal.InstallSoftware: Source.CONSOLE,
        terminal.LogOn: Source.CONSOLE,
        terminal.LogOff: Source.CONSOLE,
        terminal.View: Source.CONSOLE,
        terminal.ExportLog: Source.CONSOLE,
        terminal.SendNow: Source.CONSOLE,
        terminal.CollectNow: Source.CONSOLE,
        terminal.ChangePin: Source.CONSOLE,
        terminal.Unlock: Source.CONSOLE,
        terminal.Train: Source.CONSOLE,
        network.HandOver: Source.CONSOLE,
        terminal.ExchangeDue: Source.ITSELF,
        terminal.RetryDue: Source.ITSELF,
        terminal.ResendDue: Source.ITSELF,
        terminal.IdleDue: Source.ITSELF,
        terminal.TrainingDue: Source.ITSELF,
        terminal.PatchesDue: Source.ITSELF,
        terminal.AskDue: Source.ITSELF,
        terminal.DisconnectDue: Source.ITSELF,
    }
)
"""Everything that the terminal can be told, with the one source that may tell it."""


def senders(name: NodeId, network: NodeId, link: NodeId) -> Mapping[Source, NodeId]:
    """Which node each source is for one terminal."""
    return {Source.NETWORK: network, Source.LINK: link, Source.CONSOLE: OUTSIDE, Source.ITSELF: name}


def stranger(event: Event, known: Mapping[Source, NodeId]) -> Step | None:
    """The refusal, when the event does not come from where it must; None when it does.

    A message that the terminal does not know at all is no stranger's: nobody could have sent it here.
    """
    source = SOURCES.get(type(event.body))
    if source is None or event.sender == known[source]:
        return None
    return refused(event.sender)


def refused(peer: NodeId, service: str = "") -> Step:
    """Nothing is done with it but to write it down. `service`: what was knocked at, where that is known."""
    return Step(Reply(False, NOT_LISTED), entries=(told(peer, service),))


def told(peer: NodeId, service: str = "") -> Entry:
    """What the journal says of a peer that is not listed."""
    data: Data = {"peer": peer}
    if service:
        data["service"] = service
    return Entry("peer_refused", data=data)


def knocked(knock: terminal.Knock, listed: NodeId) -> Step:
    """The firewall: the exchange is open to the listed peer, and nothing else is to anybody."""
    if knock.peer == listed and knock.service == EXCHANGE:
        return Step()
    return refused(knock.peer, knock.service)
