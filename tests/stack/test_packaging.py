"""The rows of the table in docs/packaging.md.

Each test leaves the checkout applied for the next test.
"""

import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from stack.packaging import MODULE, Account, Checkout, changes, make_package, sha256
from support.ministack import MiniStack
from support.paths import unused_run_dir
from support.terraform import TerraformError

STEPS = {
    "check-reindex-status",
    "create-index",
    "delete-index",
    "get-trigger-file",
    "remove-alias",
    "start-reindex",
    "update-aliases",
}
# A new package, and nothing but it.
NEW_PACKAGE = {
    "terraform_data.package[0]": "replaced",
    "terraform_data.pinned_package": "replaced",
    "aws_s3_object.package[0]": "replaced",
    **{f'aws_lambda_function.step["{step.replace("-", "_")}"]': "updated" for step in STEPS},
}


@pytest.fixture(scope="module")
def account(ministack: MiniStack) -> Account:
    return Account(ministack, "packaging")


@pytest.fixture(scope="module")
def elsewhere() -> Path:
    """Where the first plan is made."""
    return unused_run_dir("terraform-planned")


@pytest.fixture(scope="module")
def checkout(ministack: MiniStack, account: Account, elsewhere: Path) -> Iterator[Checkout]:
    """Planned in one folder, applied in another."""
    here = unused_run_dir("terraform-applied")
    try:
        planned = Checkout.make(elsewhere, ministack, account.bucket)
        planned.plan()
        checkout = planned.moved_to(here)
        checkout.apply_plan()
        yield checkout
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)
        shutil.rmtree(here, ignore_errors=True)


def plain(printed: str) -> str:
    """Join what Terraform wraps."""
    return " ".join(re.sub(r"[│╷╵]", " ", printed).split())


def test_a_plan_made_in_one_folder_is_applied_in_another(checkout: Checkout, account: Account, elsewhere: Path) -> None:
    assert account.functions("dev").keys() == STEPS
    (package,) = account.packages().values()
    assert account.code("dev") == {sha256(package)} == {checkout.outputs()["package_sha256"]}
    state = (checkout.path / "terraform.tfstate").read_text()
    assert "modules/opensearch-reindex/.build/" in state
    assert str(elsewhere) not in state
    assert str(checkout.work_dir) not in state


def test_a_clean_runner_finds_nothing_to_change(checkout: Checkout) -> None:
    checkout.lose_builds()
    assert checkout.plan_is_empty()


def test_a_clean_runner_changes_memory_by_a_saved_plan_and_builds_nothing(checkout: Checkout, account: Account) -> None:
    before = account.code("dev")
    checkout.lose_builds()
    checkout.set(lambda_memory=256, tags={"team": "search"})

    checkout.plan()
    checkout.apply_plan()

    assert {function["MemorySize"] for function in account.functions("dev").values()} == {256}
    assert account.code("dev") == before
    assert checkout.builds == []


def test_a_clean_runner_makes_a_function_again_from_s3(checkout: Checkout, account: Account) -> None:
    before = account.code("dev")
    checkout.lose_builds()
    account.functions_client.delete_function(FunctionName="packaging-dev-create-index")

    # The check of the code waits for the new function.
    printed = checkout.apply_now(warns=True)

    assert changes(printed) == {'aws_lambda_function.step["create_index"]': "created"}
    assert account.functions("dev").keys() == STEPS
    assert account.code("dev") == before
    assert checkout.builds == []


