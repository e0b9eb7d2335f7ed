"""All rows of all sources in memory, with the indexes that boards need. Pure.

Rows are never altered in place: a changed row is a new dictionary, so whoever holds an old one keeps a true picture of
its moment, and comparing two pictures is comparing identities.
"""

from collections.abc import Iterable, KeysView, Mapping
from typing import cast

from realtime import schema
from realtime.change import Applied, Cause, Change, Fields, RowChange, Rows, merge_fields
from realtime.schema import HELD_TABLES

_REFERENCES = {table.name: frozenset(field.name for field in table.references) for table in HELD_TABLES.values()}
_NOBODY: dict[str, None] = {}


class State:
    """Rows by table and key, and for each reference who points where."""

    def __init__(self) -> None:
        self.tables: Rows = {name: {} for name in HELD_TABLES}
        self._referring: dict[tuple[str, str], dict[str, dict[str, None]]] = {
            (table.name, field.name): {} for table in HELD_TABLES.values() for field in table.references
        }

    def apply(self, change: Change) -> Applied:
        """Take one step and return what it altered. Any legal Change succeeds: unknown rows start or are ignored."""
        altered: dict[str, dict[str, RowChange]] = {}
        for table, rows in change.inserts.items():
            self._insert(table, rows, altered.setdefault(table, {}))
        for table, rows in change.updates.items():
            self._update(table, rows, altered.setdefault(table, {}))
        for table, keys in change.deletes.items():
            self._delete(table, keys, altered.setdefault(table, {}))
        return Applied(change.source, {table: rows for table, rows in altered.items() if rows}, change.cause)

    def _insert(self, table: str, rows: Mapping[str, Fields], altered: dict[str, RowChange]) -> None:
        held = self.tables[table]
        for key, fields in rows.items():
            old = held.get(key)
            if old is not fields and old != fields:
                held[key] = fields
                altered[key] = RowChange(old, fields)
                self._repoint(table, key, old, fields)

    def _update(self, table: str, rows: Mapping[str, Fields], altered: dict[str, RowChange]) -> None:
        held = self.tables[table]
        references = _REFERENCES[table]
        for key, fields in rows.items():
            old = held.get(key)
            if old is None:
                new = fields
            elif "extra" in old or "extra" in fields:
                new = merge_fields(table, old, fields)
                if new == old:
                    continue
            elif fields.items() <= old.items():
                continue
            else:
                new = old | fields
            held[key] = new
            altered[key] = RowChange(altered[key].before if key in altered else old, new)
            if not references.isdisjoint(fields):
                self._repoint(table, key, old, new)

    def _delete(self, table: str, keys: Iterable[str], altered: dict[str, RowChange]) -> None:
        held = self.tables[table]
        for key in keys:
            old = held.pop(key, None)
            if old is None:
                continue
            self._repoint(table, key, old, None)
            before = altered.pop(key).before if key in altered else old
            if before is not None:
                altered[key] = RowChange(before, None)

    def _repoint(self, table: str, key: str, old: Fields | None, new: Fields | None) -> None:
        """Bring the indexes along."""
        for name in _REFERENCES[table]:
            before = old.get(name) if old else None
            after = new.get(name) if new else None
            if before == after:
                continue
            index = self._referring[table, name]
            if before is not None:
                pointing = index[before]
                del pointing[key]
                if not pointing:
                    del index[before]
            if after is not None:
                index.setdefault(after, {})[key] = None

    def referring(self, table: str, name: str, key: str) -> KeysView[str]:
        """Return the keys of the rows of `table` whose reference `name` points to `key`, oldest reference first."""
        return self._referring[table, name].get(key, _NOBODY).keys()

    def keys_of(self, source: str, tables: Iterable[str] = tuple(HELD_TABLES)) -> dict[str, set[str]]:
        """Return the keys of one source's rows, by table."""
        prefix = schema.row_key(source, "")
        return {table: {key for key in self.tables[table] if key.startswith(prefix)} for table in tables}

    def difference(self, source: str, rows: Rows) -> Change:
        """Return the step that makes this source's rows equal to `rows`."""
        held = self.keys_of(source)
        gone = {table: [key for key in keys if key not in rows.get(table, {})] for table, keys in held.items()}
        deletes = {table: keys for table, keys in gone.items() if keys}
        return Change(source, inserts=rows, deletes=deletes, cause=Cause.COPY)

    # Typed views of the same dictionaries, for boards.

    @property
    def customer_clients(self) -> Mapping[str, schema.CustomerClient]:
        """Customers' clients by key."""
        return cast("Mapping[str, schema.CustomerClient]", self.tables["customer_client"])

    @property
    def known_queues(self) -> Mapping[str, schema.KnownQueue]:
        """Queues we have seen, staffed or not, by lasting key."""
        return cast("Mapping[str, schema.KnownQueue]", self.tables["known_queue"])

    @property
    def queue_stays(self) -> Mapping[str, schema.QueueStay]:
        """Stays of live sessions in queues they have left, by key."""
        return cast("Mapping[str, schema.QueueStay]", self.tables["queue_stay"])

    @property
    def team_stays(self) -> Mapping[str, schema.TeamStay]:
        """Live sessions' latest stays in team queues, by lasting key."""
        return cast("Mapping[str, schema.TeamStay]", self.tables["team_stay"])

    @property
    def queue_days(self) -> Mapping[str, schema.QueueDay]:
        """What came of the stays of a queue's day, by the queue's lasting key and the date."""
        return cast("Mapping[str, schema.QueueDay]", self.tables["queue_day"])

    @property
    def representative_spells(self) -> Mapping[str, schema.RepresentativeSpell]:
        """Since when representatives are in their state, by the representative's key."""
        return cast("Mapping[str, schema.RepresentativeSpell]", self.tables["representative_spell"])

    @property
    def queues(self) -> Mapping[str, schema.Queue]:
        """Queues by key."""
        return cast("Mapping[str, schema.Queue]", self.tables["queue"])

    @property
    def representatives(self) -> Mapping[str, schema.Representative]:
        """Logged-in representatives by key."""
        return cast("Mapping[str, schema.Representative]", self.tables["representative"])

    @property
    def representative_queues(self) -> Mapping[str, schema.RepresentativeQueue]:
        """Places of representatives in queues by key."""
        return cast("Mapping[str, schema.RepresentativeQueue]", self.tables["representative_queue"])

    @property
    def representative_support_sessions(self) -> Mapping[str, schema.RepresentativeSupportSession]:
        """Representatives' parts in sessions by key."""
        return cast("Mapping[str, schema.RepresentativeSupportSession]", self.tables["representative_support_session"])

    @property
    def support_sessions(self) -> Mapping[str, schema.SupportSession]:
        """Sessions by key."""
        return cast("Mapping[str, schema.SupportSession]", self.tables["support_session"])

    @property
    def support_session_attributes(self) -> Mapping[str, schema.SupportSessionAttribute]:
        """Attributes of sessions by key."""
        return cast("Mapping[str, schema.SupportSessionAttribute]", self.tables["support_session_attribute"])

    @property
    def support_session_skills(self) -> Mapping[str, schema.SupportSessionSkill]:
        """Skills that sessions ask for by key."""
        return cast("Mapping[str, schema.SupportSessionSkill]", self.tables["support_session_skill"])

    @property
    def presentation_sessions(self) -> Mapping[str, schema.PresentationSession]:
        """Presentations by key."""
        return cast("Mapping[str, schema.PresentationSession]", self.tables["presentation_session"])

    @property
    def attendees(self) -> Mapping[str, schema.Attendee]:
        """Attendees of presentations by key."""
        return cast("Mapping[str, schema.Attendee]", self.tables["attendee"])

    @property
    def presenters(self) -> Mapping[str, schema.Presenter]:
        """Presenters by key."""
        return cast("Mapping[str, schema.Presenter]", self.tables["presenter"])

    @property
    def vendor_sessions(self) -> Mapping[str, schema.VendorSession]:
        """Sessions of polled vendors by key."""
        return cast("Mapping[str, schema.VendorSession]", self.tables["vendor_session"])
