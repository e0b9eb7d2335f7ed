"""The command API's XML: what the appliance says about itself, its representatives and its teams."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from realtime.simulator.center import Center

NAMESPACE = "https://www.beyondtrust.com/namespaces/API/command"
API_VERSION = "1.23.1"
ILLEGAL_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

PERMISSIONS = {
    "perm_backup": "0",
    "perm_command": "read_only",
    "perm_configuration": "0",
    "perm_configuration_vault_account": "0",
    "perm_ecm": "0",
    "perm_real_time_state": "1",
    "perm_reporting_archive": "1",
    "perm_reporting_license": "0",
    "perm_reporting_presentation": "1",
    "perm_reporting_support": "1",
    "perm_reporting_vault": "0",
    "perm_vault_backup": "0",
}


class CommandApi:
    """Answers the commands a dashboard uses; every answer is XML, errors too."""

    def __init__(self, center: Center, company_name: str) -> None:
        self._center = center
        self._company_name = company_name
        self._commands: dict[str, Callable[[bool], Element]] = {
            "get_logged_in_reps": self._logged_in_reps,
            "get_support_teams": self._support_teams,
            "check_health": lambda _: self._health(),
        }

    def answer(self, action: str, show_members: bool, clock: float, may_use_state: bool) -> bytes:
        """Return the XML for an action."""
        if action == "get_api_info":
            return render(self._api_info(clock, may_use_state))
        command = self._commands.get(action)
        if command is None:
            return render_error("Unknown action" if action else "The action parameter is missing")
        return render(command(show_members))

    def _api_info(self, clock: float, may_use_state: bool) -> Element:
        root = Element("get_api_info")
        add(root, "api_version", API_VERSION)
        add(root, "company_name", self._company_name)
        add(root, "timestamp", str(int(clock)))
        permissions = SubElement(root, "permissions")
        held = PERMISSIONS | ({} if may_use_state else {"perm_real_time_state": "0"})
        for name, value in held.items():
            SubElement(permissions, "permission", name=name).text = value
        return root

    def _health(self) -> Element:
        root = Element("check_health")
        add(root, "last_known_status", "0")
        add(root, "success", "1")
        return root

    def _logged_in_reps(self, _show_members: bool) -> Element:
        tables = self._center.tables
        sessions = Counter(row.get("representative_id") for row in tables["representative_support_session"].values())
        talks = Counter(row.get("representative_id") for row in tables["presenter"].values())
        root = Element("logged_in_reps")
        for row_id, row in tables["representative"].items():
            rep = SubElement(root, "rep", id=str(row.get("user_id", "")))
            add(rep, "display_name", row.get("public_display_name"))
            add(rep, "public_display_name", row.get("public_display_name"))
            add(rep, "private_display_name", row.get("private_display_name"))
            add(rep, "type", str(row.get("type", "normal")).capitalize())
            add(rep, "direct_link", f'<a href="https://support.example.com/?rid={row.get("user_id")}">…</a>')
            since = datetime.fromtimestamp(row.get("created_timestamp", 0), UTC)
            add(rep, "logged_in_since", since.isoformat())
            add(rep, "presentation_count", str(talks[row_id]))
            add(rep, "support_session_count", str(sessions[row_id]))
            add(rep, "showing_on_rep_list", "1")
        return root

    def _support_teams(self, show_members: bool) -> Element:
        waiting = Counter(row.get("queue_id") for row in self._center.tables["support_session"].values())
        root = Element("support_teams")
        for team in self._center.teams:
            node = SubElement(root, "support_team", id=team.team_id)
            add(node, "name", team.charter.name)
            issues = SubElement(node, "issues")
            for place, (_, title) in enumerate(team.charter.issues):
                add(SubElement(issues, "issue", id=f"{team.team_id}{place:02d}"), "title", title)
            add(node, "support_session_count", str(waiting[team.queue.id] if team.queue is not None else 0))
            if show_members:
                members = SubElement(node, "members")
                for person in (person for person in self._center.staff if team in dict(person.roles)):
                    member = SubElement(members, "representative", id=person.user_id)
                    add(member, "username", person.username)
                    add(member, "display_name", person.display_name)
                    add(member, "public_display_name", person.display_name)
                    add(member, "private_display_name", person.private_name)
        return root


def render_error(text: str) -> bytes:
    """Return an error as the appliance words it; its HTTP status is 200."""
    root = Element("error")
    root.text = text
    return render(root)


def render(root: Element) -> bytes:
    """Return the document."""
    root.set("xmlns", NAMESPACE)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def add(parent: Element, name: str, text: str | None) -> None:
    """Add an element with text."""
    SubElement(parent, name).text = ILLEGAL_IN_XML.sub("", text or "")
