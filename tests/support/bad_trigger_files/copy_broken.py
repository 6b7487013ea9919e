"""Make files with settings that no new index can have, or with forbidden scripts."""

import json
from random import Random
from typing import Any

from support.bad_trigger_files.faults import Faults, File

FAULTS = Faults("copy")
_FORBIDDEN = {
    "allocation.existing_shards_allocator": "gateway_allocator",
    "blocks.metadata": False,
    "blocks.read_only": True,
    "blocks.read_only_allow_delete": None,
    "blocks.write": True,
    "creation_date": 1,
    "creation_date_string": "2020-01-01",
    "frozen": True,
    "history.uuid": "x",
    "lifecycle.name": "x",
    "provided_name": "x",
    "resize.source.name": "x",
    "routing.allocation.initial_recovery._id": "x",
    "shrink.source.name": "x",
    "uuid": None,
    "verified_before_close": True,
    "version.created": 136407927,
    "version.upgraded": None,
}
_NO_NUMBERS: tuple[Any, ...] = (-1, 1.5, True, "", "many", "-1", "1.0", " 1", "1e1", [], [1], ["a"])
_NO_SHARDS = (0, False, "0", "01", "٣", *_NO_NUMBERS)
_NUMBERS: dict[str, tuple[Any, ...]] = {
    "number_of_shards": _NO_SHARDS,
    "number_of_replicas": _NO_NUMBERS,
    "auto_expand_replicas": ("0", "all", "0-", "-all", "0-some", True, 1, ["0-1"]),
}
# Metadata of a document.
_PLACES = ("ctx._id", "ctx['_id']", 'ctx["_index"]', "ctx._index", "ctx?._routing", "ctx['_routing']", "ctx[ '_id' ]")
_OPERATIONS = ("ctx.op", "ctx['op']", 'ctx["op"]', "ctx[ 'op' ]", "ctx?.op")
_DELETE = ("'delete'", '"delete"', "'del' + 'ete'", "params.op", "'noop' + ''", "ctx._source.a ? 'noop' : 'delete'")
_UNSEEN = (
    *("Map m = ctx; m._id = 'x'", "def m = ctx; m.op = 'delete'", "f(ctx)", "(ctx).op = 'delete'", "ctx ._id = 'x'"),
    *("ctx._id /**/ = 'x'", "ctx._id // why\n = 'x'", "ctx.op /**/ = 'delete'", "ctx.put/**/('_id', 'x')"),
    *("ctx['_' + 'id'] = 'x'", "ctx[params.key] = 'x'", "ctx /* */ ._id = 'x'", "ctx.clear()", "ctx.put('_id', 'x')"),
    *("ctx.putAll(['op': 'delete'])", "ctx.remove('_routing')", "ctx.compute('_id', (k, v) -> 'x')"),
    *("ctx.replaceAll((k, v) -> k == 'op' ? 'delete' : v)", "ctx.entrySet().removeIf(e -> true)"),
    "for (def e : ctx.entrySet()) { e.setValue(null) }",
)
_AROUND = (
    *("{0}", "{0};", "if (ctx._source.a != null) {{ {0} }}", "ctx._source.a = 1; {0};", "/* {0} */ {0}"),
    "int i = 0;\n{0};\nreturn",
)


def spelled(random: Random, name: str, value: Any) -> dict[str, Any]:
    """Write a setting dotted, nested or both, with or without `index.`."""
    steps = [random.choice(["", "index."]) + name]
    while "." in steps[-1] and random.random() < 0.5:
        dots = [position for position, letter in enumerate(steps[-1]) if letter == "."]
        dot = random.choice(dots)
        steps[-1:] = [steps[-1][:dot], steps[-1][dot + 1 :]]
    for step in reversed(steps):
        value = {step: value}
    return value  # type: ignore[no-any-return]


def _set(random: Random, file: File, settings: dict[str, Any]) -> str:
    """Put settings beside others, for all indices or one, and return their path."""
    position = random.randint(-1, len(file["indices"]) - 1)
    if position < 0:
        file["settings"] = _beside(random, settings)
        return "settings: "
    entry = file["indices"][position]
    name = entry if isinstance(entry, str) else entry["name"]
    file["indices"][position] = {"name": name, "settings": _beside(random, settings)}
    return f"indices[{position}].settings: "


def _beside(random: Random, settings: dict[str, Any]) -> dict[str, Any]:
    others = [{"priority": random.randint(0, 999)}, {"mapping.total_fields.limit": random.randint(1000, 9999)}, {}]
    return {**random.choice(others), **settings}


@FAULTS.in_file("a setting that no new index can have")
def _forbidden(random: Random, file: File) -> str:
    name = random.choice(list(_FORBIDDEN))
    return f"{_set(random, file, spelled(random, name, _FORBIDDEN[name]))}'"


@FAULTS.in_file("a setting in two spellings")
def _two_spellings(random: Random, file: File) -> str:
    name, value = random.choice(
        [("codec", "default"), ("merge.policy", "tiered"), ("analysis.analyzer.a.type", "keyword")]
    )
    first, second = random.sample([name, f"index.{name}"], 2)
    nested: Any = value
    for step in reversed(second.split(".")):
        nested = {step: nested}
    both = {first: value, **random.choice([{second: None}, nested])}
    return f"{_set(random, file, both)}duplicate setting '{name}'"


@FAULTS.in_file("a number of shards or replicas that is none")
def _numbers(random: Random, file: File) -> str:
    name = random.choice(list(_NUMBERS))
    return f"{_set(random, file, spelled(random, name, random.choice(_NUMBERS[name])))}'{name}' is "


def _script(random: Random, file: File, statement: str) -> str:
    """Put a statement into a longer script, beside good options."""
    source = random.choice(_AROUND).format(statement)
    marks = f"{random.choice(['', ' ', chr(10)])}// {random.getrandbits(30):x}{chr(10)}"
    file["reindex"] = {**random.choice([{}, {"slices": 2}]), "script": {"source": f"{marks}{source}"}}
    return "reindex.script: "


@FAULTS.in_file("a script that puts documents elsewhere")
def _misplacing(random: Random, file: File) -> str:
    how = random.choice(["= 'x'", " = null", "+= 'x'", "++", "\n=\n'x'", "=params.x", " -= 1"])
    return _script(random, file, f"{random.choice(_PLACES)}{how}") + "must not set _id"


@FAULTS.in_file("a script that deletes documents")
def _deleting(random: Random, file: File) -> str:
    how = random.choice(["=", " = ", "\n=\n"])
    return _script(random, file, f"{random.choice(_OPERATIONS)}{how}{random.choice(_DELETE)}") + "must not set ctx.op"


@FAULTS.in_file("a script that hides what it does")
def _hiding(random: Random, file: File) -> str:
    return _script(random, file, random.choice(_UNSEEN)) + "must use ctx only as in"


@FAULTS.in_file("a file that makes more state than an execution carries", at_most=3)
def _too_much_state(random: Random, file: File) -> str:
    params = {f"key-{number}": "x" * 1000 for number in range(random.randint(260, 500))}
    file["reindex"] = {"script": {"source": "ctx._source.a = params.a", "params": params}}
    assert len(json.dumps(file)) < 1024 * 1024
    return "bytes of state; expected at most"
