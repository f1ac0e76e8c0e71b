"""The whole table of notice 582: built once into a folder outside the repository, and found there.

    make kanji-table                      downloads the pinned package, or says that the table is there
    make kanji-table ARCHIVE=file.tgz     the same from a package that was carried here

The folder is `$RENKEI_KANJI_TABLE`, else `$XDG_CACHE_HOME/renkei/kanji`, else `~/.cache/renkei/kanji`. Its
two files are kept apart because their licences are: `notice-582-four.tsv` is the notice's own table, which
nobody owns; `notice-582-one.tsv` is taken from the MJ list and is CC BY-SA 2.1 JP, whoever passes it on.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from sim.base.errors import HarnessError, RenkeiError, UsageError
from sim.drivers.kanji_archive import PINNED, Release, download, read
from sim.law.kanji.table import Part, Table, cited_table, parse_table, render, with_table_one

PLACE: Final = "RENKEI_KANJI_TABLE"
FOUR: Final = "notice-582-four.tsv"
ONE: Final = "notice-582-one.tsv"

_NOTES_FOUR: Final = (
    "Table four of notice 582 of the Ministry of Justice of Japan (平成23年法務省告示第582号 別表第四).",
    "From {release}, SQLite tables nyukan_itaiji and nyukan_ruiji, which transcribe",
    "moj.go.jp/isa/content/930002422.pdf. Licence: none needed, copyright does not protect a notice",
    "(著作権法 art. 13, item 2). Format: docs/standard-kanji.md of renkei.",
)
_NOTES_ONE: Final = (
    "Table one of notice 582 (別表第一): 正字 that neither JIS X 0213 nor JIS X 0212 has.",
    "Taken from MJ文字情報一覧表 (List of MJ Characters), copyright IPA and 文字情報技術促進協議会 (CITPC),",
    "by way of {release}: the rows with 入管外字コード, of them the columns",
    "入管正字コード (source) and 対応するUCS (standard); everything else was left out.",
    "Licence of this file: CC BY-SA 2.1 JP, https://creativecommons.org/licenses/by-sa/2.1/jp/",
)


@dataclass(frozen=True, slots=True)
class Built:
    """The bytes of the two files."""

    four: bytes
    one: bytes

    @property
    def digests(self) -> tuple[str, str]:
        """SHA-256 of table four and of table one."""
        return hashlib.sha256(self.four).hexdigest(), hashlib.sha256(self.one).hexdigest()


def build(archive: Path, release: Release = PINNED) -> Built:
    """The two files from the package: the same archive gives the same bytes anywhere.

    Raises:
        UsageError, HarnessError: as `kanji_archive.read`; or the bytes are not those of the release.
    """
    rows = read(release, archive)
    built = Built(
        render(
            f"notice-582 ({release.name})",
            [row for row in rows if row.part is not Part.ADDED],
            complete=True,
            notes=[note.format(release=release.name) for note in _NOTES_FOUR],
        ),
        render(
            f"notice-582-one ({release.name})",
            [row for row in rows if row.part is Part.ADDED],
            complete=True,
            notes=[note.format(release=release.name) for note in _NOTES_ONE],
        ),
    )
    _whole(built, release, str(archive), "the pinned release in kanji_archive.py is wrong: report it")
    return built


def place(environment: Mapping[str, str]) -> Path:
    """The folder of the whole table; it need not exist.

    Raises:
        UsageError: no variable names a folder and there is no home.
    """
    folder = _folder(environment)
    if folder is None:
        raise UsageError(
            "there is no place for the table of standard kanji",
            expected=f"a folder in {PLACE}, XDG_CACHE_HOME or HOME",
            received="none of them",
            where="sim.drivers.kanji_table",
            remedy=f"set {PLACE} to a folder",
        )
    return folder


def load_table(environment: Mapping[str, str], release: Release = PINNED) -> Table:
    """The best table at hand: what `RENKEI_KANJI_TABLE` names, else the whole in the cache, else the small
    one.

    A folder that is named must hold a table: who names it wants that one and no other. It may be the user's
    own (a later state of the notice), so only its form is checked; the cache must hold the release's bytes.
    The table says what it is: `name`, `complete`, `gaps`.

    Raises:
        UsageError: the named folder has no table.
        HarnessError: a file is damaged.
    """
    folder = _folder(environment)
    if folder is None:
        return cited_table()
    named = bool(environment.get(PLACE))
    four, one = _bytes(folder / FOUR), _bytes(folder / ONE)
    if four is None:
        if not named:
            return cited_table()
        raise UsageError(
            f"{PLACE} names a folder without a table",
            expected=f"the file {FOUR}, and {ONE} beside it",
            received="no such file",
            where=str(folder),
            remedy=f"make kanji-table, or leave {PLACE} unset",
        )
    if not named:
        _whole(Built(four, one or b""), release, str(folder), "build it again: make kanji-table")
    table = parse_table(four, str(folder / FOUR))
    return with_table_one(table, one, str(folder / ONE)) if one is not None else table


def make_table(
    environment: Mapping[str, str],
    archive: Path | None = None,
    *,
    release: Release = PINNED,
    transport: httpx.BaseTransport | None = None,
) -> tuple[Path, bool]:
    """Puts the whole table where `load_table` finds it; gives the folder, and whether anything was written.

    A table that is there and sound is left as it is, so that a second call needs no network. In a folder that
    `RENKEI_KANJI_TABLE` names, a table of the user's own is sound, too, and only an `archive` replaces it; in
    the cache a damaged one is built again.

    Raises:
        UsageError, HarnessError: as `download` and `build`; the folder cannot be written; the user's own
        table is
            damaged.
    """
    folder = place(environment)
    if archive is None:
        four, one = _bytes(folder / FOUR), _bytes(folder / ONE)
        if environment.get(PLACE) and four is not None:
            load_table(environment, release)
            return folder, False
        if Built(four or b"", one or b"").digests == _wanted(release):
            return folder, False
    if archive is not None:
        built = build(archive, release)
    else:
        with tempfile.TemporaryDirectory(prefix="renkei-kanji-") as scratch:
            fetched = Path(scratch) / "package.tgz"
            download(release, fetched, transport)
            built = build(fetched, release)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Table one first: a run that is cut off between the two leaves no table four that claims to be alone.
        _replace(folder / ONE, built.one)
        _replace(folder / FOUR, built.four)
    except OSError as error:
        raise UsageError(
            "the table of standard kanji cannot be written",
            expected="a folder that may be written",
            received=str(error),
            where=str(folder),
            remedy=f"set {PLACE} to another folder",
        ) from error
    return folder, True


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """`make kanji-table`: says where the table lies and what it holds; 2 and the reason if there is none."""
    if len(arguments) > 1:
        print("usage: python -m sim.drivers.kanji_table [ARCHIVE]", file=sys.stderr)
        return 2
    try:
        folder, fresh = make_table(environment, Path(arguments[0]) if arguments else None)
        table = load_table(environment)
    except RenkeiError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{'built' if fresh else 'already here'}: {folder}")
    print(f"{table.name}: {len(table.entries)} characters are replaced; complete: {table.complete}")
    return 0


def _folder(environment: Mapping[str, str]) -> Path | None:
    named = environment.get(PLACE)
    if named:
        return Path(named).expanduser()
    # By the XDG specification a relative path is to be ignored.
    for base, below in (("XDG_CACHE_HOME", "renkei/kanji"), ("HOME", ".cache/renkei/kanji")):
        if os.path.isabs(environment.get(base, "")):
            return Path(environment[base]) / below
    return None


def _wanted(release: Release) -> tuple[str, str]:
    return release.table_four_sha256, release.table_one_sha256


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise HarnessError(
            "a table of standard kanji cannot be read", received=str(error), where=str(path)
        ) from error


def _replace(path: Path, data: bytes) -> None:
    # Written beside and renamed: nobody ever reads half a table, and two builders do not meet.
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(data)
            file.close()
            part.chmod(0o644)
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def _whole(built: Built, release: Release, where: str, remedy: str) -> None:
    wanted = _wanted(release)
    if built.digests != wanted:
        raise HarnessError(
            f"the table of standard kanji is not the one of {release.name}",
            expected=f"SHA-256 {wanted[0]} and {wanted[1]}",
            received=f"SHA-256 {built.digests[0]} and {built.digests[1]}",
            where=where,
            remedy=remedy,
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
