"""Stand-ins for the polled vendors' APIs on loopback, all driven by one believable support center."""
