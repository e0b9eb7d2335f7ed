"""Files out of packages: only the listed ones, under their published names."""

from pathlib import Path

import pytest
from django.conf import settings as real_settings
from django.contrib.staticfiles.finders import find
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from pytest_django import Settings

from dashboard.assets import AssetStorage, PackageFinder


def test_every_listed_file_is_there_and_is_found_by_its_name() -> None:
    listed = [name for name in real_settings.ASSETS if not name.endswith("/")]
    for name in (*listed, "admin/css/base.css", "admin/js/core.js"):
        found = find(name)
        assert found is not None, name
        assert Path(found).stat().st_size > 1000


def test_what_is_not_listed_is_not_published() -> None:
    finder = PackageFinder()

    assert finder.find("vendor/package.json") is None
    assert finder.find("django_htmx/htmx-4.js", find_all=True) == []


def test_a_missing_file_stops_collecting(settings: Settings) -> None:
    settings.ASSETS = {"vendor/none.js": "npm:none/none.js"}

    with pytest.raises(ImproperlyConfigured, match=r"none\.js is missing\. Run `make install`"):
        list(PackageFinder().list(None))


def test_a_package_that_is_not_installed_is_named(settings: Settings) -> None:
    settings.ASSETS = {"vendor/none.js": "no_such_package:none.js"}

    with pytest.raises(ImproperlyConfigured, match="no_such_package, which is not installed"):
        PackageFinder()


def test_collected_files_have_hashed_names_and_compressed_copies(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "dashboard.assets.AssetStorage"}}

    call_command("collectstatic", interactive=False, verbosity=0)

    stored = AssetStorage().stored_name("vendor/htmx.min.js")
    assert stored != "vendor/htmx.min.js"
    assert [(tmp_path / f"{stored}{ending}").exists() for ending in ("", ".br", ".gz")] == [True, True, True]
