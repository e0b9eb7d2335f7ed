"""Who is who: handles, what is proposed and why, what is not proposed again."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards.people import Identity, People, PersonRef, fold, handle_of, propose

BT = Identity("helpdesk", "tdvorak", "Tomáš Dvořák")
EVO = Identity("phones", "", "TOMÁŠ  DVOŘÁK")
SEEIT = Identity("camera", "Tomas@Example.com", "")
TC = Identity("remote", "tomas@example.com", "T. Dvorak")
ANN = Identity("phones", "", "Ann Lee")


def test_a_handle_is_the_login_else_the_name_folded() -> None:
    assert BT.handle == "helpdesk:tdvorak"
    assert EVO.handle == "phones:tomáš dvořák"
    assert SEEIT.handle == "camera:tomas@example.com"
    assert len(handle_of("phones", "", "W" * 900)) == 200


def test_equal_addresses_and_equal_names_are_proposed_with_their_reason() -> None:
    found = propose([BT, EVO, SEEIT, TC, ANN], People())

    assert [(one.reason, {each.handle for each in one.identities}, one.person_key) for one in found] == [
        ("same e-mail address", {SEEIT.handle, TC.handle}, ""),
        ("same name", {BT.handle, EVO.handle}, ""),
    ]
    assert [one.name for one in found] == ["T. Dvorak", "Tomáš Dvořák"]


def test_who_is_in_the_map_takes_others_in_and_is_not_proposed_twice() -> None:
    person = PersonRef(":7", "Tomáš")
    one_held = propose([SEEIT, TC], People({TC.handle: person}))
    both_held = propose([SEEIT, TC], People({TC.handle: person, SEEIT.handle: person}))
    two_persons = propose([SEEIT, TC], People({TC.handle: person, SEEIT.handle: PersonRef(":8", "Tom")}))

    assert [one.person_key for one in one_held] == [":7"]
    assert both_held == two_persons == []


def test_what_was_split_is_not_proposed_again() -> None:
    assert propose([SEEIT, TC], People(), [frozenset({SEEIT.handle, TC.handle})]) == []


def test_rows_name_the_person_of_the_map_else_the_identity_else_nobody() -> None:
    people = People({TC.handle: PersonRef(":7", "Tomáš")})

    assert people.find("remote", "TOMAS@example.com", "whoever") == PersonRef(":7", "Tomáš")
    unmapped = people.find("camera", "tomas@example.com", "")
    assert unmapped is not None
    assert (unmapped.key, unmapped.name) == (SEEIT.handle, "tomas@example.com")
    assert people.find("camera", "", "") is None


identities = st.builds(
    Identity,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["", "x@y.z", "X@y.z", "x"]),
    st.sampled_from(["", "Ann", " ann ", "Bo\u0000b", "\u202ex"]),
).filter(lambda one: bool(one.login or one.name))


@given(st.lists(identities, max_size=12))
def test_proposals_join_at_least_two_handles_that_share_something(seen: list[Identity]) -> None:
    for proposal in propose(seen, People()):
        assert len({one.handle for one in proposal.identities}) == len(proposal.identities) > 1
        logins = {fold(one.login) for one in proposal.identities}
        names = {fold(one.name) for one in proposal.identities}
        assert len(logins) == 1 or len(names) == 1
        assert proposal.name
