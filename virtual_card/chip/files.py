"""The file tree of one card."""

from __future__ import annotations

from typing import Final

from virtual_card.content import CardContent
from virtual_card.layouts import AIDS, Access, FileKey, FileSpec

FIRST_SFI: Final = 1
LAST_SFI: Final = 30


class File:
    """A file: where it stands, when it may be read, and what it holds."""

    __slots__ = ("data", "free", "plain", "spec")

    def __init__(self, spec: FileSpec, data: bytes) -> None:
        self.spec = spec
        self.data = data
        self.free = spec.access is Access.FREE
        self.plain = spec.access is not Access.NUMBER_SM


class FileTree:
    """All files of a card, found as commands name them."""

    def __init__(self, content: CardContent) -> None:
        raw = content.files()
        files = [File(spec, raw[spec.key]) for spec in content.profile.files]
        self._by_sfi = {(file.spec.df, file.spec.sfi): file for file in files}
        self._by_id = {(file.spec.df, file.spec.file_id): file for file in files}
        self._by_key = {file.spec.key: file for file in files}
        present = {file.spec.df for file in files}
        self._by_aid = {aid: df for df, aid in AIDS.items() if df in present}

    def by_sfi(self, df: str, sfi: int) -> File | None:
        """The file with this short id in a DF."""
        return self._by_sfi.get((df, sfi))

    def by_id(self, df: str, file_id: int) -> File | None:
        """The file with this identifier in a DF."""
        return self._by_id.get((df, file_id))

    def by_aid(self, aid: bytes) -> str | None:
        """The DF with exactly this name."""
        return self._by_aid.get(aid)

    def contents(self) -> dict[FileKey, bytes]:
        """What all files hold now."""
        return {key: file.data for key, file in self._by_key.items()}
