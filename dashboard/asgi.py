"""The ASGI application: pages and, once they exist, sockets. Any ASGI server can run it; ours is `dashboard.serve`."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

application = ProtocolTypeRouter({"http": get_asgi_application()})
