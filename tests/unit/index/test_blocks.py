"""Blocks of an index: which stop a rebuild, and what to do about one."""

from dataclasses import replace

import pytest

from opensearch_reindex.index.blocks import blocks_of, is_flooded
from opensearch_reindex.runtime.blocks import block_hint
from support.mocked_domain import index

ALL = ("read_only", "read_only_allow_delete", "read", "write", "metadata")


@pytest.mark.parametrize(
    ("is_proven", "stopping"),
    [(False, ["read_only", "read_only_allow_delete", "read", "metadata"]), (True, ["read_only", "read", "metadata"])],
)
def test_only_some_blocks_stop_a_rebuild(stopping: list[str], *, is_proven: bool) -> None:
    blocked = replace(index("u1"), settings={"blocks": dict.fromkeys(ALL, "true")})
    assert list(blocks_of(blocked, is_proven=is_proven)) == stopping
    assert is_flooded(blocked)
    free = replace(blocked, settings={"blocks": dict.fromkeys(ALL, "false")})
    assert list(blocks_of(free, is_proven=is_proven)) == []
    assert not is_flooded(free)


@pytest.mark.parametrize(
    ("reason", "call"),
    [
        (
            "index [a_v1] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has "
            "read-only-allow-delete block];",
            "Free disk space. To lift the block, send PUT /a_v1/_settings "
            '{"index.blocks.read_only_allow_delete": null}',
        ),
        (
            "index [a_v1] blocked by: [FORBIDDEN/5/index read-only (api)];",
            '/a_v1/_settings {"index.blocks.read_only": null}',
        ),
        (
            "index [a_v1] blocked by: [FORBIDDEN/9/index metadata (api)];",
            '/a_v1/_settings {"index.blocks.metadata": null}',
        ),
        (
            "blocked by: [FORBIDDEN/10/cluster create-index blocked (api)];",
            'PUT /_cluster/settings {"persistent": {"cluster.blocks.create_index": null}}',
        ),
        ("index [a_v1] blocked by: [FORBIDDEN/99/another];", None),
        ("no block", None),
    ],
)
def test_the_reason_of_a_block_leads_to_the_call_that_lifts_it(reason: str, call: str | None) -> None:
    hint = block_hint(f"PUT /a_v1/_block/write: {reason}")
    assert (hint is None) if call is None else (hint is not None and call in hint)
