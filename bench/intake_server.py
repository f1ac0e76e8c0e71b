"""Row "ministry intake": one side as a server process. `intake_server.py SIDE FOLDER DATABASE`.

It says on standard output where it listens (`READY`), serves until SIGTERM, and ends when its standard input
does, which is when its parent has died.
"""

from __future__ import annotations

import os
import ssl
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sim.drivers.live.ministry.folder import Place

OURS: Final = "ours"
BARE: Final = "bare"
ORM: Final = "orm"
SIDES: Final = (OURS, BARE, ORM)
READY: Final = "renkei: listening on port "


def main(side: str, folder: Path, database: Path) -> None:
    """Serves until it is asked to stop."""
    from sim.drivers.live.ministry import folder as folders

    threading.Thread(target=_end_with_parent, daemon=True).start()
    place = folders.read(folder)
    if side == OURS:  # as `renkei ministry serve FOLDER` does
        from sim.drivers.live.ministry import server

        server.serve(place, port=0, admin_port=0, database=str(database))
        return
    if side == BARE:
        from bench import intake_bare

        _serve(intake_bare.application(database), place)
    else:
        from bench import intake_orm

        _serve(intake_orm.application(place, database), place)


def _serve(app: ASGIApp, place: Place) -> None:
    """uvicorn as its manual has it, with certificates demanded of clients, and without a log of requests."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            print(f"{READY}{self.servers[0].sockets[0].getsockname()[1]}", flush=True)

    at = place.keys / "tls"
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        access_log=False,
        ssl_certfile=at / f"{place.agency}.cert.pem",
        ssl_keyfile=at / f"{place.agency}.key.pem",
        ssl_ca_certs=str(at / f"{_authority()}.cert.pem"),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )
    Server(config).run()


def _authority() -> str:
    from sim.exchange.pki import AUTHORITY_NAME

    return AUTHORITY_NAME


def _end_with_parent() -> None:
    # Not through `sys.stdin`: a reader that waits in it would hold its lock when the process ends.
    while os.read(0, 1):
        pass
    os._exit(3)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
