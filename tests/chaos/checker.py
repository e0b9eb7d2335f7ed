"""Judges a history by the contract (docs/reliability.md). Pure: what is a violation follows from the records alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from tests.chaos.history import Record

CONVERGE_SECONDS = 5.0  # R1: from a healthy link to the truth in the database, and from there to the browsers
LINGER_SECONDS = 6.0  # what ended is shown for 5 s, and looked at each second
LIVE_SECONDS = 25.0  # until a link is healthy after everything was mended
POLL_SECONDS = 35.0  # until every vendor was polled: a poll that was killed keeps its claim for 8 s
STALE_SECONDS = 25.0  # R2: how long a page may call a link live that is not
SILENCE_SECONDS = 25.0  # R2: a heartbeat comes every 15 s
REFILL_SECONDS = 5.0  # a truncated copy comes back in slices, each of another moment
WINDOW_STEPS = 20  # R5: what is sent before an acknowledgement is waited for
SLOW_SECONDS = 15.0  # R5: a socket that owes an answer for 5 s is ended; the rest is for a stopped site
GROWTH_MB = 60.0  # R5: memory that a process may gain in a run
LOADED_MB = 130.0  # what a process takes before it has done anything
REQUEST_SECONDS = 10.0  # R8: no request waits for a vendor
AROUND_SECONDS = 1.5
AROUND_RECORDS = 40


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken, when, and how."""

    at: float
    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.rule} broken at {self.at:.3f} s: {self.words}"


Records = Sequence[Record]
Rule = Callable[[Records], Iterator[Violation]]


def check(records: Iterable[Record], patience: float = 1.0) -> list[Violation]:
    """Return every violation, the earliest first; all may take `patience` times as long as the contract says."""
    held = [hastened(one, patience) for one in records]
    found = (replace(one, at=one.at * patience) for rule in RULES for one in rule(held))
    return sorted(found, key=lambda one: one.at)


def hastened(record: Record, patience: float) -> Record:
    """Return a record as it would be on a machine that many times as fast."""
    seconds = record.data.get("seconds")
    data = record.data if seconds is None else {**record.data, "seconds": seconds / patience}
    return replace(record, at=record.at / patience, data=data)


def explain(violation: Violation, records: Iterable[Record]) -> str:
    """Return a violation and what was recorded around it."""
    near = [one for one in records if abs(one.at - violation.at) <= AROUND_SECONDS and one.kind not in {"link", "poll"}]
    near.sort(key=lambda one: abs(one.at - violation.at))
    shown = sorted(near[:AROUND_RECORDS], key=lambda one: one.at)
    return "\n".join([str(violation), *map(str, shown)])


def of_kind(records: Records, kind: str) -> list[Record]:
    """Return the records of one kind."""
    return [one for one in records if one.kind == kind]


def convergence(records: Records) -> Iterator[Violation]:
    """R1: all comes to rest in time."""
    bounds = {"live": LIVE_SECONDS, "stored": CONVERGE_SECONDS, "polled": POLL_SECONDS}
    bounds["shown"] = CONVERGE_SECONDS + LINGER_SECONDS
    rests = {one.kind: one for one in records if one.who == "rest" and one.kind in bounds}
    end = records[-1].at if records else 0.0
    for kind, bound in bounds.items():
        rest = rests.get(kind)
        seconds = rest.data["seconds"] if rest else None
        if seconds is None or seconds > bound:
            yield Violation(rest.at if rest else end, "R1", f"{kind} after {seconds} s, allowed are {bound} s")


def equality(records: Records) -> Iterator[Violation]:
    """R1: appliance, database and browsers end with the same rows."""
    truth = next((one.data["truth"] for one in of_kind(records, "mended")), None)
    if truth is None:
        yield Violation(0.0, "R1", "the run never came to its end")
        return
    for final in of_kind(records, "final"):
        if final.who == "database":
            yield from compare_tables(final, truth)
        elif "shown" in final.data and final.who != "lead":
            yield from compare_picture(final, truth)


def compare_tables(final: Record, truth: Mapping[str, Mapping[str, Any]]) -> Iterator[Violation]:
    """Compare what is stored with the truth, row by row."""
    for table, rows in truth.items():
        stored = final.data["tables"].get(table, {})
        for row_id in sorted(rows.keys() | stored.keys()):
            if rows.get(row_id) != stored.get(row_id):
                words = f"{table} {row_id} is {rows.get(row_id)}, stored as {stored.get(row_id)}"
                yield Violation(final.at, "R1", words)


