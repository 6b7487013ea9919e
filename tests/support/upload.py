"""GetTriggerFile with a file in a bucket, without the state machine around it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws

from opensearch_reindex.opensearch_client import OpenSearchClient
from opensearch_reindex.runtime.environment import Environment
from opensearch_reindex.trigger.get_trigger_file import get_trigger_file
from support.rebuild import EXECUTION
from support.trigger_file import trigger_file

_BUCKET = "triggers"


class Upload:
    """Put a trigger file into a bucket and let GetTriggerFile read it."""

    def __init__(self, s3: Any, client: OpenSearchClient, url: str) -> None:
        self.s3 = s3
        self.client = client
        self.url = url

    def __call__(self, *indices: Any, **changes: Any) -> dict[str, Any]:
        """Return the state of the execution.

        Args:
            indices: names of source indices, or objects with changes.
            changes: additional keys of the file, or other values.

        Raises:
            TriggerFileError: the file is refused.
        """
        self.s3.put_object(Bucket=_BUCKET, Key="t.json", Body=json.dumps(trigger_file(self.url, *indices, **changes)))
        detail = {"bucket": {"name": _BUCKET}, "object": {"key": "t.json"}}
        environment = Environment((self.url.partition("://")[2],), "", (), 30, "us-east-1", 1800)
        event = {"execution_id": EXECUTION, "detail": detail}
        return get_trigger_file(event, self.s3, lambda _: self.client, environment)


@contextmanager
def uploads(client: OpenSearchClient, *urls: str) -> Iterator[Upload]:
    """Give a bucket for a block.

    Args:
        client: of the node.
        urls: the endpoint in the files, and others that stay reachable.
    """
    with mock_aws(config={"core": {"passthrough": {"urls": [f"{url}/.*" for url in urls]}}}):
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=_BUCKET)
        yield Upload(s3, client, urls[0])
