"""Domains and indices on which every run failed."""

from cases.case import BLOCK, Case, index, numbered
from cases.checks import rebuilt, succeeded
from cases.run import Run


def _plain(run: Run) -> None:
    succeeded(run.upload())
    rebuilt(run)


def _setting_is_restored(run: Run) -> None:
    _plain(run)
    settings = run.state()["a_v2"]["settings"]["index"]
    assert settings.get("write", {}).get("wait_for_active_shards") == "2", settings


def _said(run: Run) -> None:
    _plain(run)
    told = str(run.machines.nested()[-1].output)
    assert "soft_deletes.enabled" in told, "the result of the index does not say which setting was left out"


CASES = (
    Case(
        "private-settings",
        setup=(index(),),
        documents={"a_v1": numbered(10)},
        indices=("a_v1",),
        right=_plain,
        node="remote store",
    ),
    Case(
        "weighted-routing",
        setup=(index(settings={"replication.type": "SEGMENT"}),),
        documents={"a_v1": numbered(10)},
        indices=("a_v1",),
        right=_plain,
        node="zones",
    ),
    Case(
        "wait-for-active-shards",
        setup=(
            (
                "PUT",
                "a_v1?wait_for_active_shards=1",
                {
                    "settings": {
                        "number_of_shards": 1,
                        "number_of_replicas": 1,
                        "index.write.wait_for_active_shards": "2",
                    },
                    "aliases": {"a_current": {"is_write_index": True}},
                },
            ),
        ),
        indices=("a_v1",),
        right=_setting_is_restored,
        strategies=(BLOCK,),
    ),
    Case(
        "settings-of-old-engines",
        setup=(("POST", "_snapshot/old/all/_restore?wait_for_completion=true", None),),
        documents={"a_v1": numbered(50)},
        indices=("a_v1",),
        right=_said,
        node="upgraded",
    ),
)


def test_case(case: Case, run: Run) -> None:
    case.right(run)