def compare_picture(final: Record, truth: Mapping[str, Mapping[str, Any]]) -> Iterator[Violation]:
    """Compare what a browser shows with the truth: the same rows, each under its name."""
    table, name = {
        "sessions": ("support_session", "customer_name"),
        "representatives": ("representative", "private_display_name"),
    }[final.data["name"]]
    shown = final.data["shown"]
    for row_id in sorted(truth[table].keys() | shown.keys()):
        row, text = truth[table].get(row_id), shown.get(row_id)
        if row is None or text is None or " ".join(str(row.get(name) or "").split()) not in text:
            yield Violation(final.at, "R1", f"{table} {row_id} is {row}, {final.who} shows {text!r}")


def freshness(records: Records) -> Iterator[Violation]:
    """R2: a page does not call live what is not, and hears of the server while its socket stands."""
    for who, seen in by_browser(records).items():
        yield from silences(who, seen, [one for one in records if one.who == "nemesis"])
    looks = [one for one in of_kind(records, "look") if one.who == "database" and "state" in one.data]
    for who, seen in by_browser(records).items():
        yield from stale_lights(who, seen, looks)


def by_browser(records: Records) -> dict[str, list[Record]]:
    """Return each browser's records."""
    found: dict[str, list[Record]] = defaultdict(list)
    for one in records:
        if one.kind in {"opened", "closed", "paint", "step", "light"}:
            found[one.who].append(one)
    return found


def silences(who: str, seen: Records, faults: Records) -> Iterator[Violation]:
    """Find sockets that stood open in silence while their server was not held."""
    held = [one.at for one in faults if one.data.get("target") == "web"]
    for before, after in pairwise(seen):
        is_held = any(before.at - 5 <= at <= after.at for at in held)
        if before.kind != "closed" and after.at - before.at > SILENCE_SECONDS and not is_held:
            yield Violation(before.at, "R2", f"{who} heard nothing for {after.at - before.at:.1f} s")


def stale_lights(who: str, seen: Records, looks: Records) -> Iterator[Violation]:
    """Find times in which a link was down for long and a socket that stood open was last told that all is well."""
    down_since: float | None = None
    for look in looks:
        if look.data["state"] == "live":
            down_since = None
            continue
        down_since = look.at if down_since is None else down_since
        if look.at - down_since <= STALE_SECONDS:
            continue
        told = [one for one in seen if one.at <= look.at and one.kind in {"light", "closed"}]
        if told and told[-1].kind == "light" and told[-1].data["level"] == "ok":
            yield Violation(look.at, "R2", f"{who} shows a link as live that is down since {down_since:.1f} s")
            return


def atomicity(records: Records) -> Iterator[Violation]:
    """R3: two rows of one change are never seen apart, and what was there once is never seen empty."""
    refills = [one.at for one in records if one.data.get("fault") == "appliance truncate"]
    filled: set[str] = set()
    for one in records:
        count = one.data.get("sessions", one.data.get("rows"))
        marks = one.data.get("marks") or {}
        is_refill = any(at <= one.at <= at + REFILL_SECONDS for at in refills)
        if len(set(marks.values())) > 1 and not is_refill:
            yield Violation(one.at, "R3", f"{one.who} saw half a change: {dict(marks)}")
        if count == 0 and one.who in filled:
            yield Violation(one.at, "R3", f"{one.who} saw nothing where there were rows")
        if count:
            filled.add(one.who)


def monotony(records: Records) -> Iterator[Violation]:
    """R4: a browser's stream has no gap and goes back neither in number nor in what it shows."""
    for who, seen in by_browser(records).items():
        epoch, seq, marks = "", 0, dict[str, int]()
        for one in seen:
            if one.kind == "opened":
                epoch, seq, marks = "", 0, {}
            if one.kind not in {"paint", "step"}:
                continue
            now = one.data["seq"]
            expected = [seq, seq + 1] if one.kind == "paint" else [seq + 1]
            if one.data["epoch"] == epoch and (now not in expected if one.kind == "step" else now < seq):
                yield Violation(one.at, "R4", f"{who} got a {one.kind} {now} after {seq} of {epoch}")
            told = one.data["marks"]
            if any(told.get(name, number) < number for name, number in marks.items()):
                yield Violation(one.at, "R4", f"{who} went back from {marks} to {told}")
            epoch, seq, marks = one.data["epoch"], now, {**marks, **told}


def bounds(records: Records) -> Iterator[Violation]:
    """R5: browsers that never acknowledge are sent little and ended soon; no process grows."""
    for who in ("slow", "stalled"):
        yield from window([one for one in records if one.who == who])
    yield from growth(records)


