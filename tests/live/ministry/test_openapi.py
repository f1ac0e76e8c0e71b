"""The served description: made of the routes, true to the answers, and fuzzed against the server itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode

from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry.openapi import describe
from sim.drivers.live.ministry.routes import ENDPOINTS, Routes
from sim.drivers.live.ministry.settings import Limits
from sim.drivers.live.wire import PROBLEMS
from tests.live.ministry.stand import CODE, Stand

SERVED = [one for one in ENDPOINTS if not one.in_rehearsal]


@pytest.fixture(scope="module")
def described(stand: Stand) -> dict[str, Any]:
    """The description as a terminal gets it."""
    with stand.client() as client:
        found: dict[str, Any] = client.get("/v1/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def session(stand: Stand) -> Iterator[requests.Session]:
    """A terminal that speaks as another program does."""
    at = stand.place.folder / folders.KITS / CODE / "tls"
    with requests.Session() as one:
        one.trust_env = False
        one.verify = str(at / "authority.cert.pem")
        one.cert = (str(at / f"{CODE}.cert.pem"), str(at / f"{CODE}.key.pem"))
        yield one


def test_every_route_is_described_and_those_of_a_rehearsal_are_not(described: dict[str, Any]) -> None:
    told = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    assert told == {(one.method, one.path) for one in SERVED}
    assert described["openapi"] == "3.1.0"
    rehearsed = json.loads(describe(Routes(rehearsal=True), Limits()))["paths"]
    assert set(rehearsed) - set(described["paths"]) == {"/v1/clock", "/v1/commands"}


def test_every_reference_leads_somewhere_and_every_problem_is_explained(described: dict[str, Any]) -> None:
    text = json.dumps(described)
    schemas = described["components"]["schemas"]
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in schemas
    for endpoint in SERVED:
        for code in endpoint.problems:
            status, told = PROBLEMS[code]
            answer = described["paths"][endpoint.path][endpoint.method.lower()]["responses"][str(status)]
            assert f"{code}: {told}" in answer["description"]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize("endpoint", SERVED, ids=lambda one: one.name)
def test_whatever_is_made_of_the_description_never_fails_the_server(
    stand: Stand, described: dict[str, Any], session: requests.Session, endpoint: Any, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(described)
    operation = schema[endpoint.path][endpoint.method]
    waits = endpoint.name == "waiting"

    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def fuzz(case: Case[Any]) -> None:
        if waits and case.query:
            case.query["wait"] = 0
        response = case.call(base_url=stand.served.url, session=session, verify=session.verify, timeout=30)
        assert response.status_code < 500, response.text
        declared = {
            str(status) for status in described["paths"][endpoint.path][endpoint.method.lower()]["responses"]
        }
        assert str(response.status_code) in declared | {"404", "405"}

    fuzz()
