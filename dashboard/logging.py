"""Logs: one line an event, for people (`console`) or for machines (`json`), from structlog and the standard library."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FORMATS = ("console", "json")
SECRET_WORDS = ("authorization", "cookie", "password", "secret", "token")


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank the values of keys that name a secret, should one ever be logged by mistake."""
    for key in event:
        if any(word in key.lower() for word in SECRET_WORDS):
            event[key] = "[hidden]"
    return event


def drop_requests(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out the request objects that Django adds: their address holds what people search for, and secrets."""
    event.pop("request", None)
    return event


class ForeignHost(logging.Filter):
    """Says in one line that a request named another host: anybody can send such, and choose what stands in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave the host and the traceback out."""
        record.msg, record.args = "a request was refused, its Host header is not that of DASHBOARD_URL", ()
        record.exc_info = record.exc_text = None
        return True


def shared_processors() -> list[Processor]:
    """Return what every event passes through before it is drawn."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        drop_requests,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        hide_secrets,
    ]


def final_processors(style: str) -> list[Processor]:
    """Return what draws an event as a line."""
    if style == "json":
        # A frame's locals would hold secrets and customers' text.
        tracebacks = ExceptionDictTransformer(show_locals=False)
        return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]


def configure_logging(level: str, style: str) -> dict[str, Any]:
    """Send structlog's events through the standard library and return Django's LOGGING setting, which draws both."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared_processors(),
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final_processors(style)],
            }
        },
        "filters": {"foreign host": {"()": ForeignHost}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": level, "propagate": False},
            "django.security.DisallowedHost": {"filters": ["foreign host"]},
            "django.db.backends": {"level": "INFO"},  # DEBUG would log every query with its values
            "celery": {"level": "WARNING" if level == "INFO" else level},  # it says each task's coming and going
            "daphne": {"level": "WARNING" if level == "INFO" else level},
            "httpcore2": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
            "psycopg.pool": {"level": "ERROR"},  # each caller says that the database is away; the pool says it again
            "websockets": {"level": "WARNING"},  # DEBUG would log customers' text
        },
    }
