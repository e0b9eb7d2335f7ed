"""Keys that outlive the appliance's row ids: a queue's and a session's. Pure.

After a restart of its processes the appliance gives all ids anew. What lasts is a queue's team or code name and a
session's `lsid`. Both are told by the appliance, so they are cut to what a key may hold.
"""

from realtime.change import Fields
from realtime.schema import row_key, split_key

KNOWN_QUEUE_TYPES = ("team", "prewait")
KEY_SIGNS = 120


def lasting_key(key: str, row: Fields) -> str:
    """Return the key of a queue that outlives the appliance's row ids: its team, else its code name or name."""
    source, row_id = split_key(key)
    lasting = row.get("support_team_id") or row.get("code_name") or row.get("name") or row_id
    return row_key(source, f"{row.get('type')}/{lasting}"[:KEY_SIGNS])


def lasting_session_key(key: str, row: Fields) -> str:
    """Return the key of a session that outlives the appliance's row ids: its `lsid`; without one, its row's."""
    source, _, row_id = key.partition(":")  # written out: it is asked of each session after each copy
    lsid = row.get("lsid")
    return f"{source}:{f'lsid/{lsid}' if lsid else f'row/{row_id}':.{KEY_SIGNS}}"
