"""The sign-in and the account pages in a browser: second factors, the policy, without scripts, axe."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import override_settings
from playwright.async_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker

from dashboard.settings import PASSWORD_HASHERS
from tests.dashboard.accounts.signing_in import PASSWORD, code_of
from tests.e2e.center import plain_page
from tests.services.accessibility import violations
from tests.services.site import Site, serving, site_environment
from tests.services.valkey import ValkeyServer

KEY = {
    "protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip
PAGES = ("/account/", "/account/password/", "/account/sessions/", "/account/factors/", "/audit/", "/logout/")


@pytest.fixture
def site(
    tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Site]:
    """The running site, with an administrator."""
    folder = tmp_path_factory.mktemp("site")
    with site_environment(folder, django_db_blocker) as environment, serving(environment, folder / "web.log") as site:
        with override_settings(PASSWORD_HASHERS=PASSWORD_HASHERS):  # what the site itself can read
            User.objects.create_superuser("ingrid", password=PASSWORD)
        yield site


def origin_of(site: Site) -> str:
    """Return the site's address by name: a browser keeps no security key for a number."""
    return f"http://localhost:{site.port}"


async def sign_in(page: Page, site: Site) -> None:
    """Send the form."""
    await page.goto(f"{origin_of(site)}/login/?next=/account/")
    await page.get_by_label("User name").fill("ingrid")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).not_to_have_url(re.compile(r"/login/\?"))


async def confirm(page: Page) -> None:
    """Give the password once more."""
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()
    await expect(page).not_to_have_url(re.compile(r"/confirm/"))


async def kept_keys() -> list[str]:
    """Return the names of the security keys that the site knows."""
    keys = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)
    return [key.wrap().name async for key in keys]


async def set_app_up(page: Page, site: Site) -> str:
    """Set an authenticator app up; return its secret."""
    await page.goto(f"{origin_of(site)}/account/factors/")
    await page.get_by_role("link", name="Set up").click()
    await confirm(page)
    secret = await page.locator(".account__secret").inner_text()
    await page.get_by_label("Code").fill(await sync_to_async(code_of)(secret.strip()))
    await page.get_by_role("button", name="Switch it on").click()
    await expect(page.locator(".account__codes li")).to_have_count(10)
    return secret.strip()


async def sign_out(page: Page) -> None:
    """Press the button."""
    await page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_security_key_is_a_second_factor(site: Site, page: Page) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    await sign_in(page, site)
    await page.goto(f"{origin_of(site)}/account/factors/keys/add/")
    await confirm(page)
    await page.get_by_label("Name").fill("Yellow <b>key</b>")
    await page.get_by_role("button", name="Add the key").click()
    await expect(page.locator(".account__codes li")).to_have_count(10)
    await page.goto(f"{origin_of(site)}/account/factors/keys/")
    await expect(page.locator(".saved__name")).to_have_text("Yellow <b>key</b>")
    await sign_out(page)

    await sign_in(page, site)
    await page.get_by_role("button", name="Use a security key").click()

    await expect(page).to_have_url(re.compile(r"/account/$"))
    assert await kept_keys() == ["Yellow <b>key</b>"]


async def test_a_key_that_does_not_answer_is_said(site: Site, page: Page) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | {"isUserVerified": False}})
    await sign_in(page, site)
    await page.goto(f"{origin_of(site)}/account/factors/keys/add/")
    await confirm(page)
    await page.evaluate(
        "() => { navigator.credentials.create = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
    )
    await page.get_by_role("button", name="Add the key").click()

    await expect(page.get_by_role("alert").filter(has_text="The key did not answer")).to_be_visible()
    assert await kept_keys() == []


async def test_without_scripts_the_app_is_a_second_factor(site: Site, browser: Browser) -> None:
    async with plain_page(browser) as page:
        await sign_in(page, site)
        secret = await set_app_up(page, site)
        await sign_out(page)
        await sign_in(page, site)
        await page.get_by_label("Code").fill(await sync_to_async(code_of)(secret))
        await page.get_by_role("button", name="Sign in").click()

        await expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
async def test_axe_finds_nothing(site: Site, browser: Browser, scheme: str, width: int) -> None:
    page = await browser.new_page(bypass_csp=True, viewport={"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    found = {}

    async def look(name: str) -> None:
        await expect(page.locator("h1")).to_be_visible()
        found[name] = await violations(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    await page.goto(f"{origin_of(site)}/login/")
    await look("sign-in")
    await sign_in(page, site)
    for path in PAGES:
        await page.goto(origin_of(site) + path)
        await look(path)
    await page.goto(f"{origin_of(site)}/account/factors/app/add/")
    await look("confirm")
    await confirm(page)
    await look("app")
    await page.goto(f"{origin_of(site)}/account/factors/keys/add/")
    await look("key")
    await set_app_up_again(page, site)
    await look("codes")
    await sign_out(page)
    await sign_in(page, site)
    await look("code")

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


async def set_app_up_again(page: Page, site: Site) -> None:
    """Set an authenticator app up where the password was given a moment ago."""
    await page.goto(f"{origin_of(site)}/account/factors/app/add/")
    secret = await page.locator(".account__secret").inner_text()
    await page.get_by_label("Code").fill(await sync_to_async(code_of)(secret.strip()))
    await page.get_by_role("button", name="Switch it on").click()
    await expect(page.locator(".account__codes li")).to_have_count(10)


async def test_the_administration_keeps_the_policy(site: Site, page: Page) -> None:
    await sign_in(page, site)
    for path in (
        "",
        "auth/user/",
        "auth/user/add/",
        "auth/user/1/change/",
        "auth/group/1/change/",
        "dashboard/auditentry/",
    ):
        answer = await page.goto(f"{origin_of(site)}/admin/{path}")
        assert answer is not None
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        await expect(page.locator("#site-name")).to_have_text("Support center: administration")
