"""The ASGI application: pages and their sockets. Any ASGI server can run it; ours is `dashboard.serve`."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

pages = get_asgi_application()  # sets Django up, which the import of whatever has models needs

from dashboard.live.routing import LiveApplication, socket_router  # noqa: E402

application = LiveApplication(ProtocolTypeRouter({"http": pages, "websocket": socket_router}))
