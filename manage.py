#!/usr/bin/env python3
"""Run a management command of the dashboard."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from dashboard.demo.environment import enter_demo

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    try:
        if sys.argv[1:2] == ["demo"]:
            enter_demo(os.environ)  # the demo brings its own settings, and Django reads them only once
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"manage.py: {error}")