def window(seen: Records) -> Iterator[Violation]:
    """Find what a browser that never acknowledges was sent beyond its window, or after the time it has to answer."""
    steps, asked_at = 0, 0.0
    for one in [*seen, *(replace(last, kind="closed") for last in seen[-1:])]:
        if asked_at and one.at - asked_at > SLOW_SECONDS:
            yield Violation(one.at, "R5", f"a slow socket was not ended {one.at - asked_at:.1f} s after its question")
            asked_at = 0.0
        if one.kind in {"opened", "closed"}:
            if steps > WINDOW_STEPS:
                yield Violation(one.at, "R5", f"a slow socket was sent {steps} steps without an acknowledgement")
            steps, asked_at = 0, 0.0
        steps += one.kind == "step"
        if one.kind != "closed" and one.data.get("asks"):
            asked_at = asked_at or one.at


def growth(records: Records) -> Iterator[Violation]:
    """Find processes that gained much memory; loading what they need does not count."""
    sizes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in records:
        for process, mb in one.data.get("mb", {}).items():
            sizes[process].append((one.at, mb))
    for process, seen in sizes.items():
        settled = [mb for at, mb in seen if at >= seen[0][0] + 5.0]
        if settled and settled[-1] - max(settled[0], LOADED_MB) > GROWTH_MB:
            yield Violation(seen[-1][0], "R5", f"{process} grew from {settled[0]} to {settled[-1]} MB")


def one_writer(records: Records) -> Iterator[Violation]:
    """R6: a lease changes hands only when it is free, and each commit is its owner's own."""
    owners: dict[str, str] = {}
    for one in of_kind(records, "link"):
        data = one.data
        if data["fence"] != data["old_fence"]:
            ends = data["old_lease_expires_at"]
            if data["old_owner"] and ends is not None and ends > data["at"]:
                yield Violation(one.at, "R6", f"{data['owner']} took the lease of {data['source']} before its end")
        elif data["seq"] != data["old_seq"]:
            if data["seq"] != data["old_seq"] + 1:
                yield Violation(one.at, "R6", f"{data['source']} went from {data['old_seq']} to {data['seq']}")
            if data["source"] == "desk" and owners.setdefault(data["backend"], data["owner"]) != data["owner"]:
                yield Violation(one.at, "R6", f"{owners[data['backend']]} committed under {data['owner']}'s lease")


def once_only(records: Records) -> Iterator[Violation]:
    """R7: no session is stored twice, none is missing, and no due time is served by two polls."""
    cases: Mapping[str, list[str]] = next((one.data["cases"] for one in of_kind(records, "mended")), {})
    for one in of_kind(records, "final"):
        if "ids" not in one.data:
            continue
        ids, expected = one.data["ids"], cases.get(one.who, one.data["ids"])
        twice = [name for name, count in Counter(ids).items() if count > 1]
        if twice:
            yield Violation(one.at, "R7", f"{one.who} holds {twice} more than once")
        if len(set(ids)) != len(expected):
            yield Violation(one.at, "R7", f"{one.who} holds {len(set(ids))} sessions of {len(expected)}")
    served = Counter((one.data["source"], one.data["due_at"]) for one in of_kind(records, "poll"))
    for one in of_kind(records, "poll"):
        if served.pop((one.data["source"], one.data["due_at"]), 0) > 1:
            yield Violation(one.at, "R7", f"{one.data['source']} was polled twice for {one.data['due_at']}")


def blast_radius(records: Records) -> Iterator[Violation]:
    """R8: no request waits for a vendor, and a vendor's trouble is its own."""
    held = [one.at for one in records if one.data.get("target") in {"web", "postgres"}]
    for one in records:
        began = one.at - one.data.get("seconds", 0.0) if one.who == "request" and one.kind == "look" else one.at
        is_held = any(began - 5 <= at <= one.at for at in held)
        if one.at - began > REQUEST_SECONDS and not is_held:
            yield Violation(one.at, "R8", f"a request took {one.at - began:.1f} s")
    for one in of_kind(records, "poll"):
        if one.data["source"] == "remote" and "127.0.0.1" in one.data["error"]:
            yield Violation(one.at, "R8", f"a vendor without a fault failed: {one.data['error']}")


def scope(records: Records) -> Iterator[Violation]:
    """Nobody sees a row outside their scope: the lead's sessions are those of the first queue."""
    for one in records:
        if one.who == "lead" and "b" in one.data.get("marks", {}):
            yield Violation(one.at, "scope", "the lead saw a session of another team")
        if one.who == "lead" and one.kind == "final" and len(one.data["shown"]) != 1:
            yield Violation(one.at, "scope", f"the lead sees {one.data['shown']} instead of one session")


RULES: tuple[Rule, ...] = (
    convergence, equality, freshness, atomicity, monotony, bounds, one_writer, once_only, blast_radius, scope,
)  # fmt: skip
