"""The simulator's own addresses, for tests and benches. They exist only when asked for."""

import orjson
from aiohttp import web

from realtime.simulator.dialect import read_freedoms
from realtime.simulator.endpoints import SIMULATOR


async def show_state(request: web.Request) -> web.Response:
    """GET /simulator/state: the truth."""
    return as_json(request.app[SIMULATOR].center.tables)


async def show_status(request: web.Request) -> web.Response:
    """GET /simulator/status: what happened so far."""
    return as_json(request.app[SIMULATOR].status())


async def cause_fault(request: web.Request) -> web.Response:
    """POST /simulator/fault {"name": …, "args": {"arg": number, "on": flag}}; args may be left out."""
    wish = await request.json()
    try:
        await request.app[SIMULATOR].fault(wish["name"], **(wish.get("args") or {}))
    except (KeyError, TypeError, ValueError) as error:
        return web.Response(status=400, text=str(error))
    return as_json({"ok": True})


async def choose_freedoms(request: web.Request) -> web.Response:
    """POST /simulator/freedoms {"names": […]}: these and no others, from now on."""
    try:
        freedoms = read_freedoms((await request.json())["names"])
    except (KeyError, TypeError, ValueError) as error:
        return web.Response(status=400, text=str(error))
    request.app[SIMULATOR].set_freedoms(freedoms)
    return as_json({"ok": True})


async def pause(request: web.Request) -> web.Response:
    """POST /simulator/pause: the truth stands still; answers once every message is on its way."""
    simulator = request.app[SIMULATOR]
    simulator.pause()
    if simulator.writable.is_set():
        await simulator.drained()
    return as_json({"ok": True})


async def resume(request: web.Request) -> web.Response:
    """POST /simulator/resume."""
    request.app[SIMULATOR].resume()
    return as_json({"ok": True})


async def apply(request: web.Request) -> web.Response:
    """POST /simulator/apply {"insert": …, "update": …, "delete": …}: change the truth by hand."""
    wish = await request.json()
    request.app[SIMULATOR].apply(wish.get("insert"), wish.get("update"), wish.get("delete"))
    return as_json({"ok": True})


async def send_raw(request: web.Request) -> web.Response:
    """POST /simulator/raw {"text": …} or {"hex": …}: send anything to all subscribers."""
    wish = await request.json()
    content = bytes.fromhex(wish["hex"]) if "hex" in wish else wish["text"]
    request.app[SIMULATOR].raw(content)
    return as_json({"ok": True})


def as_json(body: object) -> web.Response:
    """Return a JSON response."""
    return web.Response(body=orjson.dumps(body), content_type="application/json")


ROUTES = [
    web.get("/simulator/state", show_state),
    web.get("/simulator/status", show_status),
    web.post("/simulator/fault", cause_fault),
    web.post("/simulator/freedoms", choose_freedoms),
    web.post("/simulator/pause", pause),
    web.post("/simulator/resume", resume),
    web.post("/simulator/apply", apply),
    web.post("/simulator/raw", send_raw),
]
