from support.bad_trigger_files import FAULTS, bad_files

URL = "http://127.0.0.1:9200"


def test_no_two_bad_files_are_alike_and_every_fault_is_among_them() -> None:
    files = list(bad_files(URL, 1000))
    assert len({file.content for file in files}) == len(files) == 1000
    assert {(file.kind, file.fault) for file in files} == {(fault.kind, fault.name) for fault in FAULTS}
    assert all(said for file in files for said in file.says)


def test_a_seed_makes_the_same_files_again_and_another_one_others() -> None:
    once, again, others = (list(bad_files(URL, 300, seed)) for seed in (1, 1, 2))
    assert once == again
    # One of the few ways to write an empty file may come twice.
    assert len({file.content for file in once} & {file.content for file in others}) < 30
