"""A client's process: do one job, print what was measured."""

from __future__ import annotations

import json
import os
import signal
import sys

from .clients import CLIENTS, Job
from .meter import PATIENCE, Meter, Plan


def main() -> None:
    """Do the job that the first argument describes."""
    job = Job(**json.loads(sys.argv[1]))
    if hasattr(signal, "alarm"):
        signal.alarm(PATIENCE + 10)  # whatever becomes of who started it, it ends
    client = CLIENTS[job.client]
    if client.parser != "orjson":
        sys.modules["orjson"] = None  # type: ignore[assignment] # as if it were not installed
    meter = Meter(Plan(*job.plan), job.control)
    client.run(job, meter)
    sys.stdout.write(json.dumps(meter.report()))
    sys.stdout.flush()
    os._exit(0)  # some clients have no other end


if __name__ == "__main__":
    main()
