"""What each web process keeps of the database beside the mirrored rows."""

from dashboard.boards.history import History
from dashboard.boards.people import People
from dashboard.history import load_history
from dashboard.identities import load_people
from dashboard.live.kept import Topic
from dashboard.wallboards.stored import Known, load_wallboards

NO_WALLBOARDS: Known = {}

PEOPLE = Topic("roster", load_people, People())
"""Who is who: the identity map."""

WALLBOARDS = Topic("wallboards", load_wallboards, NO_WALLBOARDS)
"""The wallboards and their drafts."""

HISTORY = Topic("history", load_history, History())
"""The samples of the last hour. Nobody announces them: they are read again in good time for the next minute's line."""
