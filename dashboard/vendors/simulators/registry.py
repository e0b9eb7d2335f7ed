"""The table of simulated vendors."""

from dashboard.vendors.simulators.evovoice import EVOVOICE
from dashboard.vendors.simulators.frame import Simulated
from dashboard.vendors.simulators.gototraining import GOTOTRAINING
from dashboard.vendors.simulators.seeit import SEEIT
from dashboard.vendors.simulators.takecontrol import TAKECONTROL

SIMULATED: dict[str, Simulated] = {
    simulated.name: simulated for simulated in (SEEIT, GOTOTRAINING, TAKECONTROL, EVOVOICE)
}
