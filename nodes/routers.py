"""Keep who may answer apart from what was answered: two databases, no relation between them."""

from typing import Any

from django.db import models

ISSUING = "issuing"
ISSUING_MODELS = frozenset({"issuerkey", "rosterentry", "ledgerroster"})


class IssuingRouter:
    """Send the issuing tables to the database ``issuing`` and everything else elsewhere."""

    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str | None:
        """Return ``issuing`` for its tables, None for all others."""
        names = model._meta  # noqa: SLF001 - Django's own public name
        return ISSUING if _is_issuing(names.app_label, names.model_name) else None

    def db_for_write(self, model: type[models.Model], **_hints: Any) -> str | None:
        """Return ``issuing`` for its tables, None for all others."""
        return self.db_for_read(model)

    def allow_relation(
        self, left: models.Model, right: models.Model, **_hints: Any
    ) -> bool | None:
        """Refuse every relation that would cross the two databases."""
        # A lazy object (request.user) tells its class as the one it stands for.
        sides = {self.db_for_read(side.__class__) for side in (left, right)}
        return False if len(sides) == 2 else None

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **_hints: Any
    ) -> bool | None:
        """Make the issuing tables in ``issuing`` only, and nothing else there."""
        if model_name is None:
            # A migration of data names no table; other apps have none in issuing.
            return False if db == ISSUING and app_label != "nodes" else None
        return (db == ISSUING) == _is_issuing(app_label, model_name)


def _is_issuing(app_label: str, model_name: str | None) -> bool:
    return app_label == "nodes" and model_name in ISSUING_MODELS
