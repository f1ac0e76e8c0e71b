"""What all parts of the results are made of."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the results. Unknown keys are refused, so that a slip in a writer shows at once."""


class Words(Part, frozen=True, kw_only=True):
    """A text in both languages, with its source where it has one."""

    ja: str
    en: str
    source_ja: str = ""
    source_en: str = ""
