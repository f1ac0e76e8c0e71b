"""Making batches: one for each business that has records, at least one, so that an exchange is one also
without records.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.base.instant import Instant
from sim.base.journal import Data, Entry
from sim.base.node import Send, Step
from sim.exchange import batch as batches
from sim.exchange.batch import UP, Header
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord, Result, kind_of
from sim.nodes.terminal.replacement import edition_of, made_at
from sim.nodes.terminal.settings import Settings
from sim.nodes.terminal.state import TerminalState


def exchange(settings: Settings, state: TerminalState, records: Sequence[AnyRecord], now: Instant) -> Step:
    """An exchange with these records. What went astray goes again with it."""
    profiles = settings.profiles(state.programs.taken())
    astray = state.postbox.astray(settings.ministry, UP, now)
    entries: list[Entry] = [*astray.entries]
    sends: list[Send] = [*astray.sends]
    profile = state.postbox.profile_for(settings.ministry, profiles)
    edition = edition_of(state.machine())
    for business, held in in_order(records, profiles[0]):
        code = profile.businesses[business].code
        sequence = state.next_sequence(code)
        created = made_at(state.machine(), now)
        header = Header(profile.name, settings.code, profile.agency, code, UP, sequence, created, len(held))
        content = batches.encode(header, tuple(held), profile)
        awaiting = [record.record_id for record in held if not isinstance(record, Result)]
        data: Data = {
            "business": business,
            "direction": UP,
            "records": len(held),
            "bytes": len(content),
            "digest": batches.digest_of(content),
            "contains": awaiting,
        }
        if edition > 1:
            data["edition"] = edition
        entries.append(Entry("batch_made", "", header.batch_id, data))
        sends += state.postbox.post(settings.ministry, header.batch_id, content, tuple(awaiting), edition)
    return Step(sends=tuple(sends), entries=tuple(entries))


def in_order(queue: Sequence[AnyRecord], profile: Profile) -> list[tuple[str, list[AnyRecord]]]:
    """The queue as (business, records), so that no record of a person overtakes an earlier one.

    Batches leave in the order of the profile's businesses; where a person's next record would have to
    leave before an earlier one, a second set of batches begins.
    """
    order = list(profile.businesses)
    rounds: list[dict[str, list[AnyRecord]]] = [{order[0]: []}]
    furthest: dict[str, int] = {}
    for record in queue:
        business = profile.layouts[kind_of(record)].business
        place = 0 if business == "any" else order.index(business)
        person = getattr(record, "person_ref", "")
        if person:
            if furthest.get(person, -1) > place:
                rounds.append({})
                furthest.clear()
            furthest[person] = place
        rounds[-1].setdefault(order[place], []).append(record)
    return [(name, made[name]) for made in rounds for name in order if name in made]
