"""`renkei exchange …`: what a vendor does with a file of the exchange, offline and without a server.

`check` finds every fault of a batch at once; `convert` turns CSV into XML and back; `diff` compares two
batches by what they say. `seal`, `open` and `reconcile` are in `envelopes`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from sim.base.errors import UsageError
from sim.commands import envelopes

if TYPE_CHECKING:
    from sim.exchange.codes import Finding
    from sim.exchange.model import Batch
    from sim.exchange.profile import Profile

exchange_app = typer.Typer(
    help="Files of the exchange: check, convert, compare, seal and open them.", no_args_is_help=True
)

FAULTY: Final = 1

File = Annotated[Path, typer.Argument(metavar="FILE", help="A batch, as CSV or XML.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ProfileFile = Annotated[
    Path | None,
    typer.Option("--profile", metavar="TOML", help="Another profile than renkei-open/1, in the same manner."),
]


class Form(StrEnum):
    """What `convert` can write."""

    CSV = "csv"
    XML = "xml"


@exchange_app.command("check")
def check_command(
    file: File,
    shown: Annotated[int, typer.Option("--show", min=1, help="How many findings to show.")] = 100,
    reader: Annotated[
        str,
        typer.Option(
            "--for", metavar="CODE", help="Who should be the recipient: a municipality, or the agency."
        ),
    ] = "",
    profile: ProfileFile = None,
    json_output: Json = False,
) -> None:
    """Find every fault of a batch: place, code, what was expected and what came.

    Exit code 0 when there is none, 1 when there is one, 2 when the file cannot be read at all.
    """
    from sim.exchange.check import check
    from sim.exchange.consequences import EFFECT_TEXT

    profiles = _profiles(profile)
    if reader:
        _known(reader, profiles)
    checked = check(_pieces(file), profiles, shown, _size(file), reader=reader)
    if json_output:
        _print_json({"file": str(file), **checked.as_data()})
    else:
        for told in checked.told:
            japanese, english = EFFECT_TEXT[told.effect]
            _tell(file, told.finding, told.csv_column, f"{japanese} / {english} ({told.remedy})")
        for remedy, (japanese, english) in checked.remedies.items():
            typer.echo(f"{remedy}: {japanese} / {english}")
        if checked.more:
            typer.echo(f"… 他{checked.more}件 / and {checked.more} more")
        if checked.good:
            assert checked.header is not None
            typer.echo(
                f"{file}: 誤りはありません / no fault found: {checked.header.batch_id}, "
                f"{_counted(checked.rows, 'record')}, {checked.form.upper()}, {checked.header.profile}"
            )
        else:
            found = len(checked.findings) + checked.more
            typer.echo(
                f"{file}: 誤り{found}件(レコード{checked.rows}件中{checked.faulty}件) / "
                f"{_counted(found, 'fault')}, in {checked.faulty} of {_counted(checked.rows, 'record')}"
            )
    if not checked.good:
        raise typer.Exit(FAULTY)


@exchange_app.command("convert")
def convert_command(
    file: File,
    to: Annotated[Form | None, typer.Option(help="The form to write; default: the other one.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write; never over another file.")
    ] = None,
    profile: ProfileFile = None,
) -> None:
    """Write a batch in the other form: CSV as XML, XML as CSV, in canonical form.

    Exit code 1 when the batch has a fault: nothing is written then.
    """
    from sim.exchange.batch import form_of, parts_of
    from sim.exchange.check import check, meant
    from sim.exchange.convert import Unconvertible, converted

    profiles = _profiles(profile)
    for finding in check(_pieces(file), profiles, 1, _size(file)).findings:
        _not_converted(file, finding)
    beginning = next(_pieces(file), b"")
    version = meant(beginning, profiles)
    form = to or (Form.CSV if form_of(beginning) == Form.XML else Form.XML)
    target = out or file.with_suffix(f".{form}")
    if target.exists() or target.is_symlink():
        raise UsageError(
            f"{target} is there already",
            where=str(target),
            remedy="name another file with --out; renkei never writes over one",
        )
    part = target.with_name(target.name + ".part")
    try:
        stream = part.open("xb")
    except OSError as error:
        raise UsageError(
            "the file cannot be written",
            where=str(part),
            received=str(error.strerror),
            remedy="delete it if an earlier run left it behind, or name another file with --out",
        ) from error
    try:
        with stream:
            for piece in converted(parts_of(_pieces(file), version), version, form):
                stream.write(piece)
        part.rename(target)
    except Unconvertible as fault:  # it changed after the check
        _not_converted(file, fault.finding)
    except OSError as error:
        raise UsageError(
            "the file cannot be written", where=str(error.filename or target), received=str(error.strerror)
        ) from error
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"{target}")


@exchange_app.command("diff")
def diff_command(
    before: Annotated[Path, typer.Argument(metavar="FILE", help="A batch, as CSV or XML.")],
    after: Annotated[Path, typer.Argument(metavar="OTHER", help="Another one, in either form.")],
    profile: ProfileFile = None,
    json_output: Json = False,
) -> None:
    """Compare two batches by what they say, whatever their form and the order of their records.

    Exit code 0 when they say the same, 1 when they differ, 2 when one of them has a fault.
    """
    from sim.exchange.compare import compare

    profiles = _profiles(profile)
    found = compare(_batch(before, profiles), _batch(after, profiles))
    if json_output:
        rows = [
            {"record": one.record_id, "item": one.item, "before": one.before, "after": one.after}
            for one in found
        ]
        _print_json({"before": str(before), "after": str(after), "same": not found, "differences": rows})
    for one in found if not json_output else ():
        place = f"{one.record_id or 'header'}{':' if one.item else ''}{one.item}"
        typer.echo(f"{place}: {_visible(one.before) or '–'} → {_visible(one.after) or '–'}")
    if not found and not json_output:
        typer.echo("同じ内容です / they say the same")
    if found:
        raise typer.Exit(FAULTY)


@exchange_app.command("spec")
def spec_command(
    xsd: Annotated[bool, typer.Option("--xsd", help="The XSD instead.")] = False,
    version: Annotated[str | None, typer.Option(help="Of which version; default: the oldest.")] = None,
    profile: ProfileFile = None,
) -> None:
    """Print the profile's document: formats, items, codes and examples, made from the profile's data."""
    from sim.exchange.document import whole_document
    from sim.exchange.xsd import schema

    profiles = _profiles(profile)
    names = [one.name for one in profiles]
    if version is not None and version not in names:
        raise UsageError(
            f"there is no version {version}", expected=" or ".join(names), remedy="name one of them"
        )
    if xsd:
        typer.echo(schema(profiles[names.index(version)] if version else profiles[-1]), nl=False)
    else:
        typer.echo(whole_document(profiles), nl=False)


envelopes.register(exchange_app)


# --- helpers -----------------------------------------------------------------------------------------
def _profiles(path: Path | None) -> tuple[Profile, ...]:
    from sim.exchange.profile import open_profiles, read_versions

    return open_profiles() if path is None else tuple(reversed(read_versions(path)))


def _known(code: str, profiles: tuple[Profile, ...]) -> None:
    """Refuses a code that nobody can bear.

    Raises:
        UsageError: neither a municipality's nor the agency's.
    """
    from sim.exchange.municipality import is_municipality

    agencies = sorted({one.agency for one in profiles})
    if not is_municipality(code) and code not in agencies:
        raise UsageError(
            "nobody has this code",
            where="--for",
            expected=f"six digits of a municipality with check digit, or {' or '.join(agencies)}",
            received=code,
            remedy="name the recipient as the batch's header does, for example --for 131041",
        )


def _pieces(path: Path) -> Iterator[bytes]:
    """A file, piece by piece.

    Raises:
        UsageError: it cannot be read.
    """
    from sim.exchange.batch import PIECE

    try:
        with path.open("rb") as stream:
            while piece := stream.read(PIECE):
                yield piece
    except OSError as error:
        raise UsageError(
            "the file cannot be read", where=str(path), received=error.strerror or str(error)
        ) from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it says why


def _not_converted(file: Path, finding: Finding) -> NoReturn:
    _tell(file, finding)
    typer.echo(f"renkei exchange check {file} で全ての誤りを確認できます / shows every fault")
    raise typer.Exit(FAULTY)


def _batch(path: Path, profiles: tuple[Profile, ...]) -> Batch:
    """A whole batch.

    Raises:
        UsageError: it cannot be read, is too large to be held whole, or has a fault.
    """
    from sim.drivers.folders import read_bounded
    from sim.exchange.batch import decode
    from sim.exchange.check import meant

    content = read_bounded(path)
    decoded = decode(content, meant(content, profiles))
    findings = [*decoded.findings, *(f for row in decoded.faults for f in row.findings)]
    if decoded.batch is None or findings:
        raise UsageError(
            "the batch has a fault",
            where=f"{path}:{findings[0].line}",
            received=findings[0].explain(english=True),
            remedy=f"renkei exchange check {path} shows every fault",
        )
    return decoded.batch


def _tell(path: Path, finding: Finding, csv_column: int = 0, effect: str = "") -> None:
    from sim.exchange.codes import EXPLAINED

    place = ":".join(
        str(one) for one in (path, finding.line, finding.column, finding.position or "") if one != ""
    )
    japanese, english = EXPLAINED[finding.code]
    typer.echo(f"{place}: {finding.code} {japanese} / {english}")
    for label, text in (
        ("CSVの列 / CSV column", str(csv_column or "")),
        ("期待 / expected", finding.expected),
        ("受信 / received", finding.received),
        ("扱い / effect", effect),
    ):
        if text:
            typer.echo(f"    {label}: {_visible(text)}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _visible(text: str) -> str:
    """Text for a terminal: what cannot be seen, or would move the cursor, is written as its number."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _print_json(data: dict[str, Any]) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
