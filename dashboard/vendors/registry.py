"""The polled vendors, by their name in sources.toml."""

from typing import Any

from dashboard.vendors.base import Vendor
from dashboard.vendors.evovoice import EvoVoice
from dashboard.vendors.gototraining import GoToTraining
from dashboard.vendors.seeit import Seeit
from dashboard.vendors.takecontrol import TakeControl

VENDORS: dict[str, Vendor[Any]] = {
    "seeit": Seeit(),
    "gototraining": GoToTraining(),
    "takecontrol": TakeControl(),
    "evovoice": EvoVoice(),
}
