"""sources.toml: what is accepted, and for each mistake the sentence with its line and mend."""

import re
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from dashboard.sources import MAX_FILE_BYTES, SourcesRefused, configured_appliances, line_numbers, read_sources
from realtime.appliance.configured import configured_appliances as configured_for_realtime
from realtime.errors import Actor, who_acts
from realtime.source import Appliance

ROOT = Path(__file__).parents[2]
VENDORS = "beyondtrust, evovoice, gototraining, seeit, takecontrol"
SECRET = "hunter2-hunter2"
GOOD = f"""[helpdesk]
vendor = "beyondtrust"
url = "https://support.example.com"
client_id = "0123456789abcdef"
client_secret = "{SECRET}"
"""
NEEDED = (
    "customer_client",
    "queue",
    "representative",
    "representative_queue",
    "representative_support_session",
    "support_session",
    "support_session_skill",
    "presenter",
)


def write(folder: Path, text: str) -> Path:
    """Write a sources.toml."""
    path = folder / "sources.toml"
    path.write_text(text)
    return path


def problems(folder: Path, text: str) -> tuple[str, ...]:
    """Return what is wrong with a file."""
    with pytest.raises(SourcesRefused) as raised:
        appliances(write(folder, text))
    assert SECRET not in str(raised.value) + repr(raised.value)
    return raised.value.problems


def appliances(path: Path) -> tuple[Appliance, ...]:
    """Return the appliances of a file that names nothing else."""
    sources = read_sources(path)
    found = tuple(source for source in sources if isinstance(source, Appliance))
    assert len(found) == len(sources)
    return found


def test_source_is_read(tmp_path: Path) -> None:
    appliance = Appliance("helpdesk", "https://support.example.com", "0123456789abcdef", SECRET)
    assert appliances(write(tmp_path, GOOD)) == (appliance,)
    assert SECRET not in repr(appliance)


