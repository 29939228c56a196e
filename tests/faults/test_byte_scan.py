"""No file of a workspace, and no export, holds in clear what a person wrote or is known by."""

import base64
import gzip
import json
import lzma
import sqlite3
import zlib
from contextlib import closing

import pytest

from journey.bootstrap import Workspace
from journey.settings import Settings
from projections.tables import TABLES
from tests.cli.runner import answer, init, journey
from tests.faults.conftest import KEY

pytestmark = pytest.mark.xdist_group("scan")  # one worker makes what all of them need
SETTINGS = Settings(master_key=bytes.fromhex(KEY["JOURNEY_MASTER_KEY"]))
TWEETS = (1245403438755852288, 1245425308704149506)
SECRETS = {
    "text": "mein Päckchen kam nie an",
    "another text": "Please look at it, Wilhelmina",
    "a bad line": "unreadable-but-private-4711",
    "handle": "client_ab12cd34ef",
    "e-mail": "wilhelmina.muster@example.com",
    "phone": "+4917155501234",
    "visitor": "visitor-cookie-99aa88",
    "order": "order-no-556677",
    "url": "https://shop.example/private/page?of=wilhelmina",
    "comment": "far too slow for my taste",
    "message id": "message-id-31337-x",
    "conversation": "conversation-id-777-y",
    "property": "a secret voucher code",
    "session": "LgwAXtbbEm0mBvDrGmjk",
    "tweet": str(TWEETS[0]),
    "another tweet": str(TWEETS[1]),
    "refused": "told-to-nobody-at-all",
}


def jsonl():
    who = {"email": SECRETS["e-mail"], "phone": SECRETS["phone"], "anonymous": SECRETS["visitor"]}
    told = {
        "message-received": {"text": SECRETS["text"], "note": SECRETS["property"]},
        "order-placed": {"order_id": SECRETS["order"], "amount": "19.90", "currency": "EUR"},
        "page-viewed": {"name": "home", "url": SECRETS["url"]},
        "survey-answered": {"survey": "csat", "score": 2, "scale_min": 1, "scale_max": 5}
        | {"comment": SECRETS["comment"]},
    }
    for n, (kind, properties) in enumerate(told.items()):
        yield {
            "id": SECRETS["message id"] if n == 0 else f"plain-{n}",
            "source": "shop",
            "type": kind,
            "time": f"2024-05-0{n + 1}T10:00:00Z",
            "identities": who,
            "channel": "chat",
            "direction": "inbound",
            "conversation": SECRETS["conversation"],
            "actor": {"kind": "customer"},
            "properties": properties,
        }
    yield {
        "id": SECRETS["refused"],
        "source": "shop",
        "type": "message-received",
        "time": "2024-05-09T10:00:00Z",
        "properties": {"text": SECRETS["refused"]},
    }


def twitter():
    said = {"client": SECRETS["handle"], "datetime": "2020-04-01T17:31:32.000Z"}
    said |= {"message": f"@Team {SECRETS['another text']}", "tweet_ID": str(TWEETS[0])}
    header = {"company": "Team", "conversationDateTime": said["datetime"], "messageCount": "2"}
    closing_words = f"@{SECRETS['handle']} {SECRETS['another text']}"
    agent = {"doc_id": "1", "turn": "2", "tweet_ID": str(TWEETS[1]), "url": SECRETS["url"]}
    return [
        {
            "agentURL": agent | {"url_utterance": closing_words},
            "dialogContent": [said],
            "dialogHeader": header | {"sessionID": SECRETS["session"], "duration": "00:00:01.0"},
        }
    ]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scan")
    made = init(folder / "workspace", KEY)
    lines = [json.dumps(line, ensure_ascii=False) for line in jsonl()]
    bad = SECRETS["a bad line"]
    lines += [f'{{"id": "{bad}", ', json.dumps({"id": bad, "source": bad, "type": bad})]
    file, tweets = folder / "shop.jsonl", folder / "tweets.json"
    file.write_text("\n".join(lines), encoding="utf-8")
    tweets.write_text(json.dumps(twitter()), encoding="utf-8")
    counts = answer("import", "jsonl", file, "--workspace", made, env=KEY)
    assert (counts["appended"], counts["quarantined"]) == (4, 3)
    assert answer("import", "twitter-care", tweets, "--workspace", made, env=KEY)["appended"] == 2
    again = json.loads(json.dumps(twitter()))
    again[0]["dialogContent"][0]["message"] = f"told again: {SECRETS['text']}"
    tweets.write_text(json.dumps(again), encoding="utf-8")
    assert answer("import", "twitter-care", tweets, "--workspace", made, env=KEY)["differing"] == 1
    answer("export", made / "export.avro", "--workspace", made, env=KEY)
    assert journey("verify", "--workspace", made, env=KEY).code == 0
    # A killed process leaves its write-ahead logs behind.
    fault = KEY | {"JOURNEY_TEST_FAULT": "after-state-commit:0"}
    more = folder / "more.jsonl"
    one = next(iter(jsonl())) | {"id": SECRETS["message id"] + "2"}
    more.write_text(json.dumps(one), encoding="utf-8")
    assert journey("import", "jsonl", more, "--workspace", made, env=fault).code < 0
    assert list(made.rglob("*-wal"))
    return made


