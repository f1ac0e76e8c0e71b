"""Records of the exchange as items of the protocol, and back: texts by the profile's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sim.base.errors import UsageError
from sim.exchange.birth import partial_date
from sim.exchange.records import KINDS, AnyRecord, kind_of

BIRTH = "birth_date"


def items_of(record: AnyRecord) -> dict[str, str]:
    """The items of a record as texts, without those that are empty."""
    kind = type(record)
    values = {name: getattr(record, name) for name in kind.__struct_fields__}
    return {name: str(value) for name, value in values.items() if value not in (None, "")}


def record_of(kind: str, items: Mapping[str, str]) -> AnyRecord:
    """The record of these items.

    Raises:
        UsageError: there is no such kind, or these are no items of it.
    """
    struct = KINDS.get(kind)
    if struct is None:
        raise UsageError("there is no such kind of record", expected=", ".join(KINDS), received=kind)
    values: dict[str, Any] = dict(items)
    partly = partial_date(items.get(BIRTH, ""))
    if partly is not None:
        values[BIRTH] = msgspec.to_builtins(partly)
    unknown = sorted(set(values) - set(struct.__struct_fields__))
    if unknown:
        raise UsageError("the kind of record has no such item", received=", ".join(unknown), where=kind)
    try:
        return msgspec.convert({"type": struct.__name__, **values}, struct)
    except msgspec.ValidationError as error:
        raise UsageError("these are no items of a record", received=str(error), where=kind) from error


def kind_and_items(record: AnyRecord) -> tuple[str, dict[str, str]]:
    """A record as a message of the protocol has it."""
    return kind_of(record), items_of(record)
