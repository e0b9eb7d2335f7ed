"""`make chaos`: break a whole installation for a while and judge what came of it. SECONDS= and SEED= choose.

PATIENCE=3 lets all take three times as long as the contract says, for a machine that does other things too.
"""

import os
import random
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402

from tests.chaos.checker import check, explain  # noqa: E402
from tests.chaos.history import History  # noqa: E402
from tests.chaos.nemesis import draw_plan  # noqa: E402
from tests.chaos.run import run_chaos  # noqa: E402
from tests.chaos.world import chaotic_world  # noqa: E402
from tests.services.process import ROOT  # noqa: E402
from tests.services.valkey import ValkeyServer  # noqa: E402


def run(seconds: float, seed: int) -> History:
    """Run once, in a folder of its own."""
    folder = Path(settings.VAR_DIR)
    folder.parent.mkdir(mode=0o711, exist_ok=True)
    folder.mkdir(mode=0o711, exist_ok=True)
    valkey = ValkeyServer(folder / "valkey.sock")
    valkey.start()
    try:
        with chaotic_world(folder, valkey, seed) as world:
            return run_chaos(world, draw_plan(seed, seconds), seconds)
    finally:
        valkey.stop()
        shutil.rmtree(folder.parent, ignore_errors=True)


def main() -> int:
    """Run, judge, tell; the exit status says whether the contract held."""
    seconds = float(os.environ.get("SECONDS") or 60)
    seed = int(os.environ.get("SEED") or random.randrange(1_000_000))
    patience = float(os.environ.get("PATIENCE") or 1)
    print(f"chaos: {seconds:.0f} s, seed {seed} (again: make chaos SECONDS={seconds:.0f} SEED={seed})", flush=True)
    history = run(seconds, seed)
    path = ROOT / "var" / "chaos" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}-{seed}.jsonl"
    history.write(path)
    violations = check(history, patience)
    faults = [record.data["fault"] for record in history if record.kind == "begins"]
    rests = {r.kind: r.data["seconds"] for r in history if r.who == "rest" and "seconds" in r.data}
    print(f"{len(faults)} faults: {', '.join(faults)}\nat rest, seconds: {rests}\nhistory: {path.relative_to(ROOT)}")
    if violations:
        print(f"\n{explain(violations[0], history)}\n\n{len(violations)} violations; rules: ", end="")
        print(", ".join(sorted({one.rule for one in violations})))
        return 1
    print(f"R1-R8 and the scope held{f', with patience {patience:g}' if patience != 1 else ''}")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what we started ends with us
    sys.exit(main())
