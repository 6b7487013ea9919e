"""Hold for any bytes in the bucket, any endpoint, and any reason of an error."""

import itertools
import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from opensearch_reindex.runtime.endpoint import allowed_endpoint
from opensearch_reindex.runtime.errors import ReindexError, TriggerFileError
from opensearch_reindex.trigger.trigger_file import parse_json
from support.spellings import JSON_LEAVES, JSON_OBJECTS

LARGEST_CAUSE_CHARACTERS = 32_768  # of Step Functions
STACK_TRACE_CHARACTERS = 4_000  # Lambda's, beside the message: some ten lines

LISTED = ["desk.example.com", "desk.example.com:80", "desk.example.com:8443", "127.0.0.1:9200", "localhost:9200"]
# Every form of these endpoints that is allowed.
ALLOWED = {
    f"{scheme}://{host}{port}{slash}"
    for schemes, host, ports in (
        (("https",), "desk.example.com", ("", ":443", ":80", ":8443")),
        (("https", "http"), "127.0.0.1", (":9200",)),
        (("https", "http"), "localhost", (":9200",)),
    )
    for scheme, port, slash in itertools.product(schemes, ports, ("", "/"))
}
# URL parsers disagree about these: delimiters, white space, letters that become ASCII in lower case or under NFKC.
NASTY = (
    *"@:/\\?#%[];,. \t\n\r\0-_0aA",
    *("\u212a", "\u017f", "\u3002", "\uff0e", "\uff0f", "\u200b", "\u0664"),
    *("//", "%2f", "evil.example", "user@", ":443", "http://", "@evil.example", ".evil.example"),
)


@st.composite
def disguised_endpoints(draw: st.DrawFn) -> str:
    """Take an allowed endpoint, and insert or remove a few letters."""
    text = draw(st.sampled_from(sorted(ALLOWED)))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(st.sampled_from(NASTY) | st.just("")) + text[start + draw(st.integers(0, 1)) :]
    return text


@given(disguised_endpoints())
@example("https://desk.example.com:0")
@example("https://desk.example.com:9200")
@example("https://desk.example.com\n")
@example("https://desk.example.com?")
@example("https://des\u212a.example.com")
@example("http://desk.example.com")
def test_a_listed_endpoint_is_allowed_in_these_forms_and_nothing_else_is(text: str) -> None:
    scheme, _, rest = text.partition("://")
    understood = text.isascii() and f"{scheme}://{rest.lower()}" in ALLOWED
    try:
        endpoint = allowed_endpoint(text, LISTED, [])
    except ValueError:
        assert not understood
    else:
        assert understood
        assert endpoint.url in ALLOWED
        assert (endpoint.host, endpoint.port) in {
            (host, int(port or "443")) for host, _, port in (entry.partition(":") for entry in LISTED)
        }


AWS = "https://search-products-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com"
ARN = "arn:aws:es:eu-central-1:123456789012:domain/products"


@given(st.text("ab-.0@:/es", max_size=3), st.integers(0, len(AWS)), st.integers(0, 3))
def test_aws_endpoint_is_allowed_only_for_its_own_domain_and_region(inserted: str, start: int, left_out: int) -> None:
    text = AWS[:start] + inserted + AWS[start + left_out :]
    try:
        endpoint = allowed_endpoint(text, [], [ARN])
    except ValueError:
        assert text != AWS
    else:
        assert endpoint.host.startswith("search-products-")
        assert endpoint.host.endswith(".eu-central-1.es.amazonaws.com")
        assert endpoint.host.count(".") == 4
        assert (endpoint.scheme, endpoint.port, endpoint.region) == ("https", 443, "eu-central-1")


@given(
    st.sampled_from(ReindexError.__subclasses__()),
    st.text() | st.sampled_from('"\\\x01ü😀').map(lambda letter: letter * 9000),
    st.lists(st.text() | st.sampled_from(['"' * 500, "😀" * 200, "x" * 30_000]), max_size=6),
    st.integers(0, 50),
)
def test_the_message_of_an_error_is_json_that_step_functions_does_not_cut(
    error_class: type[ReindexError], reason: str, problems: list[str], times: int
) -> None:
    error = error_class(reason, problems=problems * times)
    error.context = {"step": "GetTriggerFile", "source_index": "ü" * 127, "target_index": "a" * 255}
    answer = json.dumps({"errorMessage": str(error), "errorType": error_class.__name__, "requestId": "0" * 36})
    assert len(answer) < LARGEST_CAUSE_CHARACTERS - STACK_TRACE_CHARACTERS

    message = json.loads(str(error))
    assert message["next"] == error.next_step
    assert reason.startswith(message["reason"])
    shown = message.get("problems", [])
    if shown != error.problems:
        *shown, rest = shown
        assert rest == f"... and {len(error.problems) - len(shown)} more; the log has all"
        assert shown == error.problems[: len(shown)]


@given(JSON_OBJECTS | JSON_LEAVES | st.lists(JSON_LEAVES), st.sampled_from([None, 2]))
def test_json_is_read_as_it_was_written(value: Any, indent: int | None) -> None:
    assert parse_json(json.dumps(value, indent=indent).encode()) == value
    assert parse_json(b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.data(), JSON_OBJECTS, st.binary(max_size=2) | st.sampled_from([b"NaN", b"1e999", b'"a":1,', b"\\ud800"]))
def test_other_bytes_are_refused_or_mean_what_they_say(
    data: st.DataObject, value: dict[str, Any], inserted: bytes
) -> None:
    content = json.dumps(value).encode()
    start = data.draw(st.integers(0, len(content)))
    content = content[:start] + inserted + content[start + data.draw(st.integers(0, 2)) :]
    try:
        read = parse_json(content)
    except TriggerFileError as error:
        json.loads(str(error))
        return
    assert read == json.loads(content)
    assert json.loads(json.dumps(read, ensure_ascii=False, allow_nan=False).encode()) == read
