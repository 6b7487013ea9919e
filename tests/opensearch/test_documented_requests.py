"""Every request to OpenSearch that a page shows is one that a node understands."""

import pytest

from support.domain import Domain
from support.opensearch_requests import requests_in
from support.pages import Block, blocks

PREFIX = "products"  # as on the pages

# tests/opensearch/test_roll_back.py runs these, in their order.
ROLL_BACK = "docs/roll-back.md"


@pytest.mark.parametrize(
    "block", [pytest.param(block, id=block.place) for block in blocks("http") if not block.place.startswith(ROLL_BACK)]
)
def test_requests_are_accepted(domain: Domain, block: Block) -> None:
    # A node alone cannot allocate the replica, which is what a request on a page asks about.
    domain("PUT", "products_v1", {"settings": {"number_of_replicas": 1, "index.blocks.write": False}})
    domain.bulk("products_v1", {str(number): {} for number in range(20)})
    domain("POST", "products_v1/_refresh")
    domain("PUT", "products_v1/_block/write")
    domain("PUT", "products_v2")
    copy = {"source": {"index": "products_v1", "size": 1}, "dest": {"index": "products_v2"}}
    task = domain("POST", "_reindex?wait_for_completion=false&requests_per_second=1", copy)["task"]
    try:
        for request in requests_in(block.text):
            domain(request.method, request.path.replace("<task>", task), request.body)
    finally:
        domain("POST", f"_tasks/{task}/_cancel?wait_for_completion=true")
