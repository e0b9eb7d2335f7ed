"""Every request that leaves us: counted, time-limited, size-limited; what goes wrong becomes one of our errors."""