def test_sources_keep_their_order_and_options(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tables = ["attende", *NEEDED, "queue"]
    text = GOOD.replace("helpdesk", "zeta") + GOOD + f'ca_bundle = "ca.pem"\ntables = {tables}\n'
    first, second = appliances(write(tmp_path, text))
    assert (first.name, first.ca_bundle, first.tables) == ("zeta", None, None)
    assert (second.name, second.ca_bundle, second.tables) == ("helpdesk", tmp_path / "ca.pem", ("attendee", *NEEDED))


@pytest.mark.parametrize(
    ("written", "url", "websocket_url", "port"),
    [
        ("https://Support.Example.com/", "https://support.example.com", "wss://support.example.com/nw", 443),
        (
            "https://support.example.com:8443",
            "https://support.example.com:8443",
            "wss://support.example.com:8443/nw",
            8443,
        ),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123", "ws://127.0.0.1:8123/nw", 8123),
        ("http://localhost", "http://localhost", "ws://localhost/nw", 80),
        ("http://[::1]:81", "http://[::1]:81", "ws://[::1]:81/nw", 81),
    ],
)
def test_url_is_normalised(tmp_path: Path, written: str, url: str, websocket_url: str, port: int) -> None:
    (source,) = appliances(write(tmp_path, GOOD.replace("https://support.example.com", written)))
    assert (source.url, source.websocket_url, source.port) == (url, websocket_url, port)


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("", "it is empty"),
        ("support.example.com", "it is no address"),
        ("ftp://support.example.com", "must begin with https://"),
        ("http://support.example.com", "http would send the secret in the clear"),
        ("http://127.0.0.1.example.com", "http would send the secret in the clear"),
        ("https://pat:pw@support.example.com", "must not hold a user name or password"),
        ("https://support.example.com/api", "leave out everything after the host and port"),
        ("https://support.example.com?a=b", "leave out the question mark or # and everything after it"),
        ("https://support.example.com#a", "leave out the question mark or # and everything after it"),
        ("https://support.example.com:99999", "it is no address"),
        ("https://support.example.com:0", "it is no address"),
        ("https://", "it is no address"),
        ("https://[::1", "it is no address"),
        ("https://sup port.example.com", "it is no address"),
    ],
)
def test_url_mistakes(tmp_path: Path, written: str, mend: str) -> None:
    (problem,) = problems(tmp_path, GOOD.replace("https://support.example.com", written))
    assert problem.startswith("sources.toml line 3: [helpdesk] has a wrong url: ")
    assert mend in problem


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("client_id", "clientid"),
            (
                "sources.toml line 1: [helpdesk] lacks client_id; add the API account's OAuth client ID.",
                'sources.toml line 4: [helpdesk] has an unknown key "clientid"; did you mean "client_id"?',
            ),
        ),
        (
            ('vendor = "beyondtrust"', 'vendor = "bomgar"'),
            (f'sources.toml line 2: [helpdesk] has an unknown vendor "bomgar"; known are {VENDORS}.',),
        ),
        (('vendor = "beyondtrust"', ""), (f"sources.toml line 1: [helpdesk] lacks vendor; known are {VENDORS}.",)),
        (
            ("[helpdesk]", "[Help-Desk]"),
            (
                "sources.toml line 1: [Help-Desk] is no source name; use up to 32 of a-z, 0-9, _ and -, "
                "beginning with a letter.",
            ),
        ),
        (
            ("[helpdesk]", "[[helpdesk]]"),
            (
                "sources.toml line 1: [helpdesk] is a list of tables; write [helpdesk] in single brackets, "
                "and each name once.",
            ),
        ),
        (
            ("[helpdesk]", 'url = "x"\n[helpdesk]'),
            (
                "sources.toml line 1: [url] is no table: url stands outside of every source; "
                "move it below a [name] line.",
            ),
        ),
        (
            ('"0123456789abcdef"', '"a:b"'),
            (
                "sources.toml line 4: [helpdesk] has a wrong client_id: it holds signs that a client ID never has; "
                "copy it again.",
            ),
        ),
        (
            ('"0123456789abcdef"', "17"),
            ("sources.toml line 4: [helpdesk] has a wrong client_id: it must be text in quotes.",),
        ),
    ],
)
def test_mistakes_name_line_key_and_mend(tmp_path: Path, change: tuple[str, str], expected: tuple[str, ...]) -> None:
    assert problems(tmp_path, GOOD.replace(*change)) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", "line 1: [helpdesk] lacks its secret; add one of client_secret, client_secret_env, client_secret_file."),
        ('client_secret = ""', "line 5: [helpdesk] has a wrong client_secret: it is empty."),
        (
            f'client_secret = "{SECRET}"\nclient_secret_env = "A"',
            "line 6: [helpdesk] has client_secret and client_secret_env; keep one of them.",
        ),
        (
            'client_secret_env = "NOT_SET_ANYWHERE"',
            "line 5: [helpdesk] has a wrong client_secret_env: the environment variable NOT_SET_ANYWHERE is not set or "
            "empty; set it where this program is started.",
        ),
        (
            f'client_secret_env = "{SECRET}"',
            "line 5: [helpdesk] has a wrong client_secret_env: it must be the name of an environment variable, "
            "of A-Z, 0-9 and _.",
        ),
        (
            f'client_secret_file = "{SECRET}"',
            "line 5: [helpdesk] has a wrong client_secret_file: the file cannot be read (No such file or directory); "
            "relative paths start at {folder}.",
        ),
        (
            f'client_secret = "{SECRET} x"',
            "line 5: [helpdesk] has a wrong client_secret: the secret holds a space, a line break or another sign that "
            "no secret has; copy it again.",
        ),
    ],
)
def test_secret_mistakes(tmp_path: Path, lines: str, expected: str) -> None:
    text = GOOD.replace(f'client_secret = "{SECRET}"', lines)
    assert problems(tmp_path, text) == (f"sources.toml {expected.format(folder=tmp_path)}",)


@pytest.mark.parametrize("content", [SECRET, f"{SECRET}\n", f"{SECRET}\r\n"])
def test_secret_from_file_beside_the_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret").write_bytes(content.encode())
    text = GOOD.replace(f'client_secret = "{SECRET}"', 'client_secret_file = "secret"')
    (source,) = appliances(write(tmp_path, text))
    assert source.client_secret == SECRET


@pytest.mark.parametrize(
    ("content", "mend"), [(b"", "is empty"), (b"\xff\n", "not text"), (b"a" * 70_000, "too large")]
)
def test_secret_file_mistakes(tmp_path: Path, content: bytes, mend: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    (problem,) = problems(tmp_path, GOOD.replace(f'client_secret = "{SECRET}"', 'client_secret_file = "secret"'))
    assert problem.startswith("sources.toml line 5: [helpdesk] has a wrong client_secret_file: ")
    assert mend in problem


def test_secret_from_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_CLIENT_SECRET", SECRET)
    text = GOOD.replace(f'client_secret = "{SECRET}"', 'client_secret_env = "HELPDESK_CLIENT_SECRET"')
    (source,) = appliances(write(tmp_path, text))
    assert source.client_secret == SECRET


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("tables = []", "leave it out to get all tables"),
        ('tables = "all"', "leave it out to get all tables"),
        ('tables = ["queues"]', 'there is no table "queues"; did you mean "queue"?'),
        ("tables = [1]", 'there is no table "1"; known are customer_client, '),
        (
            f"tables = {[name for name in NEEDED if name not in ('customer_client', 'presenter')]}",
            "boards need customer_client, presenter too; add what is missing, or leave the key out to get all tables",
        ),
        ('ca_bundle = "gone.pem"', "gone.pem cannot be read (No such file or directory)"),
        ('ca_bundle = "sources.toml"', "sources.toml holds no certificate"),
        ('ca_bundle = "."', "cannot be read (Is a directory)"),
    ],
)
def test_option_mistakes(tmp_path: Path, line: str, mend: str) -> None:
    (problem,) = problems(tmp_path, GOOD + line + "\n")
    assert problem.startswith(f"sources.toml line 6: [helpdesk] has a wrong {line.split()[0]}: ")
    assert mend in problem


