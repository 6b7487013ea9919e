"""The oldest node of a domain decides, and what the tests do not run is refused."""

import pytest

from opensearch_reindex.index.engine import Engine, engine_problem


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (["2.19.1"], "OpenSearch 2.19"),
        (["7.10.2"], "Elasticsearch 7.10"),
        (["2.19.1", "2.9.0"], "OpenSearch 2.9"),
        (["2.19.1", "2.11.1", "3.1.0"], "OpenSearch 2.11"),
        (["1.3.13", "7.10.2"], "Elasticsearch 7.10"),  # an upgrade to OpenSearch
        (["3.10.0-SNAPSHOT"], "OpenSearch 3.10"),
    ],
)
def test_the_oldest_node_names_the_engine(versions: list[str], expected: str) -> None:
    assert str(Engine.oldest(versions)) == expected


@pytest.mark.parametrize("versions", [[], ["2.19.1", "unknown"]])
def test_nodes_without_version_are_no_engine(versions: list[str]) -> None:
    with pytest.raises(ValueError, match="no version"):
        Engine.oldest(versions)


@pytest.mark.parametrize(
    ("version", "has_must_exist"),
    [("7.10.2", False), ("1.3.13", False), ("2.11.1", False), ("2.12.0", True), ("2.19.1", True), ("3.0.0", True)],
)
def test_must_exist_is_known_from_2_12_on(version: str, has_must_exist: bool) -> None:
    assert Engine.oldest([version]).has_must_exist == has_must_exist


@pytest.mark.parametrize("version", ["7.10.2", "1.3.0", "2.0.0", "2.11.1", "2.19.1", "3.0.0", "3.8.0", "3.20.0"])
def test_tested_lines_are_accepted(version: str) -> None:
    assert engine_problem(Engine.oldest([version]), allow_untested=False) is None


@pytest.mark.parametrize(
    ("version", "way"),
    [
        ("6.8.0", "Upgrade the domain to Elasticsearch 7.10 first"),
        ("7.9.3", "Upgrade the domain to Elasticsearch 7.10 first"),
        ("8.1.0", "Use a domain with one of these versions"),
        ("1.2.4", "Upgrade the domain to OpenSearch 1.3 first"),
    ],
)
def test_untested_old_engines_are_refused_whatever_the_owner_allows(version: str, way: str) -> None:
    for allow_untested in (False, True):
        problem = engine_problem(Engine.oldest([version]), allow_untested=allow_untested)
        assert problem is not None
        assert way in problem
        assert "expected Elasticsearch 7.10, OpenSearch 1.3" in problem


def test_a_newer_major_version_is_the_owner_s_choice() -> None:
    newer = Engine.oldest(["4.0.0"])
    assert engine_problem(newer, allow_untested=True) is None
    problem = engine_problem(newer, allow_untested=False)
    assert problem is not None
    assert problem.startswith("the domain runs OpenSearch 4.0; expected ")
    assert "allow_untested_engines" in problem
