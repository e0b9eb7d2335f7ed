"""The dashboard: pages, live boards and the polled vendors, on top of `realtime`. Imports nothing, on purpose."""
