"""Who started which session at a vendor stands in the audit log."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("dashboard", "0009_saved_view_team")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [migrations.DeleteModel(name="StartedSession")]
