"""How a worker is started whose party deviates."""

import sys
from dataclasses import replace

from cli.embedded.house import House
from cli.embedded.services import Program, worker_program


def bent_program(house: House, node: str, how: str) -> Program:
    """Return a node's worker run by `tests.nodes.bent_worker`, its party bent by ``how``."""
    program = worker_program(house, f"node-{node}")
    celery = program.arguments[program.arguments.index("celery") + 1 :]
    module = (sys.executable, "-m", "tests.nodes.bent_worker", how)
    return replace(program, arguments=(*module, *celery))
