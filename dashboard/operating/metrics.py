"""`/metrics` in Prometheus' text format. Each web process tells of itself; of mirrors, workers and sources it tells
what they wrote into the database, so every web process tells the same of those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from dashboard.models import PollRun
from dashboard.operating.processes import MISSED
from realtime import store
from realtime.heartbeat import running_kinds
from realtime.status import LinkState, LinkStatus

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

OWN = CollectorRegistry()
RENDER = Histogram(
    "dashboard_render_seconds", "Looking at a view again and rendering it", registry=OWN, buckets=BUCKETS
)
SEND = Histogram("dashboard_send_seconds", "Handing a step to all sockets of a view", registry=OWN, buckets=BUCKETS)


@dataclass(frozen=True, slots=True)
class HubFigures:
    """What one web process serves now. `positions` is the last commit that it shows, by source."""

    sockets: int
    dirty_sockets: int
    views: int
    tasks: int
    positions: Mapping[str, int]


class Exposition:
    """Everything that is read for one answer. Raises DatabaseError while it is collected."""

    def __init__(self, hub: HubFigures | None, now: datetime) -> None:
        self._hub = hub
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Yield what prometheus-client draws."""
        statuses = store.load_statuses()
        yield from source_metrics(statuses, self._now)
        yield from poll_metrics()
        running = running_kinds()
        processes = GaugeMetricFamily(
            "dashboard_process_running", "Whether a process of this kind was seen in the last 20 s", labels=["kind"]
        )
        for kind in MISSED:
            processes.add_metric([kind.value], float(kind in running))
        yield processes
        if self._hub is not None:
            yield from hub_metrics(self._hub, statuses)


def hub_metrics(hub: HubFigures, statuses: Mapping[str, LinkStatus]) -> Iterator[Metric]:
    """Yield what the asked web process serves."""
    yield GaugeMetricFamily("dashboard_sockets", "Open sockets of this web process", value=hub.sockets)
    yield GaugeMetricFamily(
        "dashboard_dirty_sockets", "Sockets that have not acknowledged what they were sent", value=hub.dirty_sockets
    )
    yield GaugeMetricFamily("dashboard_views", "Different views that this web process keeps", value=hub.views)
    yield GaugeMetricFamily("dashboard_tasks", "Asyncio tasks of this web process", value=hub.tasks)
    behind = GaugeMetricFamily(
        "dashboard_source_behind_commits", "Commits that this web process does not show yet", labels=["source"]
    )
    for name, status in statuses.items():
        behind.add_metric([name], max(0, status.seq - hub.positions.get(name, 0)))
    yield behind


def source_metrics(statuses: Mapping[str, LinkStatus], now: datetime) -> Iterator[Metric]:
    """Yield how each source's link is, as its `Link` row says (written every 2 s, or after each poll)."""
    yield state_metric(statuses)
    for name, words, field in (
        ("contact_age_seconds", "Time since the last sign of life, or the last good poll", "last_contact_at"),
        ("message_age_seconds", "Time since the last message, or the last poll with news", "last_message_at"),
    ):
        ages = GaugeMetricFamily(f"dashboard_source_{name}", words, labels=["source"])
        for source, status in statuses.items():
            if (at := getattr(status, field)) is not None:
                ages.add_metric([source], max(0.0, (now - at).total_seconds()))
        yield ages
    for name, words, field in (
        ("messages", "Messages, or polls", "message_count"),
        ("changes", "Changes of rows", "change_count"),
        ("connections", "Connections made, or pages fetched", "connection_count"),
        ("illegal_messages", "Messages that broke the protocol", "illegal_count"),
        ("commits", "Batches committed since its mirror began", "commit_count"),
        ("committed_rows", "Rows in these batches", "commit_rows"),
        ("commit_seconds", "Time that these commits took", "commit_seconds"),
    ):
        counter = CounterMetricFamily(f"dashboard_source_{name}", words, labels=["source"])
        for source, status in statuses.items():
            counter.add_metric([source], getattr(status, field))
        yield counter


def state_metric(statuses: Mapping[str, LinkStatus]) -> Metric:
    """Return the links' states: 1 for the one that a link is in."""
    states = GaugeMetricFamily("dashboard_source_state", "The link's state", labels=["source", "state"])
    for source, status in statuses.items():
        for state in LinkState:
            states.add_metric([source, state.value], float(status.state is state))
    return states


def poll_metrics() -> Iterator[Metric]:
    """Yield the polls that are still written down: gauges, because old ones are deleted."""
    polls = GaugeMetricFamily("dashboard_polls_kept", "Polls on record", labels=["source"])
    failed = GaugeMetricFamily("dashboard_polls_kept_failed", "Polls on record that failed", labels=["source"])
    seconds = GaugeMetricFamily("dashboard_polls_kept_seconds", "Time that they took in all", labels=["source"])
    counted = PollRun.objects.values("source").annotate(
        count=Count("pk"), failed=Count("pk", filter=~Q(error="")), seconds=Sum("seconds")
    )
    for row in counted.order_by("source"):
        polls.add_metric([row["source"]], row["count"])
        failed.add_metric([row["source"]], row["failed"])
        seconds.add_metric([row["source"]], row["seconds"] or 0.0)
    yield from (polls, failed, seconds)


def exposition(hub: HubFigures | None, now: datetime) -> bytes:
    """Return the whole answer. Raises DatabaseError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Exposition(hub, now))
    return generate_latest(registry) + generate_latest(OWN)
