"""The example `existing-bucket`: the module leaves an existing bucket unchanged."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from stack.account import names_of_all_resources
from stack.deployment import Deployment
from support.ministack import MiniStack
from support.signed_front import SignedFront
from support.terraform import TerraformRoot, domain_arn, example
from support.waiting import wait_until

BUCKET = "brought"
# What a bucket has of its own: S3's operation, and the key of the answer.
SETTINGS = (
    "get_bucket_acl",
    "get_bucket_cors",
    "get_bucket_encryption",
    "get_bucket_lifecycle_configuration",
    "get_bucket_location",
    "get_bucket_notification_configuration",
    "get_bucket_policy",
    "get_bucket_tagging",
    "get_bucket_versioning",
    "get_public_access_block",
)


def settings(ministack: MiniStack) -> dict[str, str]:
    """Every setting of the bucket, as S3 spells it."""
    s3 = ministack.client("s3")
    answers = {name: getattr(s3, name)(Bucket=BUCKET) for name in SETTINGS}
    return {
        name: json.dumps({key: value for key, value in answer.items() if key != "ResponseMetadata"}, default=str)
        for name, answer in answers.items()
    }


def delete_files(ministack: MiniStack) -> None:
    s3 = ministack.client("s3")
    listed = s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET).build_full_result()
    for version in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])


@pytest.fixture(scope="module")
def root(ministack: MiniStack, before: set[str]) -> Iterator[TerraformRoot]:
    """The example with its bucket alone, which has settings outside of the example."""
    del before  # what was there comes first
    variables = {"bucket_name": BUCKET, "project_name": BUCKET, "domain_arns": [domain_arn(ministack)]}
    with example(ministack, "existing-bucket", **variables) as copy:
        users_own = [
            f"{kind}.config"
            for kind in (
                "aws_s3_bucket_notification",
                "aws_s3_bucket_policy",
                "aws_s3_bucket_server_side_encryption_configuration",
                "aws_s3_bucket_versioning",
            )
        ]
        copy.apply(*users_own)
        s3 = ministack.client("s3")
        rule = {"ID": "images", "Status": "Enabled", "Filter": {"Prefix": "images/"}, "Expiration": {"Days": 7}}
        s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
        cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://images.example.com"]}
        s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [cors]})
        yield copy


@pytest.fixture(scope="module")
def settings_before(ministack: MiniStack, root: TerraformRoot) -> dict[str, str]:
    del root
    return settings(ministack)


@pytest.fixture(scope="module")
def brought(
    ministack: MiniStack, front: SignedFront, root: TerraformRoot, settings_before: dict[str, str]
) -> Deployment:
    del settings_before  # what was there comes first
    root.apply()
    return Deployment(root, ministack, front, root.outputs())


def test_the_bucket_has_settings_that_could_be_lost(settings_before: dict[str, str]) -> None:
    notification = json.loads(settings_before["get_bucket_notification_configuration"])
    assert notification["QueueConfigurations"][0]["Id"] == "images"
    assert "EventBridgeConfiguration" in notification
    assert "DenyInsecureTransport" in settings_before["get_bucket_policy"]
    assert "images/" in settings_before["get_bucket_lifecycle_configuration"]
    assert "AES256" in settings_before["get_bucket_encryption"]
    assert "images.example.com" in settings_before["get_bucket_cors"]
    assert "owner" in settings_before["get_bucket_tagging"]


def test_an_apply_leaves_every_setting_of_the_bucket_as_it_was(
    brought: Deployment, settings_before: dict[str, str]
) -> None:
    assert settings(brought.ministack) == settings_before
    assert brought.root.plan_is_empty()


def test_an_upload_below_the_prefix_starts_an_execution_and_one_beside_it_does_not(brought: Deployment) -> None:
    brought.upload({"indices": []})
    # Events are delivered in order: when the later file's execution is there, the earlier one's would be too.
    below = brought.upload({"indices": []}, prefix="reindex/")
    execution = brought.wait_for_end(below)

    assert brought.uploaded_keys_of_executions().keys() == {below}
    error = json.loads(execution["cause"])
    assert error["step"] == "GetTriggerFile"
    # The function has read the file; a missing permission would give another error.
    assert "opensearch_endpoint" in " ".join(error["problems"])


def test_the_queue_is_still_told_of_images_and_of_nothing_else(brought: Deployment) -> None:
    sqs = brought.ministack.client("sqs")
    image = brought.upload({}, prefix="images/", suffix=".png")

    def told() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=brought.outputs["images_queue_url"], MaxNumberOfMessages=10)
        bodies = [json.loads(message["Body"]) for message in messages.get("Messages", [])]
        return [record for body in bodies for record in body.get("Records", [])]  # not S3's test message

    keys = [unquote(record["s3"]["object"]["key"]) for record in wait_until(told)]
    assert keys == [image]


def test_destroy_of_the_module_keeps_every_bucket_setting_and_every_other_file(
    brought: Deployment, settings_before: dict[str, str]
) -> None:
    s3 = brought.ministack.client("s3")
    other = brought.upload({}, prefix="images/", suffix=".png")

    brought.root.destroy("module.opensearch_reindex")

    assert settings(brought.ministack) == settings_before
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert other in keys
    assert not any(key.endswith(".zip") for key in keys)


def test_a_destroy_of_the_whole_example_leaves_nothing(brought: Deployment, before: set[str]) -> None:
    delete_files(brought.ministack)

    brought.root.destroy()

    assert names_of_all_resources(brought.ministack) == before
