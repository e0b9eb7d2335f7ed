"""The simulators' own addresses, for tests and benches over processes. They exist only when asked for."""

from aiohttp import web

from dashboard.vendors.simulators.activity import Product
from dashboard.vendors.simulators.faults import Fault, Freedom, Trouble
from dashboard.vendors.simulators.frame import FRAME, as_json


async def show_status(request: web.Request) -> web.Response:
    """GET /simulator/status: the center's time, and how many requests each vendor got."""
    frame = request.app[FRAME]
    counts: dict[str, int] = {}
    for asked in frame.asked:
        counts[asked.vendor] = counts.get(asked.vendor, 0) + 1
    return as_json({"now": frame.now(), "requests": counts})


async def cause_fault(request: web.Request) -> web.Response:
    """POST /simulator/fault {"vendor": …, "fault": …, and the members of `Trouble`}; "clear" ends the vendor's."""
    wish = await request.json()
    try:
        vendor, fault = wish.pop("vendor"), wish.pop("fault")
        if fault == "clear":
            request.app[FRAME].troubles.clear(vendor)
        else:
            request.app[FRAME].troubles.add(vendor, Trouble(Fault(fault), **wish))
    except (KeyError, TypeError, ValueError) as error:
        return web.Response(status=400, text=str(error))
    return as_json({"ok": True})


async def choose_freedoms(request: web.Request) -> web.Response:
    """POST /simulator/freedoms {"vendor": …, "names": […]}: these and no others, from now on."""
    wish = await request.json()
    try:
        request.app[FRAME].freedoms[wish["vendor"]] = {Freedom(name) for name in wish["names"]}
    except (KeyError, TypeError, ValueError) as error:
        return web.Response(status=400, text=str(error))
    return as_json({"ok": True})


async def put_case(request: web.Request) -> web.Response:
    """POST /simulator/case {"product": …, "id"?, and members of `Case`}: add one, or change the one with that id.

    A new one is as `World.open` says. Answers {"id": …}.
    """
    frame, wish = request.app[FRAME], await request.json()
    try:
        product, case_id = Product(wish.pop("product")), wish.pop("id", None)
        if "holds" in wish:
            wish["holds"] = tuple((start, end) for start, end in wish["holds"])
        if case_id is None:
            case = frame.world.open(product, frame.now(), **wish)
        elif (known := frame.world.find(product, case_id)) is not None:
            case = frame.world.change(known, **wish)
        else:
            raise KeyError(case_id)
    except (KeyError, TypeError, ValueError) as error:
        return web.Response(status=400, text=str(error))
    return as_json({"id": case.id})


async def remove_case(request: web.Request) -> web.Response:
    """DELETE /simulator/case/{id}: let one vanish."""
    request.app[FRAME].world.remove(request.match_info["id"])
    return as_json({"ok": True})


ROUTES = [
    web.get("/simulator/status", show_status),
    web.post("/simulator/fault", cause_fault),
    web.post("/simulator/freedoms", choose_freedoms),
    web.post("/simulator/case", put_case),
    web.delete("/simulator/case/{id}", remove_case),
]
