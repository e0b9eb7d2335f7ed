"""The audit log with the triggers that keep it, one-time links, and the product's permissions."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

REFUSAL = "the audit log is append-only"
COLUMNS = ("id", "at", "actor", "action", "target", "detail", "address")

SQLITE = (
    """CREATE TRIGGER audit_entry_kept BEFORE DELETE ON dashboard_auditentry
       WHEN NOT EXISTS (SELECT 1 FROM dashboard_auditretention WHERE OLD.at < keep_from)
       BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
    """CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON dashboard_auditentry
       WHEN NEW.user_id IS NOT NULL OR {changed}
       BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE FUNCTION audit_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT 1 FROM dashboard_auditretention WHERE OLD.at < keep_from) THEN RETURN OLD; END IF;
         RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    """CREATE FUNCTION audit_entry_guard_all() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NOT EXISTS (SELECT 1 FROM dashboard_auditentry) THEN RETURN NULL; END IF;
         RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    """CREATE TRIGGER audit_entry_kept BEFORE DELETE ON dashboard_auditentry
       FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()""",
    """CREATE TRIGGER audit_entry_kept_all BEFORE TRUNCATE ON dashboard_auditentry
       FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_guard_all()""",
    """CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON dashboard_auditentry
       FOR EACH ROW WHEN (NEW.user_id IS NOT NULL OR {changed}) EXECUTE FUNCTION audit_entry_refuse()""",
)
SQLITE_REVERSE = ("DROP TRIGGER audit_entry_kept", "DROP TRIGGER audit_entry_unchanged")
POSTGRESQL_REVERSE = (
    *(f"DROP TRIGGER {name} ON dashboard_auditentry" for name in
      ("audit_entry_kept", "audit_entry_kept_all", "audit_entry_unchanged")),
    *(f"DROP FUNCTION {name}" for name in ("audit_entry_refuse", "audit_entry_guard", "audit_entry_guard_all")),
)


def run(statements: dict[bool, tuple[str, ...]], schema_editor: Any) -> None:
    """Run statements as they are: they hold percent signs and semicolons of their own."""
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    differs = "IS NOT" if is_sqlite else "IS DISTINCT FROM"
    cast = {"detail": "" if is_sqlite else "::text"}
    changed = " OR ".join(
        f"NEW.{name}{cast.get(name, '')} {differs} OLD.{name}{cast.get(name, '')}" for name in COLUMNS
    )
    for statement in statements[is_sqlite]:
        schema_editor.execute(statement.format(refusal=REFUSAL, changed=changed), params=None)


def add_triggers(_apps: Any, schema_editor: Any) -> None:
    """Have the database itself keep the audit log."""
    run({True: SQLITE, False: POSTGRESQL}, schema_editor)


def remove_triggers(_apps: Any, schema_editor: Any) -> None:
    """Undo it."""
    run({True: SQLITE_REVERSE, False: POSTGRESQL_REVERSE}, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0003_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RightHolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "right",
                "permissions": [
                    ("see_everything", "May see every queue and person, not only those of own teams"),
                    ("act_on_sources", "May have a source subscribed anew"),
                    ("poll_now", "May have a source polled now"),
                    ("start_seeit_session", "May start a Seeit session"),
                    ("edit_identities", "May say which names are one person"),
                    ("edit_team_views", "May change the saved views of own teams"),
                    ("edit_teams", "May change teams, and the saved views of all of them"),
                    ("edit_wallboards", "May change wallboards"),
                    ("pair_displays", "May pair and revoke displays"),
                    ("see_audit", "May read the audit log"),
                ],
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="AuditRetention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("keep_from", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("actor", models.CharField(blank=True, max_length=150)),
                ("action", models.CharField(db_index=True, max_length=60)),
                ("target", models.CharField(blank=True, max_length=200)),
                ("detail", models.JSONField(blank=True, default=dict)),
                ("address", models.CharField(blank=True, max_length=45)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name_plural": "audit entries", "ordering": ("-pk",)},
        ),
        migrations.CreateModel(
            name="OneTimeLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.RunPython(add_triggers, remove_triggers),
    ]
