"""A pcscd of one's own, with virtual readers for so many cards.

pcscd always puts its socket under /run/pcscd, so usually a machine has one. Here it runs in a mount namespace
of its own in which /run is a folder of the caller's: the socket then lies in that folder, clients find it
by PCSCLITE_CSOCK_NAME, and any number of daemons live side by side, next to the system's one too. An ordinary
user can do this where the kernel permits user namespaces.

Each pair of slots has its own copy of the driver: two entries with one library share its state and answer
each other's commands (facts on the chip §6.4). pcscd holds at most sixteen readers.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from virtual_card.errors import CardUsageError, TransportError

MOST_READERS: Final = 16
SLOTS: Final = 2
"""Of each entry for the driver."""
DRIVER: Final = "libifdvpcd"
CONFIGURATION: Final = Path("/etc/reader.conf.d")
"""Where the system's pcscd finds its entries; a line may stand in any file (facts: chip §6.4)."""
_PATIENCE: Final = 5.0
_ATTEMPTS: Final = 5
_DRIVER_PLACES: Final = (
    "/usr/lib/pcsc/drivers/serial",
    "/usr/lib64/pcsc/drivers/serial",
    "/usr/local/lib/pcsc/drivers/serial",
)
_SYSTEM_PATH: Final = "/usr/sbin:/usr/local/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Slot:
    """A virtual reader: how PC/SC programs call it and the port on which it waits for its card."""

    reader: str
    port: int


def find_program(name: str) -> Path | None:
    """A program on the path or where system programs lie."""
    found = shutil.which(name) or shutil.which(name, path=_SYSTEM_PATH)
    return Path(found) if found else None


def find_driver() -> Path | None:
    """The library of vpcd, if it is installed."""
    for place in _DRIVER_PLACES:
        found = sorted(Path(place).glob(f"{DRIVER}.so*"))
        if found:
            return found[0]
    return None


def configuration(folder: Path = CONFIGURATION) -> list[str]:
    """The contents of pcscd's configuration files, in the order in which it reads them.

    Raises:
        OSError: one of them may not be read.
    """
    if not folder.is_dir():
        return []
    return [
        path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.iterdir())
        if path.is_file()
    ]


class PrivateDaemon:
    """A pcscd with `readers` virtual readers, alive between `start` and `stop`.

    `folder` takes socket, configuration, copied drivers and log; its path must be short, because a socket's
    path has at most 107 bytes. Its ports listen on all interfaces: that is how the driver is made.
    """

    def __init__(self, folder: Path, readers: int = 1, *, name: str = "renkei") -> None:
        if not 1 <= readers <= MOST_READERS:
            raise CardUsageError(
                "pcscd cannot hold so many readers",
                expected=f"1 to {MOST_READERS}",
                received=str(readers),
            )
        self._folder = folder
        self._count = readers
        self._name = name
        self._process: subprocess.Popen[bytes] | None = None
        self.slots: tuple[Slot, ...] = ()
        """The readers in the order of the daemon, once it has started."""

    @property
    def socket(self) -> Path:
        """Where clients find the daemon."""
        return self._folder / "run" / "pcscd" / "pcscd.comm"

    @property
    def environment(self) -> dict[str, str]:
        """What a client's environment needs for this daemon."""
        return {"PCSCLITE_CSOCK_NAME": str(self.socket)}

    @property
    def log(self) -> str:
        """What the daemon has said."""
        path = self._folder / "pcscd.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Starts the daemon and waits until clients can talk to it.

        Raises:
            TransportError: pcscd, its driver or the right to a namespace is missing, or it did not come up.
        """
        for _ in range(_ATTEMPTS):
            self._write(_free_ports(-(-self._count // SLOTS)))
            if self._launched():
                return
            self.stop()  # somebody took a port between looking and listening
        raise TransportError(
            f"a private pcscd did not come up with all its readers in {_ATTEMPTS} attempts",
            received=self.log.strip()[-400:] or "nothing in its log",
            remedy="run `renkei card doctor`",
        )

    def stop(self) -> None:
        """Ends the daemon; does nothing when it does not run."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self.socket.unlink(missing_ok=True)
        self.slots = ()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _write(self, ports: tuple[int, ...]) -> None:
        driver = find_driver()
        if driver is None:
            raise _missing("the driver vpcd of the virtual reader", "vsmartcard-vpcd")
        configuration = self._folder / "readers"
        configuration.mkdir(parents=True, exist_ok=True)
        (self._folder / "run").mkdir(exist_ok=True)
        entries, slots = [], []
        for n, port in enumerate(ports):
            copy = self._folder / f"{DRIVER}-{n}.so"
            shutil.copyfile(driver, copy)
            friendly = f"{self._name} {n:02d}"
            entries.append(
                f'FRIENDLYNAME "{friendly}"\nDEVICENAME /dev/null:0x{port:04X}\n'
                f"LIBPATH {copy}\nCHANNELID 0x{port:04X}\n"
            )
            # pcscd appends two numbers: of readers with one name, and of the slot.
            slots += [Slot(f"{friendly} 00 {slot:02X}", port + slot) for slot in range(SLOTS)]
        # Only this one file: backup copies of editors in the folder would be read as readers, too.
        (configuration / "virtual").write_text("\n".join(entries), encoding="ascii")
        self.slots = tuple(slots[: self._count])

    def _launched(self) -> bool:
        """Whether the daemon came up with all its readers."""
        with (self._folder / "pcscd.log").open("wb") as log:
            self._process = subprocess.Popen(
                _command(self._folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _PATIENCE
        while not self.socket.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return self._process.poll() is None and "fail" not in self.log.lower()


def _command(folder: Path) -> list[str]:
    """pcscd in a mount namespace where /run is ours; as an ordinary user, in a user namespace too."""
    daemon, unshare = find_program("pcscd"), find_program("unshare")
    if daemon is None:
        raise _missing("the smart card daemon pcscd", "pcscd")
    if unshare is None:
        raise _missing("the program unshare", "util-linux")
    run = '/bin/mount --bind "$1/run" /run && exec "$2" --foreground -c "$1/readers"'
    if (setpriv := find_program("setpriv")) is not None:
        # The daemon goes when the process that started it does, however that ends.
        run = run.replace('exec "$2"', f'exec "{setpriv}" --pdeathsig TERM "$2"')
    rights = ["--mount"] if os.geteuid() == 0 else ["--mount", "--map-root-user"]
    return [str(unshare), *rights, "/bin/sh", "-c", run, "sh", str(folder), str(daemon)]


def _missing(what: str, package: str) -> TransportError:
    return TransportError(
        f"{what} is missing",
        expected=f"the package {package}",
        remedy=f"apt-get install {package}, or run `renkei card doctor`",
    )


def _free_ports(pairs: int) -> tuple[int, ...]:
    """For each driver the first of two neighbouring free ports."""
    held: list[socket.socket] = []
    found: list[int] = []
    try:
        while len(found) < pairs:
            first, second = socket.socket(), socket.socket()
            held += [first, second]
            first.bind(("0.0.0.0", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("0.0.0.0", port + 1))
            except (OSError, OverflowError):
                continue
            found.append(port)
    finally:
        for one in held:
            one.close()
    return tuple(found)
