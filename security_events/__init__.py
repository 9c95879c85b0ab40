"""Say what an operator's security team must hear, and nothing about a respondent.

``emit(code, ...)`` writes one JSON line of the closed catalogue (``catalogue.py``) into the
service's events file; docs/security-events.md has the catalogue as a table.
"""

from security_events.counters import count
from security_events.emitting import EventsDown, emit, emit_anyway, process_named
from security_events.people import pseudonym

__all__ = ["EventsDown", "count", "emit", "emit_anyway", "process_named", "pseudonym"]
