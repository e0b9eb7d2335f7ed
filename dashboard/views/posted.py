"""What browsers post, made into what can be looked up."""

PK_DIGITS = 18  # so many always fit into the database


def read_pk(text: str) -> int | None:
    """Return the number that names a row, None where the text is no number that a database can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= PK_DIGITS else None
