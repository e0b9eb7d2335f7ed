"""Lists as the URL says them: whatever it says, the meaning is one query, and equal meanings are equal queries."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards.listing import PAGE_SIZE, ListQuery, ListSpec, SortKey, choices, paging


@dataclass(frozen=True)
class Fruit:
    """Something to list."""

    key: str
    name: str
    colour: str
    weight: int | None


FRUIT = [
    Fruit("1", "Apple", "red", 3),
    Fruit("2", "Banana", "yellow", None),
    Fruit("3", "Cherry", "red", 1),
    Fruit("4", "Damson", "blue", 3),
]
SPEC: ListSpec[Fruit] = ListSpec(
    sorts={"name": lambda row: row.name, "weight": lambda row: row.weight},
    filters={"colour": lambda row: (row.colour,)},
    search=lambda row: (row.name, row.colour),
    default_sort=(SortKey("name"),),
    columns=("name", "colour", "weight"),
    fixed=("name",),
)


def shown(address: str) -> list[str]:
    """Return the names that an address's query shows, in order."""
    query = SPEC.read(parse_qs(address))
    return [row.name for row in SPEC.order(filter(SPEC.matcher(query, SPEC.text), FRUIT), query)]


def test_filters_search_and_sort() -> None:
    assert shown("") == ["Apple", "Banana", "Cherry", "Damson"]
    assert shown("colour=red") == ["Apple", "Cherry"]
    assert shown("colour=red&colour=blue") == ["Apple", "Cherry", "Damson"]
    assert shown("q=RED+app") == ["Apple"]
    assert shown("sort=-name") == ["Damson", "Cherry", "Banana", "Apple"]


def test_several_keys_sort_stably_and_the_unknown_comes_last() -> None:
    assert shown("sort=weight,-name") == ["Cherry", "Damson", "Apple", "Banana"]
    assert shown("sort=-weight,name") == ["Apple", "Damson", "Cherry", "Banana"]


def test_what_makes_no_sense_is_left_out() -> None:
    query = SPEC.read(parse_qs("page=-3&sort=nope,name&columns=x,weight&zzz=1&colour=" + "x" * 5000))
    assert (query.page, query.sort, query.columns) == (1, (), ("weight",))
    assert len(query.chosen("colour")[0]) <= 100
    assert SPEC.shown_columns(query) == ("name", "weight")


def test_equal_meanings_are_equal_queries() -> None:
    one = SPEC.read(parse_qs("colour=red&colour=blue&q=+a++b&sort=name"))
    other = SPEC.read(parse_qs("q=a+b&colour=blue&colour=red&colour=red&page=1"))
    assert one == other
    assert hash(one) == hash(other)


def test_toggling_twice_is_nothing() -> None:
    query = SPEC.read(parse_qs("q=a&page=4"))
    assert query.toggled("colour", "red").chosen("colour") == ("red",)
    assert query.toggled("colour", "red").toggled("colour", "red") == ListQuery(search="a")


def test_a_sorted_column_turns_round_and_others_follow() -> None:
    query = ListQuery().sorted_by("weight").sorted_by("name").sorted_by("name")
    assert query.sort == (SortKey("name", descending=True), SortKey("weight"))


def test_a_page_beyond_the_last_is_the_last() -> None:
    sheet = paging(9, PAGE_SIZE + 1, PAGE_SIZE + 7)
    assert (sheet.page, sheet.page_count, sheet.first, sheet.last) == (2, 2, PAGE_SIZE + 1, PAGE_SIZE + 1)
    assert (paging(1, 0, 0).first, paging(1, 0, 0).last) == (0, 0)


def test_a_chosen_value_stays_on_offer_when_nothing_has_it() -> None:
    query = SPEC.read(parse_qs("colour=green"))
    offers = [(one.value, one.count, one.is_chosen, one.link) for one in choices(query, "colour", {"red": 2})]
    assert offers == [("green", 0, True, ""), ("red", 2, False, "colour=green&colour=red")]


@given(st.dictionaries(st.sampled_from(["q", "sort", "page", "columns", "colour"]), st.lists(st.text(), max_size=3)))
def test_any_address_reads_and_reads_back_the_same(parameters: dict[str, list[str]]) -> None:
    query = SPEC.read(parameters)
    assert SPEC.read(parse_qs(query.encoded())) == query
