"""Invariant 2 of the design in a real DOM: what htmx and our modules make of a frame is the new rendering."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, WebSocketRoute

from dashboard.assets import locate
from dashboard.live.fragments import Place, Rendering, difference, encode_frame, encode_paint
from dashboard.settings import ASSETS
from tests.services.waiting import until

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
PAGE = """<!doctype html><html lang="en" data-now="2026-03-11T18:42:07.000+00:00"><head><title>frames</title>
<meta name="htmx-config" content='{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false}'>
<script src="/static/vendor/htmx.min.js" defer></script><script src="/static/vendor/hx-ws.min.js" defer></script>
<script src="/static/vendor/idiomorph-ext.min.js" defer></script>
<script src="/static/js/live.js" type="module"></script>
</head><body><div id="paused" hidden><b data-paused="time"></b><b data-paused="count"></b></div><p id="summary"></p>
<p class="fresh__leg" id="light-screen"><svg><use href="#g"/></svg><b>not live</b></p>
<main hx-ext="ws,live" ws-connect="/live/frames/"><div id="board"></div></main></body></html>"""
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://frames.test"
SHOWN = """() => {
  const html = (element) => {
    const copy = element.cloneNode(true);
    copy.removeAttribute("data-changed"); // the flash
    return copy.outerHTML;
  };
  const rows = (list) => [...document.getElementById(list).children].map(html);
  return { head: html(document.getElementById("tile-head")), rows: rows("rows"), points: rows("points") };
}"""


def row(key: int, text: int) -> str:
    """Return a table's row; its attributes and its number of cells change with its text."""
    mark, more = ((' class="is-ended"', ""), ("", ' title="more"'), (' data-mark="2"', ""))[text]
    last = "<td><time>0:01</time></td>" if text == 2 else ""
    return f'<tr id="rows-{key}"{mark}><td>{key}</td><td{more}>&lt;b&gt; {text}</td>{last}</tr>'


def cells(*texts: str) -> Rendering:
    """Return a rendering of one table row with these cells."""
    html = "".join(f"<td>{text}</td>" for text in texts)
    fragments = {"tile-head": '<table id="tile-head"></table>', "rows-1": f'<tr id="rows-1">{html}</tr>'}
    return Rendering(fragments, {"rows": ("rows-1",), "points": ()})


def point(key: int, text: int) -> str:
    """Return a list's row, with a table in it."""
    table = f"<table><tbody><tr><td>{text}</td></tr></tbody></table>"
    return f'<li id="points-{key}"><input value="{key}">{table}</li>'


def draw_rendering(chance: random.Random) -> Rendering:
    """Return a rendering with a tile, a table and a list."""
    rows = {f"rows-{key}": row(key, chance.randrange(3)) for key in chance.sample(range(12), chance.randrange(13))}
    points = {f"points-{key}": point(key, chance.randrange(3)) for key in chance.sample(range(5), chance.randrange(6))}
    head = {"tile-head": f'<table id="tile-head"><tbody><tr><td>{chance.randrange(3)}</td></tr></tbody></table>'}
    return Rendering(head | rows | points, {"rows": tuple(rows), "points": tuple(points)})


def board(rendering: Rendering) -> str:
    """Return the whole board's HTML."""
    html = rendering.fragments
    rows, points = ("".join(html[key] for key in rendering.lists[name]) for name in ("rows", "points"))
    return (
        f'<div id="board">{html["tile-head"]}<table><tbody id="rows">{rows}</tbody></table>'
        f'<ul id="points">{points}</ul></div>'
    )


def expected(rendering: Rendering) -> dict[str, object]:
    """Return what the page must show."""
    html = rendering.fragments
    lists = {name: [html[key] for key in keys] for name, keys in rendering.lists.items()}
    return {"head": html["tile-head"], **lists}


