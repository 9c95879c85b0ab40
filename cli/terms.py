"""The terms a coordinator asks for; the portal's manifest must say the same."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.manifest import (
    DEFAULT_GIVE_UP_AFTER_DAYS,
    ROSTER_CODE,
    ROSTER_KEY,
    Manifest,
    Roster,
    Window,
)
from mpcengine.protocol.strict import format_time
from mpcengine.protocol.survey import Survey

STRICT = "strict"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Hold all that a coordinator decides about a survey besides its questions.

    ``flush_min`` packages leave the relay together; ``max_inconsistent`` None means 1 % of
    the batch, at least 1.
    """

    survey_id: str
    survey: Survey
    invited: int
    timing: str
    issuing: Window
    answering: Window
    flush_min: int
    give_up_after_days: int = DEFAULT_GIVE_UP_AFTER_DAYS
    max_inconsistent: int | None = None
    # Of partners the root of her own list: the portal must not have added anybody.
    partners_root: Digest | None = None

    def to_json(self) -> dict[str, JSON]:
        """Return the members that the portal is sent to prepare a manifest."""
        return {
            "timing": self.timing,
            "issuing": _window(self.issuing),
            "answering": _window(self.answering),
            "flush_min": self.flush_min,
            "give_up_after_days": self.give_up_after_days,
            "max_inconsistent": self.max_inconsistent,
        }

    def differing(self, manifest: Manifest) -> list[str]:
        """Return the names of what the manifest says otherwise; empty if nothing."""
        pairs: dict[str, tuple[object, object]] = {
            "survey_id": (manifest.survey_id, self.survey_id),
            "survey": (manifest.survey, self.survey),
            "roster": _roster(manifest, self),
            "timing": (manifest.timing, self.timing),
            "issuing": (manifest.issuing, self.issuing),
            "answering": (manifest.answering, self.answering),
            "flush_min": (manifest.flush_min, self.flush_min),
            "give_up_after_days": (manifest.give_up_after_days, self.give_up_after_days),
            "max_inconsistent": (manifest.max_inconsistent, self.max_inconsistent),
        }
        return [name for name, (said, asked) in pairs.items() if said != asked]


def terms_by_orders(survey_id: str, survey: Survey, invited: int, timing: str) -> Terms:
    """Return terms that leave all moves to orders: opened now, closed days from now."""
    now = datetime.now(UTC).replace(microsecond=0)
    opens, ends = now - timedelta(minutes=1), now + 2 * _DAY
    is_strict = timing == STRICT
    return Terms(
        survey_id=survey_id,
        survey=survey,
        invited=invited,
        timing=timing,
        issuing=Window(opens=opens, closes=now + _DAY if is_strict else ends),
        answering=Window(opens=now + _DAY if is_strict else opens, closes=ends),
        flush_min=survey.min_count,
    )


def _roster(manifest: Manifest, terms: Terms) -> tuple[object, object]:
    """Return what manifest and terms say of the roster."""
    said, root = manifest.roster, terms.partners_root
    if root is None:
        return (said.kind, said.size), (ROSTER_CODE, terms.invited)
    return said, Roster(kind=ROSTER_KEY, size=terms.invited, roots=(root,) * 3)


def _window(window: Window) -> JSON:
    return {"opens": format_time(window.opens), "closes": format_time(window.closes)}
