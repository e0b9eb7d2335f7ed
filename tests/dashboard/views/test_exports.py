"""Lists as files: all pages of them, filtered as the page is, harmless in a spreadsheet, and recorded."""

import csv
import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.models import AuditEntry
from dashboard.permission import give_role
from dashboard.roles import MANAGER
from tests.dashboard.live.test_scopes import wait_for_rows
from tests.services.site import Site, Upstream

COUNT = 1_203  # more than two pages
NOW = datetime.now(UTC)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")')
TEXTS = ('say "no"', "a;b,c\nd", "Ωmega 日本", "<b>")


@pytest.fixture(scope="module")
def upstream(site: Site) -> Upstream:
    """Sessions on three pages, some of them named to hurt."""
    upstream = Upstream()
    upstream.say()
    names = dict(enumerate((*FORMULAS, *TEXTS)))
    sessions = {
        f"helpdesk:{number}": {"customer_name": names.get(number, f"Customer {number}"), "created_at": NOW}
        for number in range(COUNT)
    }
    upstream.commit(support_session=sessions)
    wait_for_rows(site)
    return upstream


def read(site: Site, path: str) -> list[list[str]]:
    """Return the cells of a file."""
    answer = site.get(path, site.log_in("ingrid"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    name = answer.headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="sessions-\d{4}-\d\d-\d\dT\d{6}Z\.csv"', name)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True))


def test_a_file_has_the_rows_of_all_pages_in_the_order_of_the_list(site: Site, upstream: Upstream) -> None:
    headings, *rows = read(site, "/sessions/export/?sort=-customer&page=2&columns=queue")
    place = headings.index("Customer")
    customers = [row[place] for row in rows]

    assert len(rows) == COUNT
    assert {len(row) for row in rows} == {len(headings)}
    assert customers[0] == "Ωmega 日本"
    numbered = [name for name in customers if name.startswith("Customer ")]
    assert numbered == sorted(numbered, reverse=True)


def test_filters_and_search_hold_for_the_file_too(site: Site, upstream: Upstream) -> None:
    headings, *rows = read(site, "/sessions/export/?q=customer+120&sort=customer")
    assert [row[headings.index("Customer")] for row in rows] == [
        f"Customer {end}" for end in (1120, 120, 1200, 1201, 1202)
    ]
    assert read(site, "/sessions/export/?state=with-rep")[1:] == []


def test_no_cell_is_a_formula_and_no_text_breaks_a_row(site: Site, upstream: Upstream) -> None:
    headings, *rows = read(site, "/sessions/export/")
    customers = {row[headings.index("Customer")] for row in rows}

    assert {f"'{name}" for name in FORMULAS} | set(TEXTS) <= customers
    assert [cell for row in rows for cell in row if re.match(r"[=+\-@\t\r]", cell)] == []


@pytest.mark.django_db
def test_who_took_how_many_rows_is_recorded(valkey: object) -> None:
    user = User.objects.create(username="ingrid")
    give_role(user, MANAGER)
    browser = Client()
    browser.force_login(user)

    assert browser.head("/queues/export/").status_code == 200
    assert not AuditEntry.objects.filter(action="list exported").exists()
    assert browser.get("/queues/export/?q=mail&page=3").status_code == 200
    entry = AuditEntry.objects.get(action="list exported")
    assert (entry.actor, entry.target, entry.detail) == ("ingrid", "queues", {"rows": 0, "query": "q=mail&page=3"})


def test_the_page_leads_to_the_file_of_what_it_shows(site: Site, upstream: Upstream) -> None:
    page = site.get("/sessions/?q=customer&state=waiting&page=2&columns=queue", site.log_in("ingrid")).text
    assert 'href="/sessions/export/?state=waiting&amp;q=customer"' in page
