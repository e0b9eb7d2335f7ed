"""The first table of the dashboard's own: saved views."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("board", models.CharField(max_length=40)),
                ("query", models.CharField(blank=True, max_length=2000)),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to="auth.group",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("team__isnull", True), ("user__isnull", False)),
                            models.Q(("team__isnull", False), ("user__isnull", True)),
                            _connector="OR",
                        ),
                        name="saved_view_has_one_owner",
                        violation_error_message="A saved view belongs either to a user or to a team.",
                    ),
                    models.UniqueConstraint(
                        fields=("user", "name"),
                        name="saved_view_name_of_user",
                        violation_error_message="There is already a view of this name. Choose another name.",
                    ),
                    models.UniqueConstraint(
                        fields=("team", "name"),
                        name="saved_view_name_of_team",
                        violation_error_message="There is already a view of this name. Choose another name.",
                    ),
                ],
            },
        ),
    ]
