"""Properties of all names, patterns and versions."""

import warnings
from contextlib import nullcontext
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from opensearch_reindex.index.markers import Markers, is_own_alias, owner_alias
from opensearch_reindex.index.names import expand_names, name_problem
from opensearch_reindex.runtime.time_limit import time_limit
from opensearch_reindex.trigger.plan import plan
from opensearch_reindex.trigger.trigger_file import schema_problems
from support.spellings import JSON_OBJECTS

VERSIONED = {
    "index_pattern": r"^(.+)_v(\d+)$",
    "index_replacement": r"\1_v{{next_version}}",
    "alias_name": "{{index_base}}_current",
}
# Also what looks like a group, a placeholder or a wildcard.
BASES = st.text("ab0_-.\\1{}<>*,é", min_size=1) | st.text(st.characters(exclude_characters="\n"), min_size=1)
NAMES = st.text("ab1_-+.,*? #:/%ÄéK", max_size=8) | st.text() | st.text("aé", min_size=120, max_size=260)


@given(BASES, st.from_regex("[0-9]{1,20}", fullmatch=True))
@example("a", "007")
@example("a", "999")
@example("a", "099")
@example("{{next_version}}\\1", "1")
def test_the_next_version_is_one_more_and_keeps_its_width(base: str, version: str) -> None:
    target_index, alias_name = expand_names(VERSIONED, f"{base}_v{version}")
    same_base, _, following = target_index.rpartition("_v")
    assert int(following) == int(version) + 1
    assert len(following) == max(len(version), len(str(int(version) + 1)))
    assert same_base == base
    assert alias_name == f"{base}_current"


@given(BASES, st.integers(0, 10**9), st.integers(1, 4))
def test_every_rebuild_counts_on_behind_the_same_alias(base: str, version: int, times: int) -> None:
    name, aliases = f"{base}_v{version}", set()
    for _ in range(times):
        name, alias_name = expand_names(VERSIONED, name)
        aliases.add(alias_name)
    assert (name, aliases) == (f"{base}_v{version + times}", {f"{base}_current"})


@given(st.lists(NAMES.filter(lambda name: not name_problem(name)), min_size=1))
def test_a_legal_name_is_one_name_in_a_request_and_as_an_alias(names: list[str]) -> None:
    assert ",".join(names).split(",") == names
    for name in names:
        assert len(name.encode()) <= 255
        assert name.isprintable()
        assert not set(name) & set('*?<>|/\\ "#')
        assert name_problem(name, alias=True) is None
        assert name_problem(f"{name}A") is not None


@given(st.text(st.characters()) | NAMES, st.booleans())
def test_a_name_is_legal_or_there_is_a_reason(name: str, alias: bool) -> None:
    problem = name_problem(name, alias=alias)
    assert problem is None or problem.startswith(("is ", "must "))


