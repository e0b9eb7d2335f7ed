"""News reach whoever listens in the same process, whether there is a channel layer or not."""

import asyncio
from typing import Any

import pytest

from dashboard.live import circle as module
from dashboard.live.circle import Circle, News


@pytest.fixture(autouse=True)
def no_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody carries anything to other processes."""

    async def lost(_group: str, _message: dict[str, Any]) -> bool:
        return False

    monkeypatch.setattr(module, "send_to_group", lost)


async def test_news_told_in_a_thread_reach_the_loop_that_listens_until_it_ends() -> None:
    circle, heard = Circle("test"), list[News]()
    listening = asyncio.create_task(circle.listen(heard.append))
    await asyncio.sleep(0)
    await asyncio.to_thread(circle.tell, number=1)
    listening.cancel()
    await asyncio.wait([listening])
    await asyncio.to_thread(circle.tell, number=2)
    await asyncio.sleep(0)

    assert heard == [{"number": 1}]
