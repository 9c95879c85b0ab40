"""Tell whether a worker lives: ``python -m config.alive``, for a container's health check.

The reconciler of a worker touches a file in ``data_dir`` at every look, and between two pieces
of long work. Exit code 0: it did so lately. 1: it did not, or never did. Seconds may be given.
"""

import json
import os
import sys
import time
from pathlib import Path

from liveness import FILE

# A look is every 15 seconds; between two pieces of work lies a call to a slow service at most.
OLDEST_SECONDS = 120.0
# The relay's longest piece is a batch on a slow line (relay/flush.py).
OLDEST_RELAY_SECONDS = 360.0


def main(arguments: list[str]) -> int:
    """Print one line and return the exit code."""
    try:
        service = json.loads(Path(os.environ["DREMPEL_CONFIG"]).read_bytes())
        place = Path(service["data_dir"], FILE)
        default = OLDEST_RELAY_SECONDS if service["role"] == "relay" else OLDEST_SECONDS
        oldest = float(arguments[0]) if arguments else default
    except (KeyError, OSError, TypeError, ValueError):
        print("DREMPEL_CONFIG names no service file that can be read.")
        return 1
    try:
        age = time.time() - place.stat().st_mtime
    except OSError:
        print("No worker has started here.")
        return 1
    is_alive = age <= oldest
    print(f"The worker looked for work {max(0, age):.0f} seconds ago.")
    return 0 if is_alive else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
