"""What carries the words between harness and implementation: a module for each kind of adapter.

`channel_of` makes the channel that a plan's `[adapter]` describes. The built-in reference needs none.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError

from conformance.adapters import builtin, command, folder, http, pcsc
from conformance.adapters.kind import Kind, Say, Settings
from conformance.protocol.conversation import Channel
from conformance.protocol.roles import Role
from sim.base.errors import UsageError

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind for kind in (command.KIND, http.KIND, folder.KIND, pcsc.KIND, builtin.KIND)
}
"""The kinds of adapter by the name that a plan gives."""


def kind_of(name: str) -> Kind:
    """The kind of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in KINDS:
        raise UsageError("there is no such kind of adapter", expected=", ".join(KINDS), received=name)
    return KINDS[name]


def settings_of(adapter: dict[str, Any]) -> Settings:
    """The settings that a plan gives, checked.

    Raises:
        UsageError: there is no such kind, or it has no such settings.
    """
    kind = kind_of(str(adapter.get("kind")))
    try:
        return kind.settings.model_validate(adapter)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UsageError(
            f"the adapter cannot be set so: {first['msg']}",
            where="adapter." + ".".join(map(str, first["loc"])),
            remedy="docs/adapter.md lists the settings of each kind",
        ) from error


def channel_of(settings: Settings, role: Role, say: Say = lambda text: None) -> Channel:
    """The channel of an adapter. `say` is told what people should know meanwhile.

    Raises:
        UsageError: it cannot be set so, or what it names is not there.
        HarnessError: it cannot be started.
    """
    return kind_of(settings.kind).open(settings, role, say)
