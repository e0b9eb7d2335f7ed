"""A saved view's team is a Team. Until now it was a Django group: each one with views becomes a team of its users."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

CONSTRAINTS = ("saved_view_has_one_owner", "saved_view_name_of_team")


def make_teams(apps: Any, _editor: Any) -> None:
    """Make a team of each group that has saved views."""
    view_model, team_model = apps.get_model("dashboard", "SavedView"), apps.get_model("dashboard", "Team")
    for view in view_model.objects.exclude(group=None).select_related("group"):
        team, is_new = team_model.objects.get_or_create(name=view.group.name[:60])
        if is_new:
            team.members.set(view.group.user_set.all())
        view.team = team
        view.save()


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0008_teams")]

    operations = [
        *(migrations.RemoveConstraint("savedview", name) for name in CONSTRAINTS),
        migrations.RenameField("savedview", "team", "group"),
        migrations.AlterField(
            "savedview",
            "group",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="auth.group"
            ),
        ),
        migrations.AddField(
            "savedview",
            "team",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_views",
                to="dashboard.team",
            ),
        ),
        migrations.RunPython(make_teams, migrations.RunPython.noop),
        migrations.RemoveField("savedview", "group"),
        migrations.AddConstraint(
            "savedview",
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, team__isnull=True) | models.Q(user__isnull=True, team__isnull=False),
                name="saved_view_has_one_owner",
                violation_error_message="A saved view belongs either to a user or to a team.",
            ),
        ),
        migrations.AddConstraint(
            "savedview",
            models.UniqueConstraint(
                fields=("team", "name"),
                name="saved_view_name_of_team",
                violation_error_message="There is already a view of this name. Choose another name.",
            ),
        ),
    ]
