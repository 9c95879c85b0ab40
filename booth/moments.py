"""Say a moment in words, in Dutch time, without the machine's table of time zones.

Summer time by Directive 2000/84/EC: between the last Sundays of March and October, 01:00 UTC.
"""

from datetime import UTC, date, datetime, timedelta

_MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november"
    " december",
    "en": "January February March April May June July August September October November"
    " December",
}
_DAYS = {
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
_MOMENT = {
    "nl": "{weekday} {day} {month} {year}, {time} uur Nederlandse tijd",
    "en": "{weekday} {day} {month} {year}, {time} Dutch time",
}


def months(language: str) -> tuple[str, ...]:
    """Return the twelve names of the months."""
    return tuple(_MONTHS[language].split())


def moment(language: str, written: str) -> str:
    """Say a moment of a manifest (``2026-12-11T16:00:00Z``) with weekday and zone."""
    there = _dutch(datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))
    return _MOMENT[language].format(
        weekday=_DAYS[language].split()[there.weekday()],
        day=there.day,
        month=months(language)[there.month - 1],
        year=there.year,
        time=f"{there:%H.%M}" if language == "nl" else f"{there:%H:%M}",
    )


def day(language: str, written: str) -> str:
    """Say a day given as ``2026-12-31``."""
    that = date.fromisoformat(written)
    return f"{that.day} {months(language)[that.month - 1]} {that.year}"


def _dutch(moment_utc: datetime) -> datetime:
    start, end = (_last_sunday(moment_utc.year, month) for month in (3, 10))
    return moment_utc + timedelta(hours=2 if start <= moment_utc < end else 1)


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
