"""GetTriggerFile tries to create each target index, and leaves nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TriggerFileError
from support.domain import Domain
from support.rebuild import Rebuild
from support.refusals import FirstStep, is_change
from support.trigger_file import trigger_file

PREFIX = "probed"

FIRST, LAST = "probed-first_v1", "probed-last_v1"
VALUE = "my-secret"
TEXT = {"properties": {"sku": {"type": "text"}}}
# What cannot be created: changes of the last index, and a part of OpenSearch's own reason.
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"mappings": {"properties": {"new": {"type": "kword"}}}}, "No handler for type [kword] declared on field [new]"),
    ({"mappings": {"properties": {"new": {"type": "text", "analyzer": "nope"}}}}, "analyzer [nope] has not been"),
    ({"mappings": {"properties": {"new": {"type": "long", "foo": 1}}}}, "unknown parameter [foo]"),
    ({"mappings": {"properties": {"new": {"type": "alias", "path": "nope"}}}}, "Invalid [path] value [nope]"),
    ({"mappings": {"dynamic": "sometimes"}}, "Could not convert [dynamic.dynamic]"),
    ({"mappings": {"properties": {f"f{n}": {"type": "long"} for n in range(1100)}}}, "Limit of total fields [1000]"),
    ({"settings": {"nope": 1}}, "unknown setting [index.nope]"),
    ({"settings": {"refresh_interval": "often"}}, "failed to parse setting [index.refresh_interval]"),
    ({"settings": {"analysis": {"analyzer": {"a": {"type": "nope"}}}}}, "Unknown analyzer type [nope] for [a]"),
    ({"settings": {"analysis": {"filter": {"s": {"type": "stop", "stopwords_path": "no"}}}}}, "stopwords_path"),
    ({"settings": {"number_of_shards": 2, "number_of_routing_shards": 3}}, "must be a factor of [3]"),
    ({"settings": {"sort.field": ["sku"]}}, "docvalues not found for index sort field:[sku]"),
    ({"settings": {"codec": "nope"}}, "unknown value for [index.codec]"),
]


@pytest.fixture
def first_step(rebuild: Rebuild) -> FirstStep:
    return FirstStep(rebuild.client, rebuild.url)


@pytest.fixture(autouse=True)
def sources(domain: Domain) -> None:
    for name in (FIRST, LAST):
        alias = name.replace("_v1", "_current")
        domain("PUT", name, {"mappings": TEXT, "aliases": {alias: {"is_write_index": True}}})
        domain.bulk(name, {"1": {"sku": VALUE}, "2": {"sku": VALUE}})
    domain("PUT", "probed-empty_v1")


def refusal(first_step: FirstStep, domain: Domain, changes: dict[str, Any]) -> str:
    """Return the one problem of a file whose last index has these changes."""
    before = domain.state()
    file = trigger_file(first_step.url, FIRST, {"name": LAST, **changes}, strategy="block_writes")
    with pytest.raises(TriggerFileError) as caught:
        first_step(json.dumps(file).encode())
    assert domain.state() == before
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(("changes", "reason"), MISTAKES)
def test_a_mistake_in_the_last_index_is_found_before_the_first_changes(
    changes: dict[str, Any], reason: str, first_step: FirstStep, domain: Domain
) -> None:
    problem = refusal(first_step, domain, changes)
    assert problem.startswith("indices[1]: target index 'probed-last_v2' cannot be created: ")
    assert reason in problem


SCRIPTS = [
    ("ctx._source.b = ctx._source.sku +", "script_exception: compile error: unexpected end of script."),
    ("ctx._source.b = nothing(1)", "compile error: Unknown call [nothing]"),
    ("ctx._source.b = Integer.parseInt(ctx._source.sku)", "runtime error at ctx._source.b = Integer.parseInt("),
    ("ctx._source.b = ctx._source.other.length()", "runtime error at ctx._source.b = ctx._source.other.length()"),
    ("throw new Exception(ctx._source.sku)", "runtime error at throw new Exception(ctx._source.sku)"),
]


@pytest.mark.parametrize(("script", "reason"), SCRIPTS)
def test_a_script_that_fails_is_found_before_the_first_index_changes(
    script: str, reason: str, first_step: FirstStep, domain: Domain
) -> None:
    domain("POST", f"{LAST}/_refresh")
    before = domain.state()
    file = trigger_file(first_step.url, "probed-empty_v1", LAST, reindex={"script": {"source": script}})
    with pytest.raises(TriggerFileError) as caught:
        first_step(json.dumps(file).encode())
    assert domain.state() == before
    (problem,) = caught.value.problems
    assert problem.startswith("indices[1]: documents of source index 'probed-last_v1' do not pass reindex.script: ")
    assert reason in problem
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("key", ["reindex", "settings"])
@pytest.mark.parametrize(
    ("processor", "reason"),
    [
        ({"convert": {"field": "sku", "type": "integer"}}, "illegal_argument_exception"),
        ({"script": {"source": "ctx.b = ctx.other.length()"}}, "runtime error at ctx.b = ctx.other.length()"),
        ({"rename": {"field": "other", "target_field": "b"}}, "illegal_argument_exception"),
        ({"fail": {"message": "no {{sku}}"}}, "fail_processor_exception"),
    ],
)
def test_a_pipeline_that_fails_is_found_before_the_first_index_changes(
    key: str, processor: dict[str, Any], reason: str, first_step: FirstStep, domain: Domain
) -> None:
    domain("POST", f"{LAST}/_refresh")
    domain("PUT", "_ingest/pipeline/probed-p", {"processors": [processor]})
    changes = {"pipeline": "probed-p"} if key == "reindex" else {"final_pipeline": "probed-p"}
    file = trigger_file(first_step.url, "probed-empty_v1", LAST, **{key: changes})
    before = domain.state()
    with pytest.raises(TriggerFileError) as caught:
        first_step(json.dumps(file).encode())
    assert domain.state() == before
    (problem,) = caught.value.problems
    assert problem.startswith(
        "indices[1]: documents of source index 'probed-last_v1' do not pass pipeline 'probed-p': "
    )
    assert reason in problem
    assert VALUE not in str(caught.value)


def test_documents_that_pass_are_written_nowhere(first_step: FirstStep, domain: Domain) -> None:
    domain("POST", f"{LAST}/_refresh")
    before = domain.state()
    for script in ("ctx._source.b = 1", "ctx.op = 'noop'"):
        file = trigger_file(first_step.url, LAST, reindex={"script": {"source": script}})
        assert first_step(json.dumps(file).encode())["indices"]
    assert domain.state() == before


@pytest.fixture
def no_auto_create(domain: Domain) -> Iterator[None]:
    domain("PUT", "_cluster/settings", {"persistent": {"action.auto_create_index": "false"}})
    yield
    domain("PUT", "_cluster/settings", {"persistent": {"action.auto_create_index": None}})


@pytest.mark.usefixtures("no_auto_create")
def test_a_domain_that_creates_no_indices_itself_tries_no_documents(first_step: FirstStep, domain: Domain) -> None:
    domain("POST", f"{LAST}/_refresh")
    file = trigger_file(first_step.url, LAST, reindex={"script": {"source": "ctx._source.b = nothing(1)"}})
    assert first_step(json.dumps(file).encode())["indices"]


@pytest.fixture
def stream_template(domain: Domain) -> Iterator[None]:
    template = {"index_patterns": ["probed-last_v2"], "data_stream": {}, "priority": 5}
    domain("PUT", "_index_template/probed-stream", template)
    yield
    domain("DELETE", "_index_template/probed-stream")


TEMPLATES: list[tuple[dict[str, Any], str]] = [
    ({"mappings": {"properties": {"surprise": {"type": "long"}}}}, "field surprise"),
    (
        {"mappings": {"dynamic_templates": [{"s": {"match": "x*", "mapping": {"type": "keyword"}}}]}},
        "dynamic template s",
    ),
    ({"settings": {"default_pipeline": "p"}}, "setting default_pipeline"),
    ({"settings": {"blocks.write": True}}, "setting blocks.write"),
    ({"aliases": {"probed-surprise": {}}}, "alias probed-surprise"),
]


@pytest.mark.parametrize(("template", "added"), TEMPLATES)
def test_what_a_template_would_add_is_found_before_the_first_index_changes(
    template: dict[str, Any], added: str, first_step: FirstStep, domain: Domain
) -> None:
    domain("PUT", "_index_template/probed-t", {"index_patterns": ["probed-last_v2"], "template": template})
    problem = refusal(first_step, domain, {})
    assert "would get from an index template what was not requested: " in problem
    assert added in problem


def test_a_template_that_gives_what_the_source_has_is_no_problem(first_step: FirstStep, domain: Domain) -> None:
    template = {"mappings": TEXT, "settings": {"number_of_shards": 1}}
    domain("PUT", "_index_template/probed-t", {"index_patterns": ["probed-*"], "template": template})
    assert first_step(json.dumps(trigger_file(first_step.url, FIRST, LAST)).encode())["indices"]


@pytest.mark.usefixtures("stream_template")
def test_a_template_that_makes_data_streams_is_found(first_step: FirstStep, domain: Domain) -> None:
    assert "creates data streams only" in refusal(first_step, domain, {})


def test_a_file_without_mistakes_is_tried_and_leaves_nothing(first_step: FirstStep, domain: Domain) -> None:
    before = domain.state()
    first_step(json.dumps(trigger_file(first_step.url, FIRST, LAST)).encode())
    assert domain.state() == before
    probes = [path for method, path, body in first_step.requests if method == "PUT" and "aliases" in (body or {})]
    assert probes == ["/probed-first_v2", "/probed-last_v2"]
    assert not any(is_change(*request) for request in first_step.requests)


def test_shards_that_earlier_indices_will_free_are_no_obstacle(client: OpenSearchClient, domain: Domain) -> None:
    domain("PUT", "_cluster/settings", {"persistent": {"cluster.max_shards_per_node": 1}})
    try:
        assert client.refused_creation("probed-new", {"settings": {"number_of_shards": 3}}) is None
    finally:
        domain("PUT", "_cluster/settings", {"persistent": {"cluster.max_shards_per_node": None}})
    assert not domain.exists("probed-new")


def test_a_target_index_that_exists_is_not_tried(first_step: FirstStep, domain: Domain, rebuild: Rebuild) -> None:
    rebuild.create(LAST)
    first_step(json.dumps(trigger_file(first_step.url, LAST)).encode())
    assert not [body for method, _, body in first_step.requests if method == "PUT" and "aliases" in (body or {})]


def test_creation_is_refused_with_opensearch_s_reason(client: OpenSearchClient, domain: Domain) -> None:
    assert client.refused_creation("probed-new", {}) is None
    found = client.refused_creation("probed-new", {"settings": {"number_of_shards": "many"}})
    assert isinstance(found, OpenSearchRequestError)
    assert not domain.exists("probed-new")
