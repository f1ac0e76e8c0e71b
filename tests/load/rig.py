"""What the tests of the load engine share: keys that are made once, small plans, an engine run to its end."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from load import keys, payloads
from load.engine import rows as exchanges
from load.engine.rows import Histograms, Row
from load.engine.setup import MASTER, Setup, Summary, read_summary
from load.keys import Keys
from load.municipalities import municipalities
from load.orchestration.children import Child, Said, engine
from load.payloads import Intended, Manifest
from sim.exchange.profile import open_profile

# A few endpoints of several prefectures.
CODES = [one.code for one in municipalities()][::190][:10]
ADDRESSES = {one.code: one.prefecture + one.name for one in municipalities()}
WITHIN = 60.0


@cache
def made_keys() -> Keys:
    """Keys of all `CODES`: an RSA key takes long, so they are made once for all tests."""
    folder = Path(mkdtemp(prefix="renkei-load-keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return keys.make(folder, open_profile().agency, CODES, workers=1)


def intended(codes: Sequence[str] = tuple(CODES), records: int = 2, every: int = 20_000) -> list[Intended]:
    """One exchange of each endpoint, one after the other."""
    return [Intended(code, number * every, records) for number, code in enumerate(codes)]


def prepared(
    folder: Path, plan: Sequence[Intended], *, seed: int = 1, workers: int = 1, faulty: float = 0.0
) -> Manifest:
    """Payloads for a plan."""
    return payloads.prepare(folder, plan, ADDRESSES, made_keys(), seed=seed, workers=workers, faulty=faulty)


class Run:
    """What an engine left behind."""

    def __init__(self, folder: Path, code: int) -> None:
        self.code = code
        self.folder = folder
        self.rows: list[Row] = list(exchanges.read_rows(folder / exchanges.ROWS))
        self.log = (folder / "engine.log").read_text("utf-8")

    @property
    def summary(self) -> Summary:
        return read_summary(self.folder)

    @property
    def histograms(self) -> Histograms:
        return Histograms.heard(self.summary.histograms)


def setup_of(out: Path, server: str, *, until: float = 20.0, most: int = 4096, workers: int = 1) -> Setup:
    """A run of the payloads in `out/payloads` against a server."""
    return Setup(
        role="alone" if workers == 1 else "master",
        payloads=str(out / "payloads"),
        keys=str(made_keys().folder),
        out=str(out),
        servers=(server,),
        until=round(until * 1e6),
        most=most,
        workers=workers,
        ahead=200_000,
    )


@contextmanager
def started(out: Path, setup: Setup) -> Iterator[tuple[Child, Said]]:
    """An engine that runs."""
    said = Said()
    with engine("the engine", setup, out / "engine.log", said) as child:
        yield child, said


def run(out: Path, server: str, *, until: float = 20.0, most: int = 4096) -> Run:
    """Runs an engine to its end."""
    with started(out, setup_of(out, server, until=until, most=most)) as (child, _):
        code = child.wait(WITHIN)
    return Run(out, code)


def run_by_workers(out: Path, server: str, workers: int) -> Run:
    """Runs a master and so many workers to their end."""
    with started(out, setup_of(out, server, workers=workers)) as (master, said):
        port = int(said.first(MASTER, master, WITHIN))
        setup = Setup(
            role="worker",
            payloads=str(out / "payloads"),
            keys=str(made_keys().folder),
            master_port=port,
        )
        children = [
            engine(f"worker {number}", setup, out / f"worker-{number}.log", lambda _line: None)
            for number in range(workers)
        ]
        try:
            code = master.wait(WITHIN)
            codes = [child.wait(WITHIN) for child in children]
        finally:
            for child in children:
                child.kill()
    assert codes == [0] * workers
    return Run(out, code)
