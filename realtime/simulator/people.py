"""Who calls and who answers: draws names, companies and machines from the raw material."""

import random

from realtime.simulator.words import (
    COMPANY_FORMS,
    COMPANY_STEMS,
    COMPLAINTS,
    HOST_PREFIXES,
    HOSTILE_NAMES,
    MOBILE_SYSTEMS,
    SYSTEMS,
    TONGUES,
    Named,
)

TONGUE_SHARES = tuple(tongue.share for tongue in TONGUES)
HOSTILE_SHARE = 0.02


def draw_name(dice: random.Random) -> Named:
    """Draw a full name and its plain spelling "given.family"."""
    tongue = dice.choices(TONGUES, TONGUE_SHARES)[0]
    given, family = dice.choice(tongue.given), dice.choice(tongue.family)
    first, last = (family, given) if tongue.family_first else (given, family)
    return Named(f"{first.written}{tongue.joint}{last.written}", f"{given.plain}.{family.plain}")


def draw_customer(dice: random.Random) -> str:
    """Draw a customer's name: mostly a person's, at times left empty, at times hostile."""
    luck = dice.random()
    if luck < HOSTILE_SHARE:
        return dice.choice(HOSTILE_NAMES)
    return "" if luck > 0.97 else draw_name(dice).written


def draw_company(dice: random.Random) -> tuple[str, str]:
    """Draw a company and its code."""
    stem = dice.randrange(len(COMPANY_STEMS))
    return COMPANY_STEMS[stem] + dice.choice(COMPANY_FORMS), f"C{stem:03d}"


def draw_complaint(dice: random.Random) -> str:
    """Draw what the customer wrote into the form."""
    return dice.choice(HOSTILE_NAMES) if dice.random() < HOSTILE_SHARE else dice.choice(COMPLAINTS)


def draw_machine(dice: random.Random, client_type: str) -> tuple[str, str]:
    """Draw a machine's host name and operating system."""
    system = dice.choice(MOBILE_SYSTEMS if client_type == "mobile" else SYSTEMS)
    return f"{dice.choice(HOST_PREFIXES)}{dice.randrange(10_000):04d}", system