class Server:
    """The other end of the page's websocket."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.said: list[str] = []

    def take(self, socket: WebSocketRoute) -> None:
        """Accept a connection."""
        self.sockets.append(socket)
        socket.on_message(lambda text: self.said.append(str(text)))

    async def send(self, payload: bytes, answer: str) -> None:
        """Send a frame and wait until the page has shown it."""
        self.said.clear()
        self.sockets[-1].send(payload.decode())

        async def is_shown() -> bool:
            return answer in self.said

        await until(is_shown, what=f"{answer} in {self.said}")


async def answer_request(route: Route) -> None:
    """Serve the page, our static files, and those of packages."""
    path = route.request.url.partition("frames.test")[2]
    name = path.removeprefix("/static/")
    if path == "/":
        await route.fulfill(body=PAGE, content_type="text/html", headers={"Content-Security-Policy": POLICY})
    elif name in ASSETS:
        await route.fulfill(path=locate(ASSETS[name]))
    elif (STATIC / name).is_file():
        await route.fulfill(path=STATIC / name, content_type="text/javascript")
    else:
        await route.fulfill(status=404)


async def open_page(page: Page) -> Server:
    """Open a page with our modules, connected to a server of ours."""
    server = Server()
    await page.route("http://frames.test/**", answer_request)
    await page.route_web_socket("ws://frames.test/live/frames/", server.take)
    await page.goto("http://frames.test/")

    async def is_connected() -> bool:
        return bool(server.sockets)

    await until(is_connected, what="the page's websocket")
    return server


async def play(server: Server, page: Page, renderings: Sequence[Rendering], first_seq: int = 1) -> None:
    """Send one rendering after the other as steps, and compare what the page shows."""
    shown = renderings[0]
    await server.send(encode_paint(board(shown), Place("e", first_seq)), f"ack:{first_seq}")
    assert await page.evaluate(SHOWN) == expected(shown)
    for seq, rendering in enumerate(renderings[1:], start=first_seq + 1):
        await server.send(encode_frame(difference(shown, rendering), Place("e", seq)), f"ack:{seq}")
        assert await page.evaluate(SHOWN) == expected(rendering)
        shown = rendering


async def test_any_difference_shows_the_new_rendering(page: Page) -> None:
    chance = random.Random(42)
    server = await open_page(page)

    renderings = [draw_rendering(chance) for _ in range(150)]
    await play(server, page, renderings)

    assert await page.evaluate(SHOWN) == expected(renderings[-1])


async def test_any_board_shows_in_the_place_of_another_and_its_rows_go_on(page: Page) -> None:
    chance = random.Random(43)
    server = await open_page(page)
    shown = draw_rendering(chance)
    await play(server, page, [shown])
    for seq in range(2, 60):
        rendering = draw_rendering(chance)
        await page.evaluate("""() => {
          window.before = new Map([...document.querySelectorAll("#rows > tr")].map((row) => [row.id, row]));
        }""")

        await server.send(encode_paint(board(rendering), Place("e", seq)), f"ack:{seq}")

        assert await page.evaluate(SHOWN) == expected(rendering)
        stayed = [key for key in rendering.lists["rows"] if key in shown.lists["rows"]]
        assert stayed == await page.evaluate("""() => [...document.querySelectorAll("#rows > tr")]
          .filter((row) => window.before.get(row.id) === row).map((row) => row.id)""")
        shown = rendering


async def test_rows_that_need_not_move_keep_focus_and_text(page: Page) -> None:
    server = await open_page(page)
    keys = [f"points-{key}" for key in range(5)]
    fragments = {"tile-head": '<table id="tile-head"></table>'} | {key: point(int(key[-1]), 0) for key in keys}
    before = Rendering(fragments, {"rows": (), "points": tuple(keys)})
    await play(server, page, [before])
    await page.locator("#points-3 input").fill("typed")
    changed = fragments | {"points-3": point(3, 2)}
    after = Rendering(changed, {"rows": (), "points": (keys[4], keys[3], keys[0], keys[1], keys[2])})
    await page.evaluate("window.kept = document.querySelector('#points-3 input')")

    await server.send(encode_frame(difference(before, after), Place("e", 2)), "ack:2")

    assert await page.evaluate("[...document.getElementById('points').children].map((row) => row.id)") == [
        *("points-4", "points-3", "points-0", "points-1", "points-2")
    ]
    assert await page.evaluate("window.kept.isConnected && window.kept.value") == "typed"
    assert await page.evaluate("!Element.prototype.moveBefore || document.activeElement === window.kept")


async def test_only_rows_out_of_the_longest_run_are_moved(page: Page) -> None:
    server = await open_page(page)
    keys = [f"points-{key}" for key in range(5)]
    fragments = {"tile-head": '<table id="tile-head"></table>'} | {key: point(int(key[-1]), 0) for key in keys}
    before = Rendering(fragments, {"rows": (), "points": tuple(keys)})
    await play(server, page, [before])
    await page.evaluate("""() => {
      window.moved = [];
      new MutationObserver((records) => {
        for (const record of records) for (const node of record.addedNodes) window.moved.push(node.id);
      }).observe(document.getElementById("points"), { childList: true });
    }""")
    after = Rendering(fragments, {"rows": (), "points": (keys[4], keys[0], keys[1], keys[2], keys[3])})

    await server.send(encode_frame(difference(before, after), Place("e", 2)), "ack:2")

    assert await page.evaluate("window.moved") == ["points-4"]
    assert await page.evaluate(SHOWN) == expected(after)


async def test_a_step_that_does_not_ask_is_shown_and_not_acknowledged(page: Page) -> None:
    server = await open_page(page)
    first, second, third = (
        Rendering({"tile-head": f'<table id="tile-head"><tbody><tr><td>{number}</td></tr></tbody></table>'})
        for number in range(3)
    )
    await play(server, page, [replace(first, lists={"rows": (), "points": ()})])

    server.sockets[-1].send(encode_frame(difference(first, second), Place("e", 2, asks=False)).decode())
    await server.send(encode_frame(difference(second, third), Place("e", 3)), "ack:3")

    assert server.said == ["ack:3"]
    assert await page.locator("#tile-head td").inner_text() == "2"


async def test_a_repeated_step_changes_nothing_and_a_gap_brings_a_new_socket(page: Page) -> None:
    server = await open_page(page)
    chance = random.Random(7)
    first, second, third = (draw_rendering(chance) for _ in range(3))
    await play(server, page, [first, second])
    await server.send(encode_frame(difference(second, first), Place("e", 2)), "ack:2")
    assert await page.evaluate(SHOWN) == expected(second)

    server.sockets[-1].send(encode_frame(difference(second, third), Place("e", 4)).decode())

    async def is_back() -> bool:
        return len(server.sockets) == 2

    await until(is_back, what="a second connection")
    assert await page.evaluate(SHOWN) == expected(second)
    await play(server, page, [third], first_seq=4)


ASKING = '<a hx-get="/asked">{0}</a>'


@pytest.mark.parametrize("is_paused", [False, True], ids=["at once", "after a pause"])
async def test_what_htmx_reads_in_a_row_works_whenever_it_is_shown(page: Page, is_paused: bool) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition("frames.test")[2]))
    server = await open_page(page)
    before, after = cells("plain"), cells(ASKING.format("written"))
    fresh = {"rows-2": f'<tr id="rows-2"><td>{ASKING.format("new")}</td></tr>'}
    after = Rendering({**after.fragments, **fresh}, {"rows": ("rows-1", "rows-2"), "points": ()})
    await play(server, page, [before])
    if is_paused:
        await page.keyboard.press("Space")
    await server.send(encode_frame(difference(before, after), Place("e", 2)), "ack:2")
    if is_paused:
        assert await page.locator("a").count() == 0
        await page.keyboard.press("Space")
    for link in ("written", "new"):
        async with page.expect_response("**/asked"):
            await page.get_by_text(link, exact=True).click()

    assert asked.count("/asked") == 2


async def test_a_socket_that_falls_silent_is_replaced_and_said_so_at_once(page: Page) -> None:
    await page.clock.install()
    server = await open_page(page)
    await play(server, page, [draw_rendering(random.Random(1))])
    assert await page.inner_text("#light-screen b") == "live"
    await page.clock.fast_forward(26_000)
    assert await page.inner_text("#light-screen b") == "reconnecting, try 1"
    await page.clock.fast_forward(1_000)

    async def is_back() -> bool:
        return len(server.sockets) == 2

    await until(is_back, what="a second connection")
    await play(server, page, [draw_rendering(random.Random(2))], first_seq=9)
    assert await page.inner_text("#light-screen b") == "live"


@pytest.mark.parametrize(("code", "connections"), [(4401, 1), (4403, 1), (4408, 2), (4000, 2), (1000, 2), (1012, 2)])
async def test_a_close_code_decides_whether_the_page_comes_back(page: Page, code: int, connections: int) -> None:
    await page.clock.install()
    server = await open_page(page)
    await play(server, page, [draw_rendering(random.Random(1))])
    await server.sockets[-1].close(code=code)

    async def is_known() -> bool:
        return bool(await page.evaluate("document.documentElement.dataset.live === 'down'"))

    await page.clock.run_for(1_500)
    if connections == 1:
        await until(is_known, what="the notice")
    await page.clock.run_for(8_000)

    async def is_back() -> bool:
        return len(server.sockets) >= connections

    await until(is_back, what="the connections")
    assert len(server.sockets) == connections


LINK = '<a href="#{0}">{0}</a>'
OPEN = '<details id="more"><summary>{0}</summary>more</details>'


@pytest.mark.parametrize(
    ("busy", "use"),
    [
        (LINK, "cell.querySelector('a').focus()"),
        (OPEN, "cell.querySelector('details').open = true"),
        (LINK, "getSelection().selectAllChildren(cell)"),
    ],
    ids=["focus", "open", "selection"],
)
async def test_what_differs_is_written_where_it_stands_and_nobody_is_thrown_out_of_it(
    page: Page, busy: str, use: str
) -> None:
    server = await open_page(page)
    before, after = (cells(busy.format(text), f"idle {text}", "same") for text in ("old", "new"))
    await play(server, page, [before])
    await page.evaluate(f"""() => {{
      window.cells = [...document.getElementById("rows-1").children];
      window.inner = cells[0].firstElementChild;
      const cell = cells[0];
      {use};
      window.used = [document.activeElement, getSelection().toString()];
      cells[0].parentElement.toggleAttribute("data-selected", true);
    }}""")

    await server.send(encode_frame(difference(before, after), Place("e", 2)), "ack:2")

    shown = await page.evaluate("""() => {
      const now = [...document.getElementById("rows-1").children];
      return {
        text: now.map((cell) => cell.textContent.replace(/more$/, "")),
        kept: now.map((cell, place) => cell === window.cells[place]),
        inner: now[0].firstElementChild === window.inner,
        focus: document.activeElement === window.used[0],
        open: now[0].querySelector("details")?.open ?? null,
        selected: getSelection().isCollapsed,
        marked: now[0].parentElement.hasAttribute("data-selected"),
      };
    }""")
    assert shown == {
        "text": ["new", "idle new", "same"],
        "kept": [True, True, True],
        "inner": True,
        "focus": True,
        "open": True if busy is OPEN else None,
        "selected": "selectAllChildren" not in use,
        "marked": True,
    }
