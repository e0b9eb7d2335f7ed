"""Codes and secrets: what people type, what is stored, what a phone reads."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.displays.codes import LENGTH, SIGNS, code_of, digest_code, grouped, read_code
from dashboard.displays.qr import QUIET_MODULES, draw
from dashboard.secret import digest, new_secret


@given(st.text(max_size=60))
def test_a_code_is_read_as_it_is_shown(secret: str) -> None:
    code = code_of(secret)
    assert len(code) == LENGTH
    assert set(code) <= set(SIGNS)
    assert read_code(f" {grouped(code).lower()} ") == code


@given(st.text(max_size=80))
def test_what_people_type_is_a_code_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == LENGTH and set(code) <= set(SIGNS))


def test_signs_that_look_alike_are_no_code() -> None:
    assert read_code("CDFH-34O0") is None
    assert read_code("CDFH-346") is None
    assert read_code("CDFH-34679") is None


def test_the_stored_code_depends_on_the_key() -> None:
    assert digest_code("CDFH3467", "one") != digest_code("CDFH3467", "other")


def test_secrets_differ_and_have_256_bits() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == len({digest(one) for one in secrets}) == len({code_of(one) for one in secrets}) == 100
    assert min(map(len, secrets)) == 43  # 32 bytes in base64 without padding


def test_a_qr_code_has_its_three_finders_and_free_space() -> None:
    drawing = draw("https://support.example.com/pair/?code=CDFH-3467")
    marks = {tuple(map(int, mark.split("h")[0].split())) for mark in drawing.path.split("M")[1:]}
    far = drawing.size - QUIET_MODULES - 7
    for left, top in ((QUIET_MODULES, QUIET_MODULES), (far, QUIET_MODULES), (QUIET_MODULES, far)):
        assert {(left + step, top) for step in range(7)} <= marks
        assert not {(left + 1 + step, top + 1) for step in range(5)} & marks
    assert all(QUIET_MODULES <= x < drawing.size - QUIET_MODULES for x, _y in marks)
