"""Our Celery app as most people write theirs: what the worker has loaded stays in the collector's sight."""

from celery.signals import worker_init

from dashboard.celery import app, share_modules

worker_init.disconnect(share_modules)

__all__ = ["app"]
