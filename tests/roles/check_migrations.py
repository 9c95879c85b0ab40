"""Tell whether every role's models and migrations agree.

``python -m tests.roles.check_migrations``, run by ``make check`` under each role's real
settings, since a role's own tables are all it migrates.
"""

import sys
import tempfile
from pathlib import Path

from tests.roles.service_files import ROLES, environment, manage, service_members


def main() -> int:
    """Return 1, and print why, if a role lacks a migration."""
    missing = 0
    for role in ROLES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            environ = environment(role, folder, service_members(role, folder))
            ended = manage(environ, "makemigrations", "--check", "--dry-run")
        outcome = ended.stdout.strip() or ended.stderr.strip()
        sys.stdout.write(f"{role}: {outcome}\n")
        missing |= ended.returncode
    return int(missing != 0)


if __name__ == "__main__":
    sys.exit(main())
