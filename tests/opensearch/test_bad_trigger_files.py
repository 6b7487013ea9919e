"""GetTriggerFile refuses thousands of bad trigger files and changes nothing."""

from random import Random

import pytest

from opensearch_reindex.runtime.errors import TriggerFileError
from support.bad_trigger_files import FAULTS
from support.bad_trigger_files.domain_broken import prepared
from support.bad_trigger_files.good import good_file, written
from support.domain import Domain
from support.rebuild import Rebuild
from support.refusals import FirstStep, is_change, quiet, refuse_all, snapshot

# Any: good and bad names are tested here.
PREFIX = ""


def test_five_thousand_bad_trigger_files_are_refused_and_change_nothing(domain: Domain, rebuild: Rebuild) -> None:
    refusals = refuse_all(domain, rebuild, 5000)
    print(refusals.table())
    assert refusals.files.total() == 5000
    assert set(refusals.files) == {(fault.kind, fault.name) for fault in FAULTS}
    assert refusals.requests > 500, "the domain was asked about few of them"


def test_the_files_they_were_made_of_are_accepted(domain: Domain, rebuild: Rebuild) -> None:
    random, first_step = Random(1), FirstStep(rebuild.client, rebuild.url)
    with prepared(domain, rebuild), quiet():
        before = snapshot(domain)
        for _ in range(300):
            file = good_file(random, rebuild.url)
            state = first_step(written(random, file))
            assert len(state["indices"]) == len(file["indices"])
            assert not any(is_change(*request) for request in first_step.requests)
        assert snapshot(domain) == before
        file["keep_source"] = "yes"
        with pytest.raises(TriggerFileError):
            first_step(written(random, file))
