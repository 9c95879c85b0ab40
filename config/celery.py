"""The one Celery application; broker and role come from the settings."""

from typing import Any

from celery import Celery, Task
from celery.result import AsyncResult
from celery.signals import worker_init
from kombu.transport import TRANSPORT_ALIASES

from config.log import threads_quieten
from config.starting import process_started

HIDDEN = "hidden"
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
