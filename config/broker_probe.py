"""Send a message through the broker and take it back: the way every wake-up call goes."""

import secrets
from typing import Any

from config.celery import app

TAKE_SECONDS = 3
LIFE_SECONDS = 30


def broker_round_trip() -> dict[str, Any]:
    """Return ``is_back``: whether a message came back, by a queue of its own that is gone then.

    Raises what the broker's transport raises if it cannot be reached.
    """
    name = f"doctor-{secrets.token_hex(8)}"
    options: Any = {"durable": False, "auto_delete": True, "expires": LIFE_SECONDS}
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=TAKE_SECONDS)
        queue = connection.SimpleQueue(name, queue_opts=options)
        try:
            queue.put({"doctor": name}, serializer="json")
            message = queue.get(timeout=TAKE_SECONDS)
            message.ack()
            return {"is_back": message.payload == {"doctor": name}}
        finally:
            queue.clear()
            queue.queue.delete()
            queue.close()