def test_a_changed_source_file_updates_package_and_every_function_by_a_saved_plan(
    checkout: Checkout, account: Account
) -> None:
    before = account.packages()
    checkout.lose_builds()
    checkout.change_source("first change")

    assert changes(checkout.plan()) == NEW_PACKAGE
    checkout.apply_plan()

    ((key, package),) = account.packages().items()
    assert key not in before
    assert account.code("dev") == {sha256(package)}
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert b"first change" in archive.read("handlers.py")
    assert [path.read_bytes() for path in checkout.builds] == [package]
    assert checkout.plan_is_empty()


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        pytest.param("lambda_runtime", "python3.12", lambda function: function["Runtime"], id="runtime"),
        pytest.param(
            "lambda_architecture",
            "arm64",
            lambda function: function["Architectures"][0],
            id="architecture",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_another_runtime_or_architecture_updates_the_package_and_every_function(
    checkout: Checkout, account: Account, variable: str, value: str, told: Any
) -> None:
    before = account.packages()
    checkout.lose_builds()
    checkout.set(**{variable: value})

    printed = checkout.apply_now()

    assert changes(printed) == NEW_PACKAGE
    assert {told(function) for function in account.functions("dev").values()} == {value}
    ((key, package),) = account.packages().items()
    assert key not in before
    assert account.code("dev") == {sha256(package)}
    assert len(checkout.builds) == 1


def foreign_package() -> bytes:
    """Return a zip that the module did not build."""
    swapped = io.BytesIO()
    with zipfile.ZipFile(swapped, "w") as archive:
        archive.writestr(zipfile.ZipInfo("handlers.py"), "")  # without the time, so that it is the same each time
    return swapped.getvalue()


def test_code_that_changed_outside_of_terraform_shows_in_every_plan_until_it_is_back(
    checkout: Checkout, account: Account
) -> None:
    (intact,) = account.code("dev")
    account.functions_client.update_function_code(
        FunctionName="packaging-dev-delete-index", ZipFile=foreign_package(), Publish=False
    )
    assert account.code("dev") == {intact, sha256(foreign_package())}

    printed = plain(checkout.plan(warns=True))
    assert "Warning: Check block assertion failed" in printed
    assert "changed outside Terraform: packaging-dev-delete-index. " in printed
    assert "overwritten" not in printed

    checkout.lose_builds()
    checkout.apply_now(f'-replace={MODULE}.aws_lambda_function.step["delete_index"]', warns=True)
    assert account.code("dev") == {intact}
    checkout.plan()


def test_an_overwritten_package_is_reported_and_never_deployed(checkout: Checkout, account: Account) -> None:
    (intact,) = account.code("dev")
    ((name, package),) = account.packages().items()
    account.put_package(name, foreign_package())
    checkout.lose_builds()

    printed = plain(checkout.plan(warns=True))
    assert f"The package s3://{name} was overwritten after Terraform uploaded it. " in printed
    assert "changed outside Terraform" not in printed
    assert changes(printed) == {}

    # An ordinary change, and a new function.
    account.functions_client.delete_function(FunctionName="packaging-dev-create-index")
    checkout.set(lambda_memory=512)
    checkout.apply_now(warns=True)
    assert account.functions("dev").keys() == STEPS
    assert account.code("dev") == {intact}
    assert checkout.outputs()["package_sha256"] == intact
    assert checkout.builds == []

    checkout.apply_now(f"-replace={MODULE}.terraform_data.package[0]")
    assert account.packages() == {name: package}
    assert account.code("dev") == {intact}
    checkout.plan()


def test_a_package_that_was_overwritten_during_the_upload_is_never_deployed(
    checkout: Checkout, account: Account
) -> None:
    (intact,) = account.code("dev")
    ((name, package),) = account.packages().items()
    # As after an apply that ended between the upload and the record of its version.
    checkout.forget("terraform_data.pinned_package")
    account.put_package(name, foreign_package())

    with pytest.raises(TerraformError) as caught:
        checkout.apply_now()
    assert f"The package s3://{name} was overwritten while Terraform uploaded it" in plain(str(caught.value))
    account.put_package(name, package)
    with pytest.raises(TerraformError, match="was overwritten while"):
        checkout.apply_now()
    assert account.code("dev") == {intact}

    checkout.apply_now(f"-replace={MODULE}.terraform_data.package[0]")
    assert account.code("dev") == {intact}
    checkout.plan()


def test_a_clean_runner_without_the_package_in_s3_says_so_and_builds_it_on_request(
    checkout: Checkout, account: Account
) -> None:
    before = account.packages()
    checkout.lose_builds()
    for key in before:
        account.remove_package(key)

    with pytest.raises(TerraformError, match=r"opening S3 object source \(\S+\.zip\)"):
        checkout.apply_now()
    checkout.apply_now(f"-replace={MODULE}.terraform_data.package[0]")

    assert account.packages() == before
    assert checkout.plan_is_empty()


def test_two_applies_at_once_from_one_checkout_build_the_same_package(checkout: Checkout, account: Account) -> None:
    second = checkout.second_root("second")
    checkout.change_source("second change")
    checkout.lose_builds()

    with ThreadPoolExecutor() as pool:
        printed = [*pool.map(Checkout.apply_now, [checkout, second])]

    assert all("build_package.py" in text for text in printed)
    (build,) = checkout.builds
    assert set(account.packages().values()) == {build.read_bytes()}
    for environment in ("dev", "second"):
        assert account.functions(environment).keys() == STEPS
        assert account.code(environment) == {sha256(build.read_bytes())}
    second.destroy()


def test_a_clean_runner_gives_every_function_another_name(checkout: Checkout, account: Account) -> None:
    before = account.code("dev")
    checkout.lose_builds()
    checkout.set(environment="renamed")

    checkout.apply_now()

    assert account.functions("renamed").keys() == STEPS
    assert account.functions("dev") == {}
    assert account.code("renamed") == before
    assert len(account.packages()) == 1


@pytest.mark.slow
def test_a_package_bucket_needs_versioning(checkout: Checkout, account: Account) -> None:
    before = account.code(checkout.environment)
    account.make_bucket("packaging-without-versions", versioning=False)
    account.make_bucket("packaging-with-versions", versioning=True)

    checkout.set(package_bucket="packaging-without-versions")
    with pytest.raises(TerraformError) as caught:
        checkout.apply_now()
    assert "The bucket packaging-without-versions in package_bucket has no versioning" in plain(str(caught.value))
    assert account.code(checkout.environment) == before

    checkout.set(package_bucket="packaging-with-versions")
    checkout.apply_now()
    assert account.code(checkout.environment) == before
    assert account.packages() == {}
    checkout.plan()
    checkout.set(package_bucket=None)
    checkout.apply_now()


def test_without_python_nothing_changes_and_the_error_says_what_to_do(
    checkout: Checkout, account: Account, tmp_path: Path
) -> None:
    before = account.code(checkout.environment), account.packages()
    checkout.change_source("third change")

    with checkout.without_python(tmp_path), pytest.raises(TerraformError) as caught:
        checkout.apply_now()

    # The command itself, which Terraform prints too, holds the words as well.
    told = plain(str(caught.value)).partition("exit status 1. Output: ")[2]
    assert told.startswith(
        "python3 not found; expected Python 3.11 or later with pip to build the package of the Lambda"
    )
    assert "set the input `package` to a built package" in told
    assert (account.code(checkout.environment), account.packages()) == before


@pytest.mark.slow  # the provider uploads a local file to one function after the other
def test_without_python_a_package_that_make_built_is_applied(
    checkout: Checkout, account: Account, tmp_path: Path
) -> None:
    package = tmp_path / "package.zip"
    make_package(package)
    checkout.set(package_file=str(package))

    with checkout.without_python(tmp_path):
        checkout.apply_now()
        assert checkout.plan_is_empty()

    assert account.code(checkout.environment) == {sha256(package.read_bytes())}
    assert account.packages() == {}
