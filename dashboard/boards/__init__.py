"""Pure boards: a State in, dataclasses out."""
