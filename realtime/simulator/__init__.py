"""A stand-in appliance: a believable support center behind the vendor's OAuth, command and real-time state interfaces.

`center` and what it imports is pure: seeded, without input, output or a clock. `server` speaks HTTP and websocket.
"""
