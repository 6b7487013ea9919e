"""Make files that are not JSON, or that programs read differently."""

import gzip
import json
import re
from random import Random

from support.bad_trigger_files.faults import Faults

FAULTS = Faults("bytes")
_NOT_JSON = "the file is not JSON"
_BOM = b"\xef\xbb\xbf"
_ALIAS = re.compile(r'"alias_name": "(?:[^"\\]|\\.)*"')


def _compact(content: bytes) -> str:
    """Write the same in the one way in which it can be changed by its text."""
    return json.dumps(json.loads(content.decode("utf-8-sig")))


@FAULTS.in_bytes("cut off", "the file is not ")
def _cut_off(random: Random, content: bytes) -> bytes:
    # No beginning of an object is an object.
    return content[: random.randrange(len(content))]


@FAULTS.in_bytes("without its beginning", "the file is not ")
def _without_its_beginning(random: Random, content: bytes) -> bytes:
    return content.removeprefix(_BOM)[random.randint(1, 30) :]


@FAULTS.in_bytes("something after its end", _NOT_JSON)
def _something_after(random: Random, content: bytes) -> bytes:
    return content + random.choice([b"}", b"]", b",", b"{}", b"null", b"x", b"\n\n#", b"\0", b";", content])


@FAULTS.in_bytes("something before its beginning", _NOT_JSON)
def _something_before(random: Random, content: bytes) -> bytes:
    before = random.choice([b"{", b"[", b"file = ", b")]}',\n", b"<!-- -->", b"// a\n", b"\0", _BOM + _BOM, b"---\n"])
    return before + content.removeprefix(_BOM)


@FAULTS.in_bytes("a byte that is never UTF-8", "the file is not UTF-8")
def _never_utf8(random: Random, content: bytes) -> bytes:
    position = random.randint(0, len(content))
    return content[:position] + random.choice([b"\xff", b"\xfe", b"\xc0", b"\xf5"]) + content[position:]


@FAULTS.in_bytes("a letter in Latin-1", "the file is not UTF-8")
def _latin_1(random: Random, content: bytes) -> bytes:
    # A single byte above 0x7f between two ASCII letters is no UTF-8.
    return content.replace(b'"indices"', b'"ind' + random.choice("äöüßéñ").encode("latin-1") + b'ces"')


@FAULTS.in_bytes("in UTF-16 or UTF-32", "the file is not ")
def _utf_16(random: Random, content: bytes) -> bytes:
    encoding = random.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
    return content.decode("utf-8-sig").encode(encoding)


@FAULTS.in_bytes("compressed", "the file is not UTF-8")
def _compressed(random: Random, content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=random.randint(1, 9), mtime=random.getrandbits(31))


@FAULTS.in_bytes("any bytes", "the file is not UTF-8")
def _any_bytes(random: Random, _: bytes) -> bytes:
    return b"\x80" + random.randbytes(random.randint(0, 200))


@FAULTS.in_bytes("empty", _NOT_JSON)
def _empty(random: Random, _: bytes) -> bytes:
    return "".join(random.choices(" \t\r\n", k=random.randint(0, 9))).encode()


@FAULTS.in_bytes("no object", "is not of type 'object'")
def _no_object(random: Random, content: bytes) -> bytes:
    text = _compact(content)
    return random.choice([f"[{text}]", json.dumps(text), f"{random.random()}", "null", "true", "[]", '""']).encode()


@FAULTS.in_bytes("deeply nested", "nested too deeply")
def _deeply_nested(random: Random, content: bytes) -> bytes:
    depth = random.choice([201, 500, 990, 5_000, 100_000]) + random.randint(0, 99)
    opened, closed = random.choice([("[", "]"), ('{"a":', "}")])
    nested = f"{opened * depth}1{closed * depth}"
    return random.choice([nested, f'{_compact(content)[:-1]}, "settings": {nested}}}']).encode()


@FAULTS.in_bytes("more than 1 MiB", "expected at most 1048576", at_most=3)
def _too_large(random: Random, content: bytes) -> bytes:
    return content + b" " * (1024 * 1024 - len(content) + random.randint(1, 1000))


@FAULTS.in_bytes("a control character in a text", _NOT_JSON)
def _control_character(random: Random, content: bytes) -> bytes:
    return content.replace(b"schema.json", bytes([random.randrange(32)]) + b"schema.json", 1)


@FAULTS.in_bytes("half of a surrogate pair", "half of a surrogate pair")
def _surrogate(random: Random, content: bytes) -> bytes:
    return content.replace(b"schema.json", rf"\u{random.randint(0xD800, 0xDFFF):04x}schema.json".encode(), 1)


@FAULTS.in_bytes("an unknown escape", _NOT_JSON)
def _unknown_escape(random: Random, content: bytes) -> bytes:
    escape = random.choice([rb"\x41", rb"\q", rb"\u12g4", rb"\'", rb"\u{41}", rb"\0"])
    return content.replace(b"schema.json", escape + b"schema.json", 1)


@FAULTS.in_bytes("a number that is none, or too long", _NOT_JSON)
def _number(random: Random, content: bytes) -> bytes:
    numbers = [
        *("NaN", "Infinity", "-Infinity", "1e999", "-1e400", "01", "+1", ".5", "1.", "0x10", "1_000", "-"),
        "9" * 5000,
    ]
    return _ALIAS.sub(f'"alias_name": {random.choice(numbers)}', _compact(content)).encode()


@FAULTS.in_bytes("a value of another language", _NOT_JSON)
def _other_language(random: Random, content: bytes) -> bytes:
    value = random.choice(["None", "True", "undefined", "'a'", "a", "`a`", "yes", "${a}", "<a>", "(1)", "*", "@a"])
    return _ALIAS.sub(f'"alias_name": {value}', _compact(content)).encode()


@FAULTS.in_bytes("punctuation of another language", _NOT_JSON)
def _punctuation(random: Random, content: bytes) -> bytes:
    text = _compact(content)
    wrong = [
        f"{text[:-1]},}}",
        text.replace('", "', '" "', 1),
        text.replace('": ', '" ', 1),
        text.replace('": ', '" = ', 1),
        text.replace('"alias_name"', "alias_name"),
        text.replace('"', "'"),
        text.replace('"alias_name"', '/* which */ "alias_name"'),
        text.replace('"alias_name"', '// which\n"alias_name"'),
        text.replace('"alias_name"', ', "alias_name"'),
        text.replace("[", "(").replace("]", ")"),
    ]
    return random.choice(wrong).encode()


@FAULTS.in_bytes("a key twice", "duplicate key ")
def _twice(random: Random, content: bytes) -> bytes:
    before = random.choice(
        [
            *('"alias_name": "other"', '"alias_name": null', '"reindex": {"slices": 1, "slices": 1}'),
            *('"settings": {"a": {"b": [{"c": 1, "d": 2, "c": 1}]}}', '"a": 1, "a": 1, "a": 1'),
        ]
    )
    return _compact(content).replace('"alias_name"', f'{before}, "alias_name"').encode()


@FAULTS.in_bytes("thousands of keys, one of them twice", "duplicate key 'k7'", at_most=3)
def _thousands_of_keys(random: Random, content: bytes) -> bytes:
    keys = ", ".join(f'"k{number}": 1' for number in random.sample(range(50_000), 50_000))
    return _compact(content).replace('"alias_name"', f'"k7": 0, {keys}, "alias_name"').encode()
