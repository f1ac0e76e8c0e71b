"""An answer that says why a request was not served: raised anywhere, written in one place."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from sim.drivers.live.wire import PROBLEMS, Problem


class Refused(Exception):
    """The request is not served. `code`: one of `wire.PROBLEMS`; `detail`: what was expected and received."""

    def __init__(self, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        return PROBLEMS[self.code][0]

    def response(self) -> Response:
        """The answer as it goes out."""
        return as_json(Problem(self.code, self.detail), self.status, self.headers)


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A value of the wire as an answer."""
    return Response(
        msgspec.json.encode(value), status, headers=dict(headers or {}), media_type="application/json"
    )
