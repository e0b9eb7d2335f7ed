"""Sockets and the sessions they rest on: a required second factor, and the end of a session by time."""

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from pytest_django import DjangoDbBlocker

from dashboard.roles import LEAD, VIEWER
from tests.dashboard.live.test_site import close_code, is_paint, read_until
from tests.services.site import Site, Upstream, serving, site_environment
from tests.services.valkey import ValkeyServer


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Site]:
    """A site whose team leads need a second factor."""
    folder = tmp_path_factory.mktemp("sessions")
    with (
        site_environment(folder, django_db_blocker) as environment,
        serving(environment | {"MFA_REQUIRED": "lead"}, folder / "web.log") as site,
    ):
        Upstream().say()
        yield site


async def test_no_socket_opens_without_the_required_second_factor(site: Site) -> None:
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
        assert await close_code(socket, 4) == 4401  # in far less than the 30 s of the regular check
