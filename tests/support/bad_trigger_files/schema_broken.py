"""Make files that are JSON but do not fit trigger_file.schema.json."""

from random import Random
from typing import Any

from support.bad_trigger_files.faults import Faults, File

FAULTS = Faults("schema")
_SAMPLES: dict[str, list[Any]] = {
    "string": ["", "text", "null"],
    "integer": [0, -1, 7, 10**18],
    "number": [0.5, -2.25],
    "boolean": [True, False],
    "array": [[], ["a"], [None]],
    "object": [{}, {"a": 1}],
    "null": [None],
}
# Allowed types by path; `0` is any entry of `indices`. An integer is also a number.
_TYPES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("$schema",): ("string",),
    ("opensearch_endpoint",): ("string",),
    ("index_pattern",): ("string",),
    ("index_replacement",): ("string",),
    ("alias_name",): ("string",),
    ("indices",): ("array",),
    ("indices", "0"): ("string", "object"),
    ("indices", "0", "name"): ("string",),
    ("indices", "0", "settings"): ("object",),
    ("indices", "0", "mappings"): ("object",),
    ("indices", "0", "mappings", "properties"): ("object", "null"),
    ("settings",): ("object",),
    ("mappings",): ("object",),
    ("mappings", "_source"): ("null",),
    ("mappings", "_meta"): ("object", "null"),
    ("mappings", "properties"): ("object", "null"),
    ("mappings_from",): ("string",),
    ("strategy",): ("string",),
    ("keep_source",): ("boolean",),
    ("keep_source_name_as_alias",): ("boolean",),
    ("attach_policy",): ("boolean",),
    ("reindex",): ("object",),
    ("reindex", "slices"): ("integer", "string"),
    ("reindex", "requests_per_second"): ("integer", "number"),
    ("reindex", "batch_size"): ("integer",),
    ("reindex", "pipeline"): ("string",),
    ("reindex", "script"): ("object",),
    ("reindex", "script", "source"): ("string",),
    ("reindex", "script", "lang"): ("string",),
    ("reindex", "script", "params"): ("object",),
}
_REQUIRED = ("opensearch_endpoint", "index_pattern", "index_replacement", "indices")
_UNKNOWN = (
    *("index", "indexes", "Indices", "alias", "aliases", "endpoint", "setting", "Settings", "mapping", "slice", "size"),
    *("strategi", "keepSource", "dryrun", "timeout", "version", "", " name", "name ", "names", "_meta", "id", "query"),
    *("__proto__", "ünï", "$ref", "$comment", "x" * 300),
)
# Objects that allow no other keys, with their required keys.
_OBJECTS: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    ((), {}),
    (("indices", "0"), {"name": "books_v1"}),
    (("reindex",), {}),
    (("reindex", "script"), {"source": "ctx._source.a = 1"}),
)
_OUT_OF_RANGE: dict[tuple[str, ...], list[Any]] = {
    ("reindex", "slices"): [0, -1, 1025, 10**30, 1.5, "", "Auto", "auto ", "4", "many"],
    ("reindex", "batch_size"): [0, -1, 10_001, 10**300, 0.5, 999.9],
    ("reindex", "requests_per_second"): [0, -1, 0.99, -1e300],
    ("reindex", "pipeline"): [""],
    ("reindex", "script", "source"): [""],
    ("reindex", "script", "lang"): ["", "groovy", "Painless", "mustache", "expression"],
    ("mappings_from",): ["", "Template", "file"],
    ("strategy",): ["", "copy", "Redirect_Writes", "redirect-writes", "block", "delete"],
    ("opensearch_endpoint",): [""],
    ("index_pattern",): [""],
    ("index_replacement",): [""],
    ("alias_name",): [""],
    ("indices",): [[], [f"a{number}_v1" for number in range(1001)]],
    ("indices", "0"): [""],
    ("indices", "0", "name"): [""],
}


def _put(random: Random, file: File, path: tuple[str, ...], value: Any) -> str:
    """Put a value at a path, make its parents, and return the path as in a refusal."""
    node: Any = file
    text = ""
    for step in path[:-1]:
        key, text = _step(random, node, step, text)
        if not isinstance(node[key] if isinstance(node, list) else node.get(key), dict | list):
            node[key] = {"name": "books_v1"} if isinstance(node, list) else {}
        node = node[key]
    key, text = _step(random, node, path[-1], text)
    node[key] = value
    return text


def _step(random: Random, node: Any, step: str, text: str) -> tuple[Any, str]:
    if isinstance(node, list):
        position = random.randrange(len(node))
        return position, f"{text}[{position}]"
    return step, f"{text}.{step}" if text else step


@FAULTS.in_file("a required key is missing")
def _missing(random: Random, file: File) -> str:
    for key in random.sample(_REQUIRED, random.randint(1, 3)):
        del file[key]
    return f"'{key}' is a required property"


@FAULTS.in_file("an entry without a name, a script without a source")
def _missing_inside(random: Random, file: File) -> str:
    path, key = random.choice([(("indices", "0"), "name"), (("reindex", "script"), "source")])
    other: dict[str, Any] = {"mappings": {}} if key == "name" else {"params": {}}
    place = _put(random, file, path, random.choice([{}, other]))
    return f"{place}: '{key}' is a required property"


@FAULTS.in_file("a value of a wrong type")
def _wrong_type(random: Random, file: File) -> str:
    path, allowed = random.choice(list(_TYPES.items()))
    wrong = random.choice([name for name in _SAMPLES if name not in allowed])
    place = _put(random, file, path, random.choice(_SAMPLES[wrong]))
    return f"{place}: "


@FAULTS.in_file("wrong types everywhere")
def _all_wrong(random: Random, file: File) -> str:
    for path, allowed in _TYPES.items():
        if len(path) == 1 and path != ("indices",):
            file[path[0]] = random.choice(_SAMPLES[random.choice([name for name in _SAMPLES if name not in allowed])])
    return "keep_source: "


@FAULTS.in_file("an unknown key")
def _unknown_key(random: Random, file: File) -> str:
    key = random.choice([*_UNKNOWN, f"{random.getrandbits(30):x}"])
    path, required = random.choice(_OBJECTS)
    value = random.choice([value for values in _SAMPLES.values() for value in values])
    if not path:
        file[key] = value
        return "Additional properties are not allowed ("
    place = _put(random, file, path, {**required, key: value})
    return f"{place}: Additional properties are not allowed ("


@FAULTS.in_file("a value out of range")
def _out_of_range(random: Random, file: File) -> str:
    path, values = random.choice(list(_OUT_OF_RANGE.items()))
    return f"{_put(random, file, path, random.choice(values))}: "


@FAULTS.in_file("a stored script")
def _stored_script(random: Random, file: File) -> str:
    _put(random, file, ("reindex", "script"), {"id": f"script-{random.getrandbits(20)}"})
    return "reindex.script: 'source' is a required property"
