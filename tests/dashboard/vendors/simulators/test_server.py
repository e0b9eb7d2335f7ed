"""The simulators' frame over real sockets: faults, their bounds, the log, the control addresses."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from dashboard.vendors.simulators.activity import Product
from dashboard.vendors.simulators.faults import Fault
from dashboard.vendors.simulators.options import Options
from dashboard.vendors.simulators.server import VendorSimulators

HEADERS = {"Authorization": "Bearer simulator"}


@pytest.fixture
async def simulators() -> AsyncIterator[VendorSimulators]:
    """Simulators with nothing going on."""
    async with VendorSimulators(Options(busy=0, control=True)) as simulators:
        yield simulators


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody else's client."""
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        yield session


async def statuses(http: aiohttp.ClientSession, url: str, count: int) -> list[int]:
    """Return the statuses of some requests, one after the other."""
    found = []
    for _ in range(count):
        async with http.get(url) as answer:
            found.append(answer.status)
    return found


async def test_fault_strikes_after_some_requests_and_for_some(
    simulators: VendorSimulators, http: aiohttp.ClientSession
) -> None:
    simulators.fail("seeit", Fault.FAILED, skip=1, count=2, path="/sessions")
    assert await statuses(http, simulators.url("seeit") + "/sessions", 4) == [200, 500, 500, 200]
    assert simulators.frame.count("seeit", "/sessions", 500) == 2


async def test_fault_lasts_until_cleared(simulators: VendorSimulators, http: aiohttp.ClientSession) -> None:
    simulators.fail("seeit", Fault.TOO_MANY, retry_after_seconds=17)
    async with http.get(simulators.url("seeit") + "/sessions") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "17")
    simulators.frame.troubles.clear("seeit")
    assert await statuses(http, simulators.url("seeit") + "/sessions", 1) == [200]


async def test_truncated_body_is_shorter_than_it_says(
    simulators: VendorSimulators, http: aiohttp.ClientSession
) -> None:
    simulators.fail("seeit", Fault.TRUNCATED)
    with pytest.raises(aiohttp.ClientPayloadError):
        async with http.get(simulators.url("seeit") + "/sessions") as answer:
            await answer.read()


async def test_unknown_path_is_the_vendors_error_and_is_logged(
    simulators: VendorSimulators, http: aiohttp.ClientSession
) -> None:
    assert await statuses(http, simulators.url("seeit") + "/nothing", 1) == [404]
    assert [(asked.vendor, asked.path, asked.status) for asked in simulators.frame.asked] == [
        ("seeit", "/nothing", 404)
    ]


async def test_control_puts_changes_and_removes_cases(
    simulators: VendorSimulators, http: aiohttp.ClientSession
) -> None:
    base = f"http://127.0.0.1:{simulators.port}/simulator"
    async with http.post(f"{base}/case", json={"product": "evovoice", "customer": "Ida"}) as answer:
        case_id = (await answer.json())["id"]
    async with http.post(f"{base}/case", json={"product": "evovoice", "id": case_id, "customer": "Eva"}) as answer:
        assert answer.status == 200
    case = simulators.world.find(Product.EVOVOICE, case_id)
    assert case is not None
    assert case.customer == "Eva"
    async with http.delete(f"{base}/case/{case_id}") as answer:
        assert answer.status == 200
    assert simulators.world.find(Product.EVOVOICE, case_id) is None
    async with http.post(f"{base}/fault", json={"vendor": "seeit", "fault": "500", "count": 1}) as answer:
        assert answer.status == 200
    assert await statuses(http, simulators.url("seeit") + "/sessions", 2) == [500, 200]


async def test_control_is_absent_unless_asked_for(http: aiohttp.ClientSession) -> None:
    async with VendorSimulators(Options(busy=0)) as simulators:
        assert await statuses(http, f"http://127.0.0.1:{simulators.port}/simulator/status", 1) == [404]
