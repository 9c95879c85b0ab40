"""A broker that is a folder: kombu's filesystem transport without its half-written files.

As shipped, a message's file is there before its content is, and whoever reads it in between
ends the worker with a decoding error. Here a message appears whole or not at all. What cannot
be read counts as no message: the reconciler finds the job.
"""

import secrets
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Put messages by renaming; take a damaged file for an empty queue."""

    def _put(  # type: ignore[override]  # kombu's two bases name this argument differently
        self, queue: str, payload: Any, **_options: Any
    ) -> None:
        folder = Path(self.data_folder_out)
        draft = folder / f"draft.{secrets.token_hex(16)}"
        draft.write_bytes(str_to_bytes(dumps(payload)))
        name = f"{round(monotonic() * 1000)}_{secrets.token_hex(16)}.{queue}.msg"
        draft.replace(folder / name)

    def _get(self, queue: str, _timeout: float | None = None) -> Any:
        try:
            return super()._get(queue)
        except ValueError:
            raise Empty from None

    def get_table(self, exchange: str) -> Any:
        """Return the exchange's queues; none while their file is being written."""
        try:
            return super().get_table(exchange)
        except ValueError:
            return []


class Transport(filesystem.Transport):
    """The transport that ``filesystem://`` means in this house."""

    Channel = Channel
