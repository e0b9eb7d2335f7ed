"""The mirrored tables as Django models, and what a process must remember about a source.

The models follow `realtime.schema` field by field (a test compares them). A row's primary key is its key in a State,
"<source>:<row id>". Relations carry no database constraint: the appliance may name a row that comes later, or never.
Only `realtime.store` writes mirrored rows.
"""

from django.db import models

from realtime.status import LinkState


class MirroredRow(models.Model):
    """What every mirrored row has. `extra` keeps what columns cannot: unknown fields, odd values, explicit nulls."""

    key = models.CharField(primary_key=True, max_length=200)
    source = models.CharField(max_length=32)
    created_at = models.DateTimeField(null=True)
    extra = models.JSONField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key


def reference(model: str) -> "models.ForeignKey[models.Model | None, models.Model | None]":
    """Return a relation to a mirrored table that may point to nothing."""
    return models.ForeignKey(model, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+")


class CustomerClient(MirroredRow):
    """A customer's client connected to the appliance."""

    client_type = models.TextField(null=True)
    elevated = models.BooleanField(null=True)
    hostname = models.TextField(null=True)
    operating_system = models.TextField(null=True)
    support_session = reference("SupportSession")


class Queue(MirroredRow):
    """A queue with somebody logged in, or a persistent one."""

    code_name = models.TextField(null=True)
    name = models.TextField(null=True)
    support_team_id = models.TextField(null=True)
    type = models.TextField(null=True)


class Representative(MirroredRow):
    """A representative logged in to a representative console."""

    private_display_name = models.TextField(null=True)
    public_display_name = models.TextField(null=True)
    queue = reference("Queue")
    routing_available = models.BooleanField(null=True)
    routing_busy = models.BooleanField(null=True)
    routing_enabled = models.BooleanField(null=True)
    routing_idle = models.BooleanField(null=True)
    skill_code_names = models.TextField(null=True)
    type = models.TextField(null=True)
    user_id = models.TextField(null=True)
    username = models.TextField(null=True)


class RepresentativeQueue(MirroredRow):
    """A logged-in representative's place in a queue."""

    queue = reference("Queue")
    representative = reference("Representative")
    role = models.TextField(null=True)


class RepresentativeSupportSession(MirroredRow):
    """A representative taking part in a session."""

    representative = reference("Representative")
    support_session = reference("SupportSession")


class SupportSession(MirroredRow):
    """An active support session."""

    customer_company = models.TextField(null=True)
    customer_company_code = models.TextField(null=True)
    customer_description = models.TextField(null=True)
    customer_name = models.TextField(null=True)
    estimated_pickup_at = models.DateTimeField(null=True)
    issue_code_name = models.TextField(null=True)
    issue_description = models.TextField(null=True)
    lsid = models.TextField(null=True)
    primary_team_queue = reference("Queue")
    priority = models.BigIntegerField(null=True)
    public_site_id = models.TextField(null=True)
    public_site_name = models.TextField(null=True)
    queue_entered_at = models.DateTimeField(null=True)
    queue = reference("Queue")
    start_method = models.TextField(null=True)


class SupportSessionAttribute(MirroredRow):
    """A custom attribute of an active session."""

    code_name = models.TextField(null=True)
    support_session = reference("SupportSession")
    value = models.TextField(null=True)


class SupportSessionSkill(MirroredRow):
    """A skill an active session asks for."""

    code_name = models.TextField(null=True)
    support_session = reference("SupportSession")


class PresentationSession(MirroredRow):
    """A running presentation."""

    lsid = models.TextField(null=True)
    presentation_name = models.TextField(null=True)


class Attendee(MirroredRow):
    """Somebody who joined a presentation."""

    connected = models.BooleanField(null=True)
    hostname = models.TextField(null=True)
    name = models.TextField(null=True)
    operating_system = models.TextField(null=True)
    presentation_session = reference("PresentationSession")
    private_ip = models.TextField(null=True)
    public_ip = models.TextField(null=True)


class Presenter(MirroredRow):
    """A representative who shows their screen in a presentation."""

    presentation_session = reference("PresentationSession")
    representative = reference("Representative")


class UnknownRow(MirroredRow):
    """A row of a table this version does not know, kept whole in `extra`; its key is "<source>:<table>/<row id>"."""

    table = models.TextField(null=True)


class KnownQueue(MirroredRow):
    """A queue we have seen, under its lasting identity."""

    code_name = models.TextField(null=True)
    name = models.TextField(null=True)
    type = models.TextField(null=True)
    queue = reference("Queue")
    unstaffed_at = models.DateTimeField(null=True)
    is_exact = models.BooleanField(null=True)


class QueueStay(MirroredRow):
    """A stay of a live session in a queue it has left."""

    support_session = reference("SupportSession")
    queue_name = models.TextField(null=True)
    entered_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)


