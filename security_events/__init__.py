"""Say what an operator's security team must hear, and nothing about a respondent.

``emit(code, ...)`` writes one JSON line of the closed catalogue (``catalogue.py``) into the
service's events file; docs/security-events.md has the catalogue as a table.
"""

from security_events.counters import refusal_count
from security_events.emitting import EventsDown, emit, emit_anyway, emit_rarely, process_named
from security_events.fields import duration_class, key_id, reason_code
from security_events.people import pseudonym

__all__ = [
    "EventsDown",
    "duration_class",
    "emit",
    "emit_anyway",
    "emit_rarely",
    "key_id",
    "process_named",
    "pseudonym",
    "reason_code",
    "refusal_count",
]