def test_all_mistakes_come_at_once_in_order(tmp_path: Path) -> None:
    text = GOOD.replace("https", "ftp").replace("0123", ":") + "colour = 1\n[other]\n"
    assert [problem.split(":")[0] for problem in problems(tmp_path, text)] == [
        "sources.toml line 3",
        "sources.toml line 4",
        "sources.toml line 6",
        "sources.toml line 7",
    ]


def test_file_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    with pytest.raises(SourcesRefused) as raised:
        read_sources(path)
    assert raised.value.problems == (
        f"{path} does not exist; copy sources.example.toml to sources.toml and fill it in, "
        "or set SOURCES_FILE to where it is.",
    )
    assert who_acts(raised.value) is Actor.OPERATOR
    assert problems(tmp_path, "") == ("sources.toml names no source; add one as sources.example.toml shows.",)
    assert "line 2" in problems(tmp_path, f"[helpdesk]\nclient_secret = {SECRET}\n")[0]
    assert problems(tmp_path, "#" * (MAX_FILE_BYTES + 1)) == (
        f"{path} is larger than 1 MiB; it should hold a few lines per source.",
    )
    path.write_bytes(b"\xff")
    with pytest.raises(SourcesRefused, match="is not UTF-8 text"):
        read_sources(path)


def test_lines_are_found_beside_comments_and_long_texts() -> None:
    text = '# [no]\n[ "a" ] # x\nb = """\n[c]\nd = 1\n"""\n e="1"\n[[f]]\n'
    assert line_numbers(text) == {("a", ""): 2, ("a", "b"): 3, ("a", "e"): 7, ("f", ""): 8}


def test_example_shows_every_key_and_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_CLIENT_SECRET", SECRET)
    text = (ROOT / "sources.example.toml").read_text()
    (source,) = appliances(write(tmp_path, text))
    assert source.name == "helpdesk"
    keys = (
        "vendor",
        "url",
        "client_id",
        "client_secret",
        "client_secret_env",
        "client_secret_file",
        "ca_bundle",
        "tables",
    )
    assert [key for key in keys if f"\n{key} = " not in text and f"\n# {key} = " not in text] == []


def test_the_list_of_tables_in_the_example_works(tmp_path: Path) -> None:
    text = (ROOT / "sources.example.toml").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^# tables = \[\n(?:#   .+\n)+# \]$", text, re.MULTILINE)
    (appliance,) = appliances(write(tmp_path, GOOD + re.sub(r"^# ", "", shown, flags=re.MULTILINE)))
    assert sorted(appliance.tables or ()) == sorted(NEEDED)


def test_configured_appliances_come_from_the_settings(tmp_path: Path, settings: Settings) -> None:
    settings.SOURCES_FILE = write(tmp_path, GOOD)
    assert [source.name for source in configured_appliances()] == ["helpdesk"]
    assert configured_for_realtime() == configured_appliances()


values = st.recursive(
    st.text(max_size=8) | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=2), max_leaves=4
)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SourcesRefused):
        read_sources(path)


@given(st.dictionaries(st.sampled_from(["vendor", "url", "client_id", "client_secret", "tables", "ca_bundle"]), values))
def test_any_values_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, entry: dict[str, object]) -> None:
    path = tmp_path_factory.getbasetemp() / "values.toml"
    lines = [f"{key} = {toml(value)}" for key, value in ({"vendor": "beyondtrust"} | entry).items()]
    path.write_text("\n".join(["[helpdesk]", *lines]), encoding="utf-8")
    with pytest.raises(SourcesRefused):
        read_sources(path)


def toml(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(sign):08x}" for sign in value if not 0xD800 <= ord(sign) < 0xE000) + '"'
    return str(value).lower()
