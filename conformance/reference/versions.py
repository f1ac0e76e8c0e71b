"""The versions of the profile that a reference is to speak."""

from __future__ import annotations

from collections.abc import Sequence

from sim.base.errors import UsageError
from sim.exchange.profile import Profile, open_profiles


def profiles_of(names: Sequence[str]) -> tuple[Profile, ...]:
    """The versions of these names, in their order.

    Raises:
        UsageError: there are none, or one that nobody knows.
    """
    known = {profile.name: profile for profile in open_profiles()}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise UsageError(
            "there is no such version of the profile",
            expected=", ".join(known),
            received=", ".join(unknown) or "none",
            remedy="name versions that the reference speaks, newest first",
        )
    return tuple(known[name] for name in names)
