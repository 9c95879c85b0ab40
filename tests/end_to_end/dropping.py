"""A relay that promises and forgets: one parcel in fifty is never stored (a mutant of ours).

Which ones it chooses by their hash, so that a test can know them.
"""

import hashlib
from functools import cache
from typing import Any

ONE_IN = 50


def is_dropped(parcel: bytes) -> bool:
    """Tell whether the dropping relay forgets this parcel."""
    return int.from_bytes(hashlib.sha256(parcel).digest()[:4], "big") % ONE_IN == 0


def application(*arguments: Any) -> Any:
    """Serve the relay with its store patched at the first call, once its apps are loaded."""
    return _wsgi()(*arguments)


@cache
def _wsgi() -> Any:
    from config.wsgi import application as relay  # noqa: PLC0415 - reads its process's settings
    from relay import services  # noqa: PLC0415

    real = vars(services)["parcel_store"]

    def forgetting(arrival: Any) -> None:
        if not is_dropped(arrival.parcel):
            real(arrival)

    vars(services)["parcel_store"] = forgetting
    return relay
