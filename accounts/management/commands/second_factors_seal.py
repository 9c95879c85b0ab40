"""``manage.py second_factors_seal``: seal all second factors with the first key of the file."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.sealing import sealed_anew


class Command(BaseCommand):
    """Seal second factors anew, so that an earlier key can be taken away."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Seal them in one transaction, and tell how many there were."""
        self.stdout.write(f"{sealed_anew()} second factors are sealed with the current key.")
