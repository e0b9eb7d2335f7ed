"""The center's teams: what they are called, which issues reach them, which skills they have."""

from dataclasses import dataclass, field

from realtime.simulator.ledger import Row
from realtime.simulator.pool import Pool


@dataclass(frozen=True, slots=True)
class Charter:
    """A team on paper. `issues` are pairs of code name and title."""

    name: str
    code_name: str
    issues: tuple[tuple[str, str], ...]
    skills: tuple[str, ...]
    share: float
    persistent: bool = False


NIGHT_DESK = Charter(
    "Night Desk", "night_desk", (("night_urgent", "Urgent outside office hours"),), ("triage",), 1.0, persistent=True
)

CHARTERS = (
    Charter(
        "Service Desk",
        "service_desk",
        (("password", "Password or sign-in"), ("how_to", "How do I …?"), ("other", "Something else")),
        ("windows", "office", "english"),
        22.0,
        persistent=True,
    ),
    Charter(
        "Netzwerk & VPN",
        "network_vpn",
        (("vpn", "VPN bricht ab"), ("wifi", "WLAN / Wi-Fi")),
        ("network", "firewall", "german"),
        12.0,
        persistent=True,
    ),
    Charter(
        "Retail Stores",
        "retail",
        (("till", "Till or card terminal"), ("scanner", "Scanner")),
        ("pos", "hardware"),
        11.0,
    ),
    Charter(
        "Clinical Systems", "clinical", (("ehr", "Patient record"), ("imaging", "Imaging")), ("hl7", "triage"), 9.0
    ),
    Charter(
        "日本語サポート", "japan_desk", (("jp_login", "ログイン"), ("jp_mail", "メール")), ("japanese", "office"), 7.0
    ),
    Charter("Printing", "printing", (("printer", "Printer does not print"),), ("hardware", "printing"), 8.0),
    Charter("Mobile Devices", "mobile", (("phone", "Phone or tablet"),), ("ios", "android"), 7.0),
    Charter("Support France", "france", (("fr_acces", "Problème d'accès"),), ("french", "office"), 6.0),
    Charter("Служба поддержки", "east_desk", (("ru_access", "Нет доступа"),), ("russian", "ukrainian"), 5.0),
    Charter(
        "Datacenter Operations", "datacenter", (("server", "Server down"),), ("linux", "storage"), 4.0, persistent=True
    ),
    Charter("SAP & Finance", "sap", (("sap_lock", "SAP user locked"),), ("sap", "finance"), 5.0),
    Charter("الدعم العربي", "arabic_desk", (("ar_login", "تسجيل الدخول"),), ("arabic",), 4.0),
    Charter("VIP <Executive> & Board", "vip", (("vip", "Executive support"),), ("vip", "mac"), 2.0, persistent=True),
)


@dataclass(slots=True, eq=False)
class Team:
    """A team at work. `queue` is None while the queue is inactive; `cases` counts sessions that refer to it."""

    charter: Charter
    team_id: str
    queue: Row | None = None
    online: int = 0
    cases: int = 0
    available: "Pool[Person]" = field(default_factory=lambda: Pool())
    backlog: "list[tuple[int, float, int, Case]]" = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Person:
    """Somebody employed by (or invited to) the center; `rep` is None while logged out."""

    user_id: str
    username: str
    display_name: str
    private_name: str
    roles: list[tuple[Team, str]]
    skills: list[str]
    most_cases: int
    kind: str = "normal"
    rep: Row | None = None
    queue: Row | None = None
    places: list[Row] = field(default_factory=list)
    cases: "dict[Case, Row]" = field(default_factory=dict)
    waiting: "dict[Case, None]" = field(default_factory=dict)
    idle: bool = False
    enabled: bool = True
    presenting: bool = False

    @property
    def busy(self) -> bool:
        """The representative has as many sessions as automatic assignment gives."""
        return len(self.cases) >= self.most_cases

    @property
    def available(self) -> bool:
        """Automatic assignment may give this representative a session."""
        return self.rep is not None and self.enabled and not self.idle and not self.busy


@dataclass(slots=True, eq=False)
class Case:
    """One support session. `stage` grows with each turn, so that what was planned for an earlier one lapses."""

    session: Row
    team: Team | None
    lead: Person | None = None
    host: Person | None = None
    people: list[Person] = field(default_factory=list)
    client: Row | None = None
    client_type: str = "desktop"
    attributes: list[Row] = field(default_factory=list)
    skills: list[Row] = field(default_factory=list)
    stage: int = 0
    is_open: bool = True
