"""A node's worker whose party deviates: ``python -m tests.nodes.bent_worker HOW CELERY…``.

Everything else of the node is the product's; ``HOW`` is a deviation of `tests.party.bent`.
"""

import subprocess
import sys
from typing import Any

from celery.__main__ import main

from nodes import party_process

PARTY = "mpcengine.party"


class BentProcess(subprocess.Popen[bytes]):
    """Start the deviating party where the product starts its own."""

    how = ""

    def __init__(self, arguments: list[str], **named: Any) -> None:
        if arguments[-1] == PARTY:
            arguments = [sys.executable, "-m", "tests.party.bent", self.how]
        super().__init__(arguments, **named)


if __name__ == "__main__":
    BentProcess.how = sys.argv.pop(1)
    party_process.subprocess.Popen = BentProcess  # type: ignore[attr-defined]
    main()
