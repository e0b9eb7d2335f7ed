"""What each web process keeps beside the mirrored rows, of the database and of sources.toml."""

from dashboard.boards.configured import Configured
from dashboard.boards.history import History
from dashboard.boards.moment import Targets
from dashboard.boards.people import People
from dashboard.configured import load_configured
from dashboard.history import load_history
from dashboard.identities import load_people
from dashboard.live.kept import Topic
from dashboard.targets import load_targets
from dashboard.wallboards.stored import Known, load_wallboards

NO_WALLBOARDS: Known = {}

PEOPLE = Topic("roster", load_people, People())
"""Who is who: the identity map."""

WALLBOARDS = Topic("wallboards", load_wallboards, NO_WALLBOARDS)
"""The wallboards and their drafts."""

TARGETS = Topic("targets", load_targets, Targets())
"""Within how many seconds sessions are to be picked up."""

HISTORY = Topic("history", load_history, History())
"""The samples of the last hour, and how much of today was watched. Nobody announces them: they are read again in good
time for the next minute's line."""

SOURCES = Topic("sources", load_configured, Configured())
"""What sources.toml names. Nobody announces an edit: it is seen as soon as the file is read again."""
