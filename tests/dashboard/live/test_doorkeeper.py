"""What a doorkeeper remembers: whoever has a socket, and nobody else, for months."""

from datetime import UTC, datetime

from dashboard.boards.moment import Moment
from dashboard.live.admission import Bearer, Ticket
from dashboard.live.doorkeeper import Doorkeeper
from dashboard.models import Display
from realtime.state import State


def empty_moment() -> Moment:
    """Nothing is known."""
    return Moment(State(), {}, datetime.now(UTC))


async def test_who_left_is_forgotten() -> None:
    doorkeeper = Doorkeeper(set(), empty_moment)
    doorkeeper._bearers = {Ticket(token_digest=str(number)): Bearer(Display(pk=number)) for number in range(100)}

    await doorkeeper._check([])

    assert doorkeeper._bearers == {}
