"""Members that bring their own names, Japanese and English."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Worded(StrEnum):
    """A member written as (identifier, Japanese, English); its value is the identifier."""

    ja: str
    """The Japanese name or sentence."""
    en: str
    """The English name or sentence."""

    def __new__(cls, value: str, *names: str) -> Self:
        """Keeps the two names on the member; no parameters, as a call looks a member up."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.ja, member.en = names
        return member
