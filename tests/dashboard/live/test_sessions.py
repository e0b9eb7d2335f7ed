"""Sockets and the sessions they rest on: a required second factor, and the end of a session by time."""

import asyncio
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from dashboard.roles import LEAD, VIEWER
from tests.dashboard.live.test_site import close_code, is_paint, read_until
from tests.services.site import Site, Upstream


@pytest.fixture(scope="module")
def site_variables() -> dict[str, str]:
    """Team leads need a second factor."""
    return {"MFA_REQUIRED": "lead"}


async def test_no_socket_opens_without_the_required_second_factor(site: Site, upstream: Upstream) -> None:
    lead, viewer = [await sync_to_async(site.log_in)(name, role) for name, role in (("ann", LEAD), ("bob", VIEWER))]
    user = await User.objects.aget(username="ann")

    async with await site.open_socket(lead) as socket:
        assert await close_code(socket) == 4401
    async with await site.open_socket(viewer) as socket:
        assert await read_until(socket, is_paint)

    factor = await Authenticator.objects.acreate(user=user, type=Authenticator.Type.TOTP, data={})
    async with await site.open_socket(lead) as socket:
        assert await read_until(socket, is_paint)
        await sync_to_async(factor.delete)()
        assert await close_code(socket, 20, answers=True) == 4401  # before the regular check after 30 s


async def end_in(session: str, seconds: float) -> None:
    """Move a session's end."""
    ends_at = timezone.now() + timedelta(seconds=seconds)
    assert await Session.objects.filter(session_key=session).aupdate(expire_date=ends_at) == 1


async def test_a_socket_ends_with_the_time_of_its_session(site: Site, upstream: Upstream) -> None:
    life_seconds = 10
    ann, bob = [await sync_to_async(site.log_in)(name, VIEWER) for name in ("cleo", "dora")]
    await end_in(ann, life_seconds)
    await end_in(bob, life_seconds)
    async with await site.open_socket(ann) as socket, await site.open_socket(bob) as stays:
        await read_until(socket, is_paint)
        await read_until(stays, is_paint)
        await end_in(bob, 3600)  # somebody did something there

        shows_queue = asyncio.create_task(read_until(stays, lambda text: "<dt>queue</dt>" in text, 60))
        assert await close_code(socket, life_seconds + 5, answers=True) == 4401
        await sync_to_async(upstream.add_queue)("later")
        assert await shows_queue
    async with await site.open_socket(ann) as socket:
        assert await close_code(socket) == 4401
