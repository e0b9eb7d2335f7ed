"""Static files that come out of packages: an allow-list, so that nothing else of a package is ever published."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


def locate(origin: str) -> Path:
    """Return the file that `npm:<package>/<path>` or `<python package>:<path>` names."""
    package, _, path = origin.partition(":")
    if package == "npm":
        return Path(settings.NODE_MODULES) / path
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ImproperlyConfigured(f"ASSETS names the package {package}, which is not installed. Run `make install`.")
    return Path(spec.origin).parent / path


def files_below(folder: Path) -> list[Path]:
    """Return every file of a folder and of those in it."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


class RenamedFileStorage(FileSystemStorage):
    """One file of a package, under the name that we publish it by."""

    prefix = ""

    def __init__(self, source: Path) -> None:
        super().__init__(location=source.parent)
        self.source = source

    def path(self, name: str) -> str:
        """Return the package's file, whatever the published name."""
        return str(self.source)


class PackageFinder(BaseFinder):
    """Finds the files of `settings.ASSETS` (published name -> origin); names that end in / are whole folders."""

    def __init__(self, *_args: Any, **_options: Any) -> None:
        self.files: dict[str, Path] = {}
        for name, origin in settings.ASSETS.items():
            source = locate(origin)
            if name.endswith("/"):
                self.files |= {f"{name}{file.relative_to(source).as_posix()}": file for file in files_below(source)}
            else:
                self.files[name] = source

    def check(self, **_options: Any) -> list[Any]:
        """Nothing to check: a missing file stops `collectstatic`."""
        return []

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:
        """Return the file published as `path`, as Django's finders do."""
        file = self.files.get(path)
        found = str(file) if file is not None and file.is_file() else None
        if find_all:
            return [found] if found else []
        return found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, RenamedFileStorage]]:
        """Yield each published name with a storage that opens it."""
        for name, file in self.files.items():
            if not file.is_file():
                raise ImproperlyConfigured(f"The asset {file.name} is missing. Run `make install`.")
            yield name, RenamedFileStorage(file)


class AssetStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise ships no types
    """Hashed names and compressed copies; packages' files point to source maps that we do not publish."""

    support_js_module_import_aggregation = True  # our modules import each other by their hashed names

    patterns = tuple(
        (glob, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for glob, patterns in CompressedManifestStaticFilesStorage.patterns
    )
