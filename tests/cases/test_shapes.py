"""Shapes of indices and aliases that the module does not keep yet."""

from cases.case import BLOCK, Case, index, numbered
from cases.checks import rebuilt, refused, same_blocks, succeeded
from cases.run import Run
from support.state_management import StateManagement
from support.waiting import wait_until

_PATTERN = {"index_pattern": r"^(logs)-(\d+)$", "index_replacement": r"\1-9\2"}
_POLICY = {"default_state": "hot", "states": [{"name": "hot", "actions": [{"rollover": {}}]}, {"name": "warm"}]}


def _plain(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run)


def _first_alias(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run, {"products": "products_v1"}, entries={"products": {"products": {"is_write_index": True}}})
    run.domain("GET", "products/_count")


def _rollover_series(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run, {"logs-000001": "logs-9000001", "logs-000002": "logs-9000002"})
    rolled = run.domain("POST", "logs/_rollover")
    assert rolled["rolled_over"], rolled


def _sole_alias_entry(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run, {"logs-000001": "logs-000002"})


def _hidden_while_filled(run: Run) -> None:
    started = run.machines.start(run.machines.upload(run.file()))
    counts: list[int] = []

    def ended() -> bool:
        counts.append(run.domain("GET", "a_v*/_count")["count"])
        return not any(each.status == "RUNNING" for each in run.machines.nested()) and run.domain.exists("a_v2")

    wait_until(ended, 60)
    run.executions.append(run.machines.wait(started))
    rebuilt(run)
    # Between the two requests that swap the indices, a wildcard finds neither.
    assert set(counts) <= {0, 1000}, f"a wildcard counted up to {max(counts)} of 1000 documents"
    assert counts[0] == counts[-1] == 1000


def _blocked_archive(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run)
    same_blocks(run.before["a_v1"], run.state()["a_v2"])


def _policy_lost(run: Run) -> None:
    run.front.stand_in = plugin = StateManagement()
    plugin.policies["keep30"] = _POLICY
    plugin.attach("a_v1", "keep30", state={"name": "warm"}, action={"name": "transition"})
    succeeded(run.upload())
    assert plugin.managed["a_v2"]["policy_id"] == "keep30"
    assert plugin.managed["a_v2"]["state"]["name"] == "warm"
    rebuilt(run)


def _policy_acts(run: Run) -> None:
    run.front.stand_in = plugin = StateManagement()
    plugin.attach("a_v1", "keep30", state={"name": "warm"}, action={"name": "shrink"}, step={"step_status": "starting"})
    run.upload()
    refused(run, "'keep30'", "'shrink'", "POST /_plugins/_ism/remove/a_v1")


CASES = (
    Case(
        "first-alias",
        setup=(("PUT", "products", {"mappings": {"properties": {"sku": {"type": "text"}}}}),),
        documents={"products": numbered(10)},
        indices=("products",),
        file={
            "index_pattern": "^(?P<base>[a-z]+)$",
            "index_replacement": r"\g<base>_v1",
            "alias_name": "{{index_base}}",
        },
        right=_first_alias,
        strategies=(BLOCK,),
    ),
    Case(
        "rollover-series",
        setup=tuple(
            (
                "PUT",
                f"logs-00000{number}",
                {
                    "settings": {"number_of_shards": 2, "number_of_replicas": 0},
                    "aliases": {"logs": {"is_write_index": number == 3}},
                },
            )
            for number in (1, 2, 3)
        ),
        documents={"logs-000001": numbered(10)},
        indices=("logs-000001", "logs-000002"),
        file={**_PATTERN, "alias_name": "logs"},
        right=_rollover_series,
    ),
    Case(
        "alias-without-write-index",
        setup=tuple(
            (
                "PUT",
                f"s-{year}_v1",
                {"settings": {"number_of_shards": 2, "number_of_replicas": 0}, "aliases": {"s": {}}},
            )
            for year in (2023, 2024)
        ),
        indices=("s-2023_v1",),
        file={"alias_name": "s"},
        right=_plain,
    ),
    Case(
        "sole-alias-entry",
        setup=(("PUT", "logs-000001", {"aliases": {"logs_write": {}, "logs": {}}}),),
        documents={"logs-000001": numbered(1)},
        indices=("logs-000001",),
        file={
            "index_pattern": r"^(logs)-(\d+)$",
            "index_replacement": r"\1-{{next_version}}",
            "alias_name": "logs_write",
        },
        right=_sole_alias_entry,
    ),
    Case(
        "template-alias",
        setup=(
            (
                "PUT",
                "_index_template/a",
                {
                    "index_patterns": ["a_v*"],
                    "template": {
                        "aliases": {"a_current": {}},
                        "mappings": {"properties": {"sku": {"type": "text"}}},
                    },
                },
            ),
            ("PUT", "a_v1", {}),
        ),
        indices=("a_v1",),
        right=_plain,
    ),
    Case(
        "hidden-while-filled",
        setup=(index(),),
        documents={"a_v1": numbered(1000)},
        indices=("a_v1",),
        file={"reindex": {"requests_per_second": 500, "batch_size": 100}},
        right=_hidden_while_filled,
        strategies=(BLOCK,),
    ),
    Case(
        "blocked-archive",
        setup=(index(),),
        documents={"a_v1": numbered(10)},
        after=(("PUT", "a_v1/_block/write", None),),
        indices=("a_v1",),
        right=_blocked_archive,
    ),
    Case(
        "policy-acts",
        setup=(index(),),
        indices=("a_v1",),
        right=_policy_acts,
        strategies=(BLOCK,),
    ),
    Case(
        "policy-lost",
        setup=(index(),),
        documents={"a_v1": numbered(10)},
        indices=("a_v1",),
        right=_policy_lost,
        strategies=(BLOCK,),
    ),
)


def test_case(case: Case, run: Run) -> None:
    case.right(run)
