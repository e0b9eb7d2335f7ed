"""Lists as files for spreadsheets: what whoever asks may see, as the page's filters leave it."""

import csv
from collections.abc import Iterable
from io import StringIO

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.audit import Action, record
from dashboard.boards.sheets import draw_sheet
from dashboard.live.asking import extract_list
from dashboard.views.boards import choose_or_404

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the machine's code page
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@login_required
@require_safe
def export_list(request: HttpRequest, board: str) -> HttpResponse:
    """Return all rows of a list as CSV, whatever page the address names; the audit log says who took how many."""
    key = choose_or_404(request, board, request.META.get("QUERY_STRING", ""))
    extract = extract_list(request, key)
    name = f"{board}-{extract.at:%Y-%m-%dT%H%M%SZ}.csv"
    text = to_csv(draw_sheet(board, extract))
    if request.method == "GET":
        record(Action.LIST_EXPORTED, board, detail={"rows": len(extract.rows), "query": key.query})
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def to_csv(sheet: Iterable[Iterable[str]]) -> str:
    """Return rows of cells as CSV that spreadsheets open as it is meant: each cell quoted, none of them a formula."""
    text = StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([unformulated(cell) for cell in cells] for cells in sheet)
    return text.getvalue()


def unformulated(cell: str) -> str:
    """Return a cell's text, marked as text where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
