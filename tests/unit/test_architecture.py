"""Check the rules of direction that `make lint-python` cannot see in imports."""

import ast
import re
from collections.abc import Iterator

import pytest

from support.paths import ROOT

SOURCES = ROOT / "lambda_src"
CLIENT = "opensearch_reindex/opensearch_client.py"
TRANSPORT = "opensearch_reindex/runtime/transport.py"
INDEX = "opensearch_reindex/index/"
ALIAS_ACTIONS = {"add", "remove", "remove_index"}
MARKER = re.compile(r"opensearch-reindex-\w+~")


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string but docstrings; {} stands for a value."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            yield from texts(node)


def url_paths(tree: ast.AST) -> Iterator[int]:
    """Yield the line of every URL path."""
    yield from (line for line, text in texts(tree) if text.startswith(("/", "{}/_")))


def library_calls(tree: ast.AST) -> Iterator[int]:
    """Yield the line of every use of the library's transport."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("transport", "perform_request"):
            yield node.lineno


def alias_actions(tree: ast.AST) -> Iterator[int]:
    """Yield the line of every alias action, also of one that is only begun."""
    for node in ast.walk(tree):
        keys = [key.value for key in getattr(node, "keys", []) if isinstance(key, ast.Constant)]
        if isinstance(node, ast.Dict) and keys and keys[0] in ALIAS_ACTIONS:
            yield node.lineno


def marker_names(tree: ast.AST) -> Iterator[int]:
    """Yield the line of every text that has the name prefix of a hidden alias."""
    yield from (line for line, text in texts(tree) if MARKER.search(text))


RULES = {
    "writes a URL path": (url_paths, CLIENT),
    "uses the library's transport": (library_calls, TRANSPORT),
    "writes an alias action": (alias_actions, INDEX),
    "writes the name prefix of a hidden alias": (marker_names, INDEX),
}


@pytest.mark.parametrize("rule", RULES)
def test_only_one_place_writes_each_part_of_a_request(rule: str) -> None:
    find, place = RULES[rule]
    found = {
        path.relative_to(SOURCES).as_posix(): list(find(ast.parse(path.read_text("utf-8"))))
        for path in sorted(SOURCES.rglob("*.py"))
    }
    assert any(lines for name, lines in found.items() if name.startswith(place)), f"nothing {rule}"
    others = [
        f"{name}:{line} {rule}; only {place} may"
        for name, lines in found.items()
        for line in lines
        if not name.startswith(place)
    ]
    assert not others, "\n".join(others)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ("writes a URL path", 'request("GET", "/_cluster/health")'),
        ("writes a URL path", 'f"/{name}/_doc"'),
        ("writes a URL path", 'f"{path}/_doc"'),
        ("uses the library's transport", "client.transport"),
        ("uses the library's transport", "connection.perform_request()"),
        ("writes an alias action", 'x = {"add": {"index": "a"}}'),
        ("writes an alias action", 'x = {"remove": action}'),
        ("writes an alias action", 'x = {"remove_index": {"index": "a"}}'),
        ("writes the name prefix of a hidden alias", 'x = "opensearch-reindex-owner~arn"'),
        ("writes the name prefix of a hidden alias", 'f"opensearch-reindex-Copy~{number}"'),
    ],
)
def test_a_rule_finds_what_breaks_it(rule: str, source: str) -> None:
    find, _ = RULES[rule]
    assert list(find(ast.parse(f'"""/opensearch-reindex-owner~"""\n{source}'))) == [2]


def test_handlers_import_only_state_machines_client_and_runtime() -> None:
    tree = ast.parse((SOURCES / "handlers.py").read_text("utf-8"))
    modules = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    parts = {module.split(".")[1] for module in modules if module.startswith("opensearch_reindex.")}
    assert parts == {"trigger", "rebuild", "opensearch_client", "runtime"}


def test_root_of_the_zip_has_no_generic_name() -> None:
    names = {path.name for path in SOURCES.iterdir()} - {"__pycache__"}
    assert names == {"handlers.py", "opensearch_reindex", "requirements.in", "requirements.txt"}
