"""Files of the harness's own side in the form that the plan asks for."""

from __future__ import annotations

from conformance.border import stem_of
from conformance.protocol.base import File
from conformance.protocol.conversation import Conversation
from sim.exchange.batch import parts_of
from sim.exchange.convert import Unconvertible, converted
from sim.exchange.model import CSV
from sim.exchange.profile import open_profiles


def as_planned(file: File, conversation: Conversation) -> File:
    """The same batch in the form of the plan. A file with a fault stays as it is: that is what it is for."""
    form = str(conversation.exchange.get("form", CSV))
    if form == CSV or file.name.endswith(f".{form}"):
        return file
    for profile in open_profiles():
        try:
            content = b"".join(converted(parts_of([file.content], profile), profile, form))
        except Unconvertible:
            continue
        return File.of(f"{stem_of(file.name)}.{form}", content)
    return file
