"""A QR code as one path of SVG, so that a template can draw it without inline style. Pure."""

from dataclasses import dataclass

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_MODULES = 4  # ISO/IEC 18004 asks for as much free space around it


@dataclass(frozen=True, slots=True)
class Drawing:
    """A square of `size` modules on each side, and the path of the dark ones."""

    size: int
    path: str


def draw(text: str) -> Drawing:
    """Return a text as a QR code."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    marks = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return Drawing(len(rows), "".join(marks))