class TeamStay(MirroredRow):
    """A live session's latest stay in a team queue, and what came of it."""

    support_session = reference("SupportSession")
    known_queue = reference("KnownQueue")
    entered_at = models.DateTimeField(null=True)
    client_left_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    outcome = models.TextField(null=True)
    held_since = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    is_held_unseen = models.BooleanField(null=True)


class QueueDay(MirroredRow):
    """What came of the stays that ended in a queue on a day."""

    known_queue = reference("KnownQueue")
    day = models.TextField(null=True)
    answered = models.JSONField(null=True)
    left = models.JSONField(null=True)
    flowed_out = models.BigIntegerField(null=True)
    unknown = models.BigIntegerField(null=True)
    handled = models.BigIntegerField(null=True)
    handled_seconds = models.BigIntegerField(null=True)
    handled_unseen = models.BigIntegerField(null=True)


class RepresentativeSpell(MirroredRow):
    """When we saw a representative come into the state they are in."""

    representative = reference("Representative")
    state = models.TextField(null=True)
    since = models.DateTimeField(null=True)


class VendorSession(MirroredRow):
    """A support session, training or call of a polled vendor, normalised."""

    vendor = models.TextField(null=True)
    external_id = models.TextField(null=True)
    kind = models.TextField(null=True)
    state = models.TextField(null=True)
    time_basis = models.TextField(null=True)
    scheduled_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    duration_seconds = models.BigIntegerField(null=True)
    technician = models.TextField(null=True)
    technician_email = models.TextField(null=True)
    customer = models.TextField(null=True)
    organisation = models.TextField(null=True)
    queue_name = models.TextField(null=True)
    subject = models.TextField(null=True)
    url = models.TextField(null=True)
    digest = models.TextField(null=True)

    class Meta:
        indexes = (models.Index(fields=("source", "state"), name="vendor_session_state"),)


class Link(models.Model):
    """One source's link: its state, its place in the stream of changes, and the lease of the mirror that owns it.

    `epoch` names one unbroken history of row ids; it changes with every subscription and truncate. `seq` counts the
    committed changes of the source and never goes back. `fence` grows with every new owner; each commit names it.
    """

    source = models.CharField(primary_key=True, max_length=32)
    epoch = models.CharField(max_length=16, default="", blank=True)
    seq = models.BigIntegerField(default=0)

    owner = models.CharField(max_length=100, default="", blank=True)
    fence = models.BigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=12, choices=[(one.value, one.words) for one in LinkState], default="stopped")
    state_since = models.DateTimeField(null=True, blank=True)
    error = models.TextField(default="", blank=True)
    last_contact_at = models.DateTimeField(null=True, blank=True)
    last_message_at = models.DateTimeField(null=True, blank=True)
    clock_offset_seconds = models.FloatField(null=True, blank=True)

    message_count = models.BigIntegerField(default=0)
    change_count = models.BigIntegerField(default=0)
    poll_seconds = models.FloatField(null=True, blank=True)  # how often it is polled; null where it is mirrored
    next_poll_at = models.DateTimeField(null=True, blank=True)
    messages_per_second = models.FloatField(default=0)
    changes_per_second = models.FloatField(default=0)
    connection_count = models.BigIntegerField(default=0)
    illegal_count = models.BigIntegerField(default=0)
    commit_count = models.BigIntegerField(default=0)
    commit_rows = models.BigIntegerField(default=0)
    commit_seconds = models.FloatField(default=0)
    oddities = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.source}: {LinkState(self.state).words}"


class Sample(models.Model):
    """Who waited in one minute, as `realtime.sampling` says it. Of a minute that nobody watched there is no row."""

    source = models.CharField(max_length=32)
    minute = models.BigIntegerField()  # since 1970, on our clock
    waits = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("minute", "source"), name="sample_minute"),)

    def __str__(self) -> str:
        return f"{self.source} {self.minute}"


class Heartbeat(models.Model):
    """One running process; see `realtime.heartbeat`. Both times are the database's."""

    name = models.CharField(primary_key=True, max_length=100)
    kind = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class AccessToken(models.Model):
    """The one API token all processes share for a source, sealed; see `realtime.outbound.tokens`."""

    source = models.CharField(primary_key=True, max_length=32)
    token_sealed = models.TextField(default="", blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    minted_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    minting_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.source