SETTINGS = st.sampled_from(
    [{"codec": "default"}, {"index.uuid": "x"}, {"index": {"blocks": {"write": True}}}, {"number_of_shards": [1]}]
)
SOURCES = st.from_regex("[abv_]{1,3}_v[0-9]{1,3}", fullmatch=True) | NAMES.filter(bool)
TEMPLATE_PARTS = (
    *(r"\1", r"\2", r"\g<base>", r"\g<1>", r"\g<", "\\", r"\n", r"\777", r"\x", "{{index_base}}", "{{next_version}}"),
    *("{{ index_base }}", "{{what}}", "{{", "a", "_v", "A", "*", "é"),
)
TEMPLATES = st.lists(st.sampled_from(TEMPLATE_PARTS) | st.text(max_size=3), min_size=1, max_size=4).map("".join)
ENDPOINT = st.just("https://search.example.com")
ANY_FILES = st.fixed_dictionaries(
    {
        "opensearch_endpoint": ENDPOINT,
        "index_pattern": st.text(r"ab1_v()[]{}.*+?|^$\d,<P>=!:", min_size=1)
        | st.sampled_from(["(.*)", "(?P<base>.+?)(?P<version>.+)", "(a)|(.+)", "((a|b)+)+v", "(.+){99999999999}"]),
        "index_replacement": TEMPLATES.filter(bool),
        "alias_name": TEMPLATES.filter(bool),
        "indices": st.lists(
            SOURCES | st.fixed_dictionaries({"name": SOURCES}, optional={"settings": SETTINGS | JSON_OBJECTS}),
            min_size=1,
            max_size=5,
        ),
    },
    optional={"settings": SETTINGS | JSON_OBJECTS},
)
# Most of these are all right but for two names that meet.
LIKELY_FILES = st.fixed_dictionaries(
    {
        "opensearch_endpoint": ENDPOINT,
        "index_pattern": st.sampled_from([r"^(.+)_v(\d+)$", r"(?P<base>.+)_v(?P<version>\d+)"]),
        "index_replacement": st.sampled_from([r"\1_v{{next_version}}", "{{index_base}}-{{next_version}}", r"x_v\2"]),
        "alias_name": st.sampled_from(["{{index_base}}_current", "{{index_base}}", r"\1_v1", r"all-\1-\2", "all"]),
        "indices": st.lists(st.from_regex("[ab]_v0?[1-3]", fullmatch=True), min_size=1, max_size=5, unique=True),
    }
)


@settings(max_examples=3 * settings().max_examples)
@given(ANY_FILES | LIKELY_FILES)
def test_a_file_that_fits_the_schema_is_planned_or_refused_with_reasons(file: dict[str, Any]) -> None:
    assume(not schema_problems(file))
    # What Python warns of in a pattern ends in the function's log.
    with warnings.catch_warnings(action="ignore"):
        planned, problems = plan(file, time_limit(0.2))
    assert all(problem.startswith(("settings: ", "index_pattern: ", "indices[")) for problem in problems)
    if problems:
        return
    names = [entry if isinstance(entry, str) else entry["name"] for entry in file["indices"]]
    targets, aliases = [index.target_index for index in planned], [index.alias_name for index in planned]
    assert [index.source_index for index in planned] == names
    assert len({*names, *targets}) == 2 * len(names), "a name means two things"
    others = [{*names, *targets} - {name} for name in names]
    assert not any(alias in taken for alias, taken in zip(aliases, others, strict=True)), "a name means two things"
    assert not any(name_problem(name) for name in (*names, *targets))
    assert not any(name_problem(alias, alias=True) or is_own_alias(alias) for alias in aliases if alias is not None)


@given(st.lists(st.from_regex("[a-c]_v[0-9]", fullmatch=True), min_size=2, unique=True), st.sampled_from(["x", r"v\2"]))
def test_two_indices_with_one_target_are_refused(names: list[str], replacement: str) -> None:
    file = {**VERSIONED, "index_replacement": replacement, "indices": names}
    targets = [expand_names(file, name)[0] for name in names]
    assume(len(set(targets)) < len(targets))
    _, problems = plan(file, nullcontext())
    assert any("is also the target index of indices[" in problem for problem in problems)


# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
EXECUTIONS = st.builds(
    "arn:{}:states:{}:{}:execution:{}:{}".format,
    st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
    st.sampled_from(["us-east-1", "ap-southeast-2", "us-gov-west-1"]),
    st.from_regex("[0-9]{12}", fullmatch=True),
    st.from_regex("[A-Za-z0-9_-]{1,80}", fullmatch=True),
    st.text("abzAZ09-_.!'()=+@", min_size=1, max_size=80),
)


@given(EXECUTIONS, EXECUTIONS)
def test_an_owner_alias_is_legal_and_names_its_execution_and_no_other(one: str, other: str) -> None:
    alias = owner_alias(one)
    assert name_problem(alias, alias=True) is None
    assert is_own_alias(alias)
    assert Markers.read([alias]).owner == one
    assert (owner_alias(other) == alias) == (other == one)


@given(NAMES)
def test_an_alias_of_the_user_has_no_owner(alias: str) -> None:
    assert Markers.read([alias]).owner is None
    assert not is_own_alias(alias)
