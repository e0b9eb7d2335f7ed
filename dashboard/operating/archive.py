"""A copy of everything the database holds, in one file that fits SQLite and PostgreSQL alike.

A zip file: `manifest.json` (format, migrations, row counts) and `<app>.<model>.jsonl`, a row a line as a JSON list in
the order of the manifest's columns. Stored secrets stay as they are in the database: sealed by SECRET_KEY, or digests.
Left out is what belongs to running processes and browsers: they start anew.
"""

import json
import os
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from dashboard.models import AuditEntry
from dashboard.operating.readiness import unapplied_migrations
from realtime.database import one_moment
from realtime.heartbeat import running_kinds
from realtime.models import Heartbeat

FORMAT = 1
CHUNK = 500
MANIFEST = "manifest.json"
LEFT_OUT = frozenset({"sessions.session", "usersessions.usersession", Heartbeat._meta.label_lower})

Model = type[models.Model]


class ArchiveRefused(Exception):
    """A copy cannot be made or brought back; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an archive holds."""

    tables: int
    rows: int


def archived_models() -> list[Model]:
    """Return the models whose rows are kept, with the tables of many-to-many relations."""
    managed = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return sorted(
        (model for model in managed if not model._meta.proxy and model._meta.label_lower not in LEFT_OUT),
        key=lambda model: model._meta.label_lower,
    )


def write_archive(path: Path, *, replaces: bool = False) -> Summary:
    """Write a copy as of one moment, readable by its owner only. Raises ArchiveRefused."""
    if path.exists() and not replaces:
        raise ArchiveRefused(f"{path} exists. Name another file, or add --force to replace it.")
    if missing := unapplied_migrations():
        raise ArchiveRefused(f"The database lacks {len(missing)} migration(s). Run manage.py migrate first.")
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            summary = _write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ArchiveRefused(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return summary


def _write(file: Any) -> Summary:
    tables: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, one_moment():
        for model in archived_models():
            label, fields = model._meta.label_lower, model._meta.concrete_fields
            count = 0
            with archive.open(f"{label}.jsonl", "w", force_zip64=True) as lines:
                for row in model._base_manager.order_by("pk").iterator(chunk_size=CHUNK):
                    values = [field.value_from_object(row) for field in fields]
                    lines.write(json.dumps(values, cls=ArchiveEncoder, ensure_ascii=False).encode() + b"\n")
                    count += 1
            tables[label] = {"columns": [field.attname for field in fields], "rows": count}
        manifest = {"format": FORMAT, "made_at": timezone.now(), "migrations": _migrations(), "tables": tables}
        archive.writestr(MANIFEST, json.dumps(manifest, cls=ArchiveEncoder, indent=1))
    return Summary(len(tables), sum(table["rows"] for table in tables.values()))


class ArchiveEncoder(DjangoJSONEncoder):
    """Django's, with times to the microsecond: Django cuts them to milliseconds."""

    def default(self, o: Any) -> Any:
        """Return what JSON can hold."""
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def read_archive(path: Path, *, replaces: bool = False) -> Summary:
    """Bring a copy back, wholly or not at all. Raises ArchiveRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            tables = _understand(archive)
            _refuse_in_use(replaces=replaces)
            with transaction.atomic():
                _empty()
                for model in archived_models():
                    _bring_back(archive, model, tables[model._meta.label_lower])
                _reset_sequences()
            ContentType.objects.clear_cache()
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise ArchiveRefused(
            f"{path} cannot be brought back, nothing was changed: {type(error).__name__}: {error}."
        ) from error
    return Summary(len(tables), sum(table["rows"] for table in tables.values()))


def _understand(archive: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    """Return the manifest's tables, if they are those of this version."""
    manifest = json.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise ArchiveRefused(f"The archive has format {manifest['format']}; this version reads {FORMAT}.")
    if unapplied_migrations():
        raise ArchiveRefused("The database is not ready. Run manage.py migrate first.")
    differing = set(manifest["migrations"]) ^ set(_migrations())
    if differing:
        raise ArchiveRefused(
            f"The archive is of another version of this software (it differs in {sorted(differing)[0]}). "
            "Bring it back with that version, then upgrade."
        )
    tables: dict[str, dict[str, Any]] = manifest["tables"]
    return tables


def _refuse_in_use(*, replaces: bool) -> None:
    if running := running_kinds():
        raise ArchiveRefused(f"Processes are running ({', '.join(sorted(running))}). Stop all, wait 20 s, try again.")
    user = apps.get_model("auth.user")
    if not replaces and (user._base_manager.exists() or AuditEntry.objects.exists()):
        raise ArchiveRefused("The database is in use. Name an empty one, or add --force to replace all it holds.")


def _empty() -> None:
    """Delete all rows; the audit log lets only what is older than a retention go."""
    AuditEntry.objects.forget_before(timezone.now() + timedelta(days=36500))
    left_out = [apps.get_model(label) for label in LEFT_OUT]
    with connection.cursor() as cursor:
        for model in [*archived_models(), *left_out]:
            if model is not AuditEntry:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def _bring_back(archive: zipfile.ZipFile, model: Model, table: dict[str, Any]) -> None:
    fields: list[Any] = list(model._meta.concrete_fields)
    if [field.attname for field in fields] != table["columns"]:
        raise ArchiveRefused(f"The archive's {model._meta.label_lower} has other columns than the database.")
    types: list[Any] = [field.target_field if field.is_relation else field for field in fields]
    count, rows = 0, []
    for values in _lines(archive, f"{model._meta.label_lower}.jsonl"):
        kept = [kind.to_python(value) for kind, value in zip(types, values, strict=True)]
        rows.append(model(**dict(zip(table["columns"], kept, strict=True))))
        if len(rows) == CHUNK:
            _insert(model, fields, rows)
            rows = []
        count += 1
    _insert(model, fields, rows)
    if count != table["rows"]:
        raise ArchiveRefused(f"The archive is damaged: {model._meta.label_lower} has {count} of {table['rows']} rows.")


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[list[Any]]:
    with archive.open(name) as lines:
        for line in lines:
            yield json.loads(line)


def _insert(model: Model, fields: list[Any], rows: list[models.Model]) -> None:
    """Insert rows as they are: no signal, no time of now."""
    for start in range(0, len(rows), limit := max(1, 900 // len(fields))):
        model._base_manager.all()._insert(rows[start : start + limit], fields=fields, using="default", raw=True)  # type: ignore[attr-defined]  # what loaddata rests on


def _reset_sequences() -> None:
    statements = connection.ops.sequence_reset_sql(no_style(), archived_models())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _migrations() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)
