"""The one Celery application; broker and role come from the settings.

SIGTERM: Celery takes no more work and ends with code 0 when the task in hand has ended, which
gives up at its next step (``stopping``). What has not ended after LATE_SECONDS is left as if
the process had been killed, for which every row is ready; but its leases are put down.
"""

import logging
import os
import threading
import time
from typing import Any

from celery import Celery, Task
from celery.result import AsyncResult
from celery.signals import worker_init, worker_shutdown, worker_shutting_down
from kombu.transport import TRANSPORT_ALIASES

from config.log import threads_quieten
from config.starting import process_started
from stopping import is_stopping, stop_ask, stop_finish

logger = logging.getLogger(__name__)

HIDDEN = "hidden"
# Of the 30 seconds a process has to end in; putting down leases then takes a few more.
LATE_SECONDS = 20.0
FINISH_SECONDS = 5.0
LOOK_SECONDS = 0.5
TRANSPORT_ALIASES["filesystem"] = "config.folder_transport:Transport"


class QuietTask(Task[Any, Any]):
    """A task whose arguments are written nowhere but in its message."""

    def apply_async(self, *args: Any, **options: Any) -> AsyncResult[Any]:
        """Send the task with its argument texts hidden from events and logs."""
        options.setdefault("argsrepr", HIDDEN)
        options.setdefault("kwargsrepr", HIDDEN)
        return super().apply_async(*args, **options)


app = Celery("drempel", task_cls=QuietTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def worker_quieten(**_: object) -> None:
    """Have reconcilers and the threads of a party's pipes say what ended them, and no more."""
    threads_quieten()
    process_started("worker")


@worker_init.connect
def worker_watch(**_: object) -> None:
    """Start the thread that ends a worker which does not end by itself.

    Now, because a signal handler must not start one.
    """
    threading.Thread(target=_end_late, name="end", daemon=True).start()


@worker_shutting_down.connect
def worker_stop(**_: object) -> None:
    """Have the task in hand and the reconcilers give up at their next step."""
    stop_ask()


@worker_shutdown.connect
def worker_put_down(**_: object) -> None:
    """Put down leases and parties, before Celery closes what it has open."""
    stop_ask()
    stop_finish()


def _end_late() -> None:
    while not is_stopping():
        time.sleep(LOOK_SECONDS)
    time.sleep(LATE_SECONDS)
    logger.warning("the worker did not end by itself")
    last = threading.Thread(target=stop_finish, name="put-down", daemon=True)
    last.start()
    last.join(FINISH_SECONDS)
    os._exit(0)
