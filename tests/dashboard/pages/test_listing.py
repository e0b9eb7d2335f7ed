"""What stands around a list: tabs, columns to sort by, choices in order."""

from dashboard.boards.listing import ListQuery, choices, columns, tabs
from dashboard.boards.representatives import REPRESENTATIVE_LIST
from dashboard.boards.sessions import SESSION_LIST


def read(**parameters: str) -> ListQuery:
    """Read an address of the list of sessions."""
    return SESSION_LIST.read({name: [value] for name, value in parameters.items()})


def test_a_tab_takes_the_place_of_another_and_keeps_the_rest() -> None:
    made = tabs(read(state="waiting", sort="queue"), ("waiting", "with-rep"), {"waiting": 3})

    assert [(tab.value, tab.count, tab.is_chosen, tab.link) for tab in made] == [
        ("", 3, False, "sort=queue"),
        ("waiting", 3, True, "state=waiting&sort=queue"),
        ("with-rep", 0, False, "state=with-rep&sort=queue"),
    ]


def test_columns_tell_their_place_in_the_sort_and_how_to_turn_it() -> None:
    made = {column.name: column for column in columns(SESSION_LIST, read(sort="queue,-age"))}

    assert (made["queue"].rank, made["queue"].is_descending, made["queue"].link) == (1, False, "sort=-queue%2C-age")
    assert (made["age"].rank, made["age"].is_descending, made["age"].link) == (2, True, "sort=age%2Cqueue")
    assert (made["how"].rank, made["how"].link) == (None, "")


def test_nobody_sorted_so_no_column_claims_a_place() -> None:
    assert {column.rank for column in columns(SESSION_LIST, read())} == {None}


def test_values_with_an_order_of_their_own_all_show_in_it() -> None:
    made = choices(read(), "age", {"over-1-h": 2}, SESSION_LIST.orders["age"])

    assert [(choice.value, choice.count) for choice in made] == [
        ("under-15-min", 0),
        ("15-to-60-min", 0),
        ("over-1-h", 2),
    ]


def test_columns_come_as_one_value_or_as_a_form_sends_them() -> None:
    one = SESSION_LIST.read({"columns": ["queue,how"]})
    several = SESSION_LIST.read({"columns": ["how", "queue"]})

    assert one == several
    assert SESSION_LIST.shown_columns(one) == ("state", "customer", "queue", "how", "age")


def test_a_form_that_a_list_does_not_have_is_left_out() -> None:
    assert REPRESENTATIVE_LIST.read({"form": ["table"]}).encoded() == "form=table"
    assert REPRESENTATIVE_LIST.read({"form": ["cards"]}).encoded() == ""
    assert read(form="table").encoded() == ""
