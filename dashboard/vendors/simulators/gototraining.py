"""A stand-in for GoToTraining's API (seed 001; VENDORS.md section 2), under /G2T/rest, with its token endpoint."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from aiohttp import BasicAuth, web

from dashboard.vendors.simulators.activity import Technician
from dashboard.vendors.simulators.faults import Freedom
from dashboard.vendors.simulators.frame import FRAME, Frame, Simulated, as_json, iso
from dashboard.vendors.simulators.timetable import Meeting, Training
from realtime.simulator.words import Named

NAME = "gototraining"
PREFIX = "/G2T/rest"
CLIENT_ID = "simulator"
TOKEN_SECONDS = 3600.0
REQUIRED = frozenset({"trainingKey", "sessionKey", "times"})
FIRST_PATH = f"{PREFIX}/organizers/{{organizer}}/trainings"
REPORTS = f"{PREFIX}/reports/organizers/{{organizer}}"


async def mint_token(request: web.Request) -> web.Response:
    """POST /oauth/token: an access token for a refresh token."""
    frame = request.app[FRAME]
    form = await request.post()
    try:
        given = BasicAuth.decode(request.headers.get("Authorization", ""))
        client = (given.login, given.password)
    except ValueError:
        client = (str(form.get("client_id")), str(form.get("client_secret")))
    if client != (CLIENT_ID, frame.options.secret):
        return as_json({"error": "invalid_client"}, 401)
    refresh_token = str(form.get("refresh_token"))
    if form.get("grant_type") != "refresh_token" or not is_valid(frame, refresh_token):
        return as_json({"error": "invalid_grant"}, 400)
    access_token, following = f"access-{secrets.token_hex(8)}", refresh_token
    frame.issued[access_token] = frame.now() + TOKEN_SECONDS
    if frame.has(NAME, Freedom.ROTATION):
        following = f"refresh-{secrets.token_hex(8)}"
        frame.issued |= {refresh_token: 0.0, following: frame.now() + 30 * 24 * 3600}
    body = {"access_token": access_token, "token_type": "Bearer", "expires_in": int(TOKEN_SECONDS)}
    organizer = {"organizer_key": frame.world.timetable.organizers[0][0], "account_key": "1"}
    return as_json(body | organizer | {"refresh_token": following})


async def list_trainings(request: web.Request) -> web.Response:
    """GET /organizers/{key}/trainings: what is planned, in order of creation, completed ones left out."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    now = frame.now()
    planned = [one for one in own_trainings(request) if one.is_listed(now)]
    return as_json(frame.listed(NAME, [render_training(frame, one) for one in planned]))


async def show_training(request: web.Request) -> web.Response:
    """GET /organizers/{key}/trainings/{key}: a planned one."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    training = find_training(request)
    return refuse(404) if training is None else as_json(render_training(frame, training))


async def list_registrants(request: web.Request) -> web.Response:
    """GET /organizers/{key}/trainings/{key}/registrants."""
    if (refused := refuse_access(request)) is not None:
        return refused
    training = find_training(request)
    if training is None:
        return refuse(404)
    return as_json([render_registrant(training, place, who) for place, who in enumerate(training.people)])


async def list_recordings(request: web.Request) -> web.Response:
    """GET /trainings/{key}/recordings: none."""
    if (refused := refuse_access(request)) is not None:
        return refused
    return as_json({"trainingKey": request.match_info["training"], "recordingList": []})


async def report_range(request: web.Request) -> web.Response:
    """POST /reports/organizers/{key}/sessions {"startDate", "endDate"}: sessions that began in the range."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    try:
        wish = orjson.loads(await request.read())
        start, end = (datetime.fromisoformat(wish[name]).timestamp() for name in ("startDate", "endDate"))
    except (KeyError, TypeError, ValueError):
        return refuse(400)
    held = held_meetings(frame, own_trainings(request))
    chosen = [(training, meeting) for training, meeting in held if start <= meeting.held_from <= end]
    return as_json(frame.listed(NAME, [render_session(frame, *one) for one in chosen]))


