"""``python -m deploy.migrate``: bring a service's databases to this version's tables, once.

Runs as the role that owns the tables: DREMPEL_CONFIG names ``migrate.json``. A node has two
databases. Running it again changes nothing.
"""

import os
import subprocess
import sys

ALIASES = {"node": ("default", "issuing")}


def commands(role: str) -> list[list[str]]:
    """Return the commands that migrate every database of a role."""
    django = [sys.executable, "-m", "django", "migrate", "--no-input", "--verbosity", "1"]
    return [[*django, "--database", alias] for alias in ALIASES.get(role, ("default",))]


def main() -> int:
    """Run them; return the first exit code that is not 0."""
    role = os.environ.get("DJANGO_SETTINGS_MODULE", "").rpartition(".")[2]
    for command in commands(role):
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)  # noqa: S603 - ours
        if ended.returncode:
            return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
