"""Different spellings of the same settings and JSON values."""

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

JSON_LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3)
JSON_KEYS = st.sampled_from(["a", "b", "c", "_meta", "properties", "type", "a.b", ""])
# Few keys, so that two objects have some in common.
JSON_OBJECTS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(JSON_KEYS, JSON_LEAVES, max_size=3),
    lambda inner: st.dictionaries(JSON_KEYS, JSON_LEAVES | inner | st.lists(inner, max_size=2), max_size=4),
    max_leaves=8,
)


@st.composite
def spelled(draw: st.DrawFn, settings: dict[str, Any]) -> dict[str, Any]:
    """Write settings in any order, nested or dotted, with or without `index.`.

    Args:
        draw: function of Hypothesis.
        settings: values by full name, without `index.`.
    """
    written: dict[str, Any] = {}
    for name in draw(st.permutations(list(settings))):
        first, *others = (draw(st.sampled_from(["index.", ""])) + name).split(".")
        steps = [first]
        for step in others:
            if draw(st.booleans()):
                steps.append(step)
            else:
                steps[-1] += f".{step}"
        ways = (steps, [name], [f"index.{name}"], ["index", name])
        assume(any(_put(written, way, settings[name]) for way in ways))
    return written


@st.composite
def reordered(draw: st.DrawFn, value: Any) -> Any:
    """Write a JSON value with the keys of every object in another order."""
    if isinstance(value, dict):
        return {key: draw(reordered(value[key])) for key in draw(st.permutations(list(value)))}
    if isinstance(value, list):
        return [draw(reordered(item)) for item in value]
    return value


def _put(node: dict[str, Any], steps: list[str], value: Any) -> bool:
    """Put a value at a path and return True, unless another value is in the way."""
    *groups, last = steps
    for group in groups:
        inner = node.setdefault(group, {})
        if not isinstance(inner, dict):
            return False
        node = inner
    if last in node:
        return False
    node[last] = value
    return True
