"""The pages need root, PostgreSQL and Redis (make test-services); root must be there in CI."""

import os

_IS_LEFT_OUT = os.geteuid() != 0 and os.environ.get("CI") != "true"

collect_ignore = ["test_operating.py"] if _IS_LEFT_OUT else []


def pytest_report_header() -> str:
    """Say in the head of a run that the operators' pages are not followed, and why."""
    return "operators' pages are not followed: only root can make users" if _IS_LEFT_OUT else ""