async def report_training(request: web.Request) -> web.Response:
    """GET /reports/organizers/{key}/trainings/{key}: the sessions of one training that are over."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    training = find_training(request)
    held = held_meetings(frame, [training] if training else [])
    return as_json([render_session(frame, *one) for one in held])


async def list_attendees(request: web.Request) -> web.Response:
    """GET /reports/organizers/{key}/sessions/{key}/attendees: who was there, and last who was not."""
    frame = request.app[FRAME]
    if (refused := refuse_access(request)) is not None:
        return refused
    for training, meeting in held_meetings(frame, own_trainings(request)):
        if meeting.session_key == request.match_info["session"]:
            return as_json([render_attendee(frame, meeting, *one) for one in enumerate(training.people)])
    return refuse(404)


def own_trainings(request: web.Request) -> list[Training]:
    """Return the trainings of the organizer in the path."""
    organizer = request.match_info["organizer"]
    return [one for one in request.app[FRAME].trainings(request) if one.organizer_key == organizer]


def find_training(request: web.Request) -> Training | None:
    """Return the training in the path."""
    return next((one for one in own_trainings(request) if one.key == request.match_info["training"]), None)


def held_meetings(frame: Frame, trainings: Iterable[Training]) -> list[tuple[Training, Meeting]]:
    """Return what is over, with its training."""
    now = frame.now()
    return [(one, meeting) for one in trainings for meeting in one.meetings if meeting.held_until <= now]


def refuse_access(request: web.Request) -> web.Response | None:
    """Refuse a request without a valid token, in whichever of the forms that clients use: with 403, as the vendor."""
    frame = request.app[FRAME]
    header = request.headers.get("Authorization", "")
    forms = {"bearer": "Bearer ", "oauth_token": "OAuth oauth_token="}
    form = next((name for name, start in forms.items() if header.startswith(start)), "raw")
    wanted = frame.schemes.get(NAME)
    if (wanted and form != wanted) or not is_valid(frame, header.removeprefix(forms.get(form, ""))):
        return refuse(403)
    return None


def is_valid(frame: Frame, token: str) -> bool:
    """Whether a token is the configured one, or was given out and is not over."""
    ends = {frame.options.secret: float("inf")} | frame.issued
    return ends.get(token, 0.0) > frame.now()


def write_time(frame: Frame, at: float) -> str:
    """Write a time in one of the forms that were seen."""
    if frame.has(NAME, Freedom.BARE_TIMES):
        return iso(at, zone="")
    if frame.has(NAME, Freedom.OFFSET_TIMES):
        return iso(at, 3, "+00:00")
    return iso(at)


def render_training(frame: Frame, training: Training) -> Any:
    """Return a scheduled training."""
    spans = [(meeting.start, meeting.end) for meeting in training.meetings]
    record = {
        "trainingKey": training.key,
        "trainingId": training.training_id,
        "name": training.name,
        "description": training.description,
        "timeZone": training.time_zone,
        "times": [{"startDate": write_time(frame, start), "endDate": write_time(frame, end)} for start, end in spans],
        "organizers": [render_organizer(training.organizer_key, training.organizer)],
        "registrationSettings": {"disableConfirmationEmail": False, "disableWebRegistration": False},
    }
    return frame.shaped(NAME, record, REQUIRED, training.said)


def render_session(frame: Frame, training: Training, meeting: Meeting) -> Any:
    """Return a session that is over."""
    record = {
        "sessionKey": meeting.session_key,
        "trainingName": training.name,
        "sessionStartTime": write_time(frame, meeting.held_from),
        "sessionEndTime": write_time(frame, meeting.held_until),
        "attendanceCount": sum(is_there(meeting, place) for place in range(len(training.people))),
        "duration": round((meeting.held_until - meeting.held_from) / 60),
        "organizers": [render_organizer(training.organizer_key, training.organizer)],
    }
    return frame.shaped(NAME, record, REQUIRED, training.session_said)


def render_organizer(key: str, technician: Technician) -> dict[str, str]:
    """Return an organizer."""
    given, _, family = technician.name.partition(" ")
    return {"organizerKey": key, "email": technician.email, "givenName": given, "surname": family}


def render_registrant(training: Training, place: int, who: Named) -> dict[str, str]:
    """Return somebody who registered."""
    given, _, family = who.written.partition(" ")
    return {
        "registrantKey": str(int(training.key) % 10**17 + place),
        "email": f"{who.plain}@customer.example",
        "givenName": given,
        "surname": family,
        "status": "WAITING" if place % 7 == 6 else "APPROVED",
        "registrationDate": iso(training.created_at + 3600 * place),
        "joinUrl": f"https://gototraining.example/join/{training.key}/{place}",
        "confirmationUrl": f"https://gototraining.example/confirm/{training.key}/{place}",
    }


def is_there(meeting: Meeting, place: int) -> bool:
    """Whether a registrant attends."""
    return (int(meeting.session_key) + place) % 5 != 0


def render_attendee(frame: Frame, meeting: Meeting, place: int, who: Named) -> dict[str, Any]:
    """Return a registrant's attendance."""
    given, _, family = who.written.partition(" ")
    person: dict[str, Any] = {"email": f"{who.plain}@customer.example", "givenName": given, "surname": family}
    if not is_there(meeting, place):
        return person | {"timeInSession": 0, "inSessionTimes": []}
    minutes = round((meeting.held_until - meeting.held_from) / 60)
    part = {
        "joinTime": write_time(frame, meeting.held_from),
        "leaveTime": write_time(frame, meeting.held_until),
        "timeInPartOfSession": minutes,
    }
    return person | {"timeInSession": minutes, "inSessionTimes": [part]}


def refuse(status: int) -> web.Response:
    """Answer with an HTTP error; where nothing is found the member is another, as at the vendor's edge."""
    if status == 404:
        return as_json({"errorCode": "NOT_FOUND", "message": "Not found."}, status)
    return as_json({"errorCode": "Refused", "description": "The request was refused."}, status)


GOTOTRAINING = Simulated(
    NAME,
    PREFIX,
    (
        web.post(f"{PREFIX}/oauth/token", mint_token),
        web.get(FIRST_PATH, list_trainings),
        web.get(f"{FIRST_PATH}/{{training}}", show_training),
        web.get(f"{FIRST_PATH}/{{training}}/registrants", list_registrants),
        web.get(f"{PREFIX}/trainings/{{training}}/recordings", list_recordings),
        web.post(f"{REPORTS}/sessions", report_range),
        web.get(f"{REPORTS}/trainings/{{training}}", report_training),
        web.get(f"{REPORTS}/sessions/{{session}}/attendees", list_attendees),
    ),
    refuse,
)