def forms(text):
    """The same words as they might hide in a file."""
    for spelling in {text, text.lower(), text.upper(), text.removeprefix("+")}:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            data = spelling.encode(encoding)
            yield data
            yield data.hex().encode()
            yield data.hex().upper().encode()
            for shift in range(3):  # base64 depends on where in three bytes it begins
                whole = base64.b64encode(b"\0" * shift + data)
                yield whole[4 if shift else 0 : len(whole) - 4]
        yield spelling.encode()[::-1]
        yield json.dumps(spelling)[1:-1].encode()


def numbers(value):
    """A tweet's id as a number: fixed, and as Avro writes it."""
    yield value.to_bytes(8, "little")
    yield value.to_bytes(8, "big")
    for left in (value, value << 1):
        out = bytearray()
        while left > 0x7F:
            out.append(left & 0x7F | 0x80)
            left >>= 7
        yield bytes([*out, left])


NEEDLES = {name: set(forms(text)) for name, text in SECRETS.items()}
for name, value in zip(("tweet", "another tweet"), TWEETS, strict=True):
    NEEDLES[name] |= set(numbers(value))


def found_in(data):
    return {name for name, needles in NEEDLES.items() if any(n in data for n in needles)}


def unpacked(data):
    """The bytes, and what is packed in them by the usual means, wherever it begins."""
    yield data
    for start, unpack in (
        (b"\x1f\x8b", gzip.decompress),
        (b"x\x9c", lambda d: zlib.decompressobj().decompress(d)),
        (b"\xfd7zXZ", lzma.decompress),
    ):
        if data.startswith(start):
            yield unpack(data)


def test_the_scan_finds_what_is_there():
    for name, text in SECRETS.items():
        for disguise in (text.encode(), text.encode("utf-16-le"), text.encode().hex().encode()):
            assert name in found_in(b"...." + disguise + b"....")
        for shift in range(3):
            assert name in found_in(base64.b64encode(b"." * shift + text.encode() + b"...."))
    assert found_in(b"\0" + (TWEETS[0] << 1).to_bytes(9, "little")) == set()
    assert found_in(TWEETS[0].to_bytes(8, "big")) == {"tweet"}


def test_no_file_has_it_in_clear(workspace):
    files = [path for path in workspace.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {"log.db", "keys.db", "state.db", "quarantine.db", "export.avro"} <= {
        path.name for path in files
    }
    leaks = {
        (path.relative_to(workspace).as_posix(), name)
        for path in files
        for data in unpacked(path.read_bytes())
        for name in found_in(data)
    }
    assert leaks == set()
    named = {name for path in files for name in found_in(path.name.encode())}
    assert named == set()


def test_no_column_of_a_database_has_it(workspace):
    """Page by page a text may be cut in two, where a file's bytes would not show it."""
    for database in workspace.glob("*.db"):
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            for table in tables:
                for row in db.execute(f"SELECT * FROM {table}"):
                    for value in row:
                        data = value if isinstance(value, bytes) else str(value).encode()
                        assert found_in(data) == set(), (database.name, table)


def test_no_row_of_clickhouse_has_it(workspace):
    with Workspace(workspace, SETTINGS) as opened:
        for table in TABLES:
            rows = opened.analytics.rows(table)
            assert found_in(json.dumps(rows.to_pylist(), default=str).encode()) == set()
        assert opened.analytics.rows(TABLES[0]).num_rows >= 6
