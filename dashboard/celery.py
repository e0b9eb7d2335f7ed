"""The Celery app: `celery -A dashboard.celery worker`, `celery -A dashboard.celery beat`.

Tasks only carry what the database already says is due (`dashboard.vendors.schedule`), so none is ever redelivered,
retried or kept: what is lost is claimed again.
"""

import gc
import os

from celery import Celery
from celery.signals import setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

app = Celery("dashboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["dashboard"])


@setup_logging.connect
def keep_our_logging(**_signal: object) -> None:
    """Django has set up logging; Celery would replace it."""


@worker_init.connect
def share_modules(**_signal: object) -> None:
    """Take what is loaded out of the collector's sight, or each child that walks it gets a copy of its own."""
    gc.collect()
    gc.freeze()
