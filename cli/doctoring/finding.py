"""What a check found: a number, a verdict, what was seen, what to do."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from mpcengine.protocol.canonical import JSON

OK, WARN, FAIL = "ok", "warn", "FAIL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's: ``do`` is empty where all is well."""

    number: str
    verdict: str
    seen: str
    do: str = ""

    def line(self) -> str:
        """Return the finding as people read it."""
        advice = f" {self.do}" if self.do else ""
        return f"{self.verdict:<4}  {self.number}  {self.seen}{advice}"

    def to_json(self) -> JSON:
        """Return the finding for programs."""
        return asdict(self)


Check = Callable[[], Iterable[Finding]]


def ok(number: str, seen: str) -> Finding:
    """Return that all is well."""
    return Finding(number=number, verdict=OK, seen=seen)


def warn(number: str, seen: str, do: str) -> Finding:
    """Return what should be seen to soon."""
    return Finding(number=number, verdict=WARN, seen=seen, do=do)


def fail(number: str, seen: str, do: str) -> Finding:
    """Return what must be mended first."""
    return Finding(number=number, verdict=FAIL, seen=seen, do=do)
