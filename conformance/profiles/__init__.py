"""Recommended profiles: for each role, which capabilities must be there, which may, and what is tested.

A profile is a TOML file beside this module, called ROLE-NAME.toml. What it does not name as mandatory is
optional.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from conformance.adapters.kind import PlanPart
from conformance.protocol.roles import FORBIDDEN, Role
from sim.base.errors import HarnessError, UsageError, nearest
from sim.base.outside import toml_of, validated

FOLDER: Final = Path(__file__).parent
Said = Annotated[str, StringConstraints(min_length=1)]


class Tested(PlanPart):
    """One thing that is tested, in Japanese and English."""

    ja: Said
    en: Said


class Profile(PlanPart):
    """A recommended profile. `mandatory`: capabilities without which a case that needs them fails."""

    version: Literal[1]
    role: str
    name: str
    ja: Said
    en: Said
    mandatory: tuple[str, ...]
    tested: tuple[Tested, ...]

    def optional(self, role: Role) -> tuple[str, ...]:
        """The role's other capabilities: a case that needs one does not apply without it.

        Features that no product may have are neither mandatory nor optional.
        """
        return tuple(
            name
            for name in role.capabilities
            if name not in self.mandatory and not name.startswith(FORBIDDEN)
        )


@cache
def profiles() -> tuple[Profile, ...]:
    """All profiles, by role and name."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        _, raw = toml_of(path, "the profile", "please report this")
        profile = validated(Profile, raw, str(path), "please report this")
        if path.stem != f"{profile.role}-{profile.name}":
            raise HarnessError("a profile must be called as its file is", where=path.name)
        found.append(profile)
    return tuple(found)


def profile_of(role: Role, name: str) -> Profile:
    """The profile of that name for a role.

    Raises:
        UsageError: there is none.
        HarnessError: it asks for a capability that the role does not have.
    """
    ours = {profile.name: profile for profile in profiles() if profile.role == role.id}
    if (profile := ours.get(name)) is None:
        near = nearest(name, ours)
        raise UsageError(
            f"there is no such profile for {role.id}",
            where="profile",
            expected=", ".join(ours) or "none is made yet",
            received=name,
            remedy=f"did you mean {near}?" if near else "`renkei conform profiles` lists them",
        )
    unknown = sorted(set(profile.mandatory) - set(role.capabilities))
    if unknown:
        raise HarnessError(
            "a profile asks for capabilities that its role does not have",
            where=f"{role.id}-{name}.toml",
            received=", ".join(unknown),
        )
    return profile
