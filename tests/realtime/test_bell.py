"""A bell: rung before or during a wait it ends that wait, and no other."""

import asyncio

from realtime.bell import Bell


async def test_a_ring_before_the_wait_ends_it_and_several_count_as_one() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    async with asyncio.timeout(5):
        await bell.wait()

    waiting = asyncio.create_task(bell.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    bell.ring()
    async with asyncio.timeout(5):
        await waiting


async def test_a_wait_ends_when_its_time_is_over() -> None:
    bell = Bell()
    async with asyncio.timeout(5):
        await bell.wait(0.01)
        await bell.wait(-1.0)
