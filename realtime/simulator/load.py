"""How busy the center is through the day, and who works when."""

from dataclasses import dataclass

HOURLY_LOAD = (
    *(0.08, 0.06, 0.05, 0.05, 0.05, 0.07, 0.15, 0.35, 0.65, 0.92, 1.0, 0.95),  # the morning peaks at 10:00
    *(0.75, 0.85, 1.0, 0.92, 0.8, 0.55, 0.4, 0.3, 0.24, 0.18, 0.13, 0.1),  # the afternoon at 14:00
)
BUSY_HOUR = 9.75
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of the center's local day; `ends` beyond 24 is the next day's. `share` is per representative at 10:00."""

    name: str
    begins: float
    ends: float
    lunch: float | None
    share: float

    def covers(self, hour: float) -> bool:
        """Say whether somebody on this shift is at work at this hour."""
        return self.begins <= hour < self.ends or self.begins <= hour + 24 < self.ends


DAY = Shift("day", 8.5, 17.0, 12.4, 0.65)
EARLY = Shift("early", 6.5, 15.0, 11.2, 0.35)
LATE = Shift("late", 12.0, 20.5, 16.2, 0.36)
NIGHT = Shift("night", 21.5, 29.5, None, 0.07)


def load_at(hour: float) -> float:
    """Return the share of the peak load at an hour of the day, between the table's points on a straight line."""
    whole = int(hour) % 24
    part = hour - int(hour)
    return HOURLY_LOAD[whole] * (1 - part) + HOURLY_LOAD[(whole + 1) % 24] * part


def plan_shifts(reps: int) -> list[Shift]:
    """Return a shift for each employee of a center that has `reps` representatives logged in at 10:00."""
    day = max(round(reps * DAY.share), min(reps, 1))
    late = round(reps * LATE.share)
    night = max(round(reps * NIGHT.share), 1 if reps >= 4 else 0)
    return [DAY] * day + [EARLY] * (reps - day) + [LATE] * late + [NIGHT] * night


def hours_until(hour: float, now: float) -> float:
    """Return the hours from the hour `now` to the next time it is `hour`."""
    return (hour - now) % 24
