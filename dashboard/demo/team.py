"""The team that a demo begins with: whoever may not see everything sees what their teams look after."""

from django.contrib.auth.models import User

from dashboard.models import Team

NAME = "Front line"
QUEUES = (
    "2",
    "3",
    "4",
    "5",
)  # the simulated center's teams Service Desk, Netzwerk & VPN, Retail Stores, Clinical Systems


def create_team(source: str, *usernames: str) -> None:
    """Make it of some users, unless there are teams. Nothing runs yet."""
    if Team.objects.exists():
        return
    team = Team.objects.create(name=NAME, queues=[f"{source}:team/{team_id}" for team_id in QUEUES])
    team.members.set(User.objects.filter(username__in=usernames))
