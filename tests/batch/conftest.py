"""An S3 server on this machine."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def store():
    """A client of the server, whose place and keys stand in the environment."""
    import boto3  # noqa: PLC0415 - takes half a second, where a store is needed
    import s3fs  # noqa: PLC0415
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    told = {
        "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "not-to-be-told", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        yield boto3.client("s3")
    server.stop()


@pytest.fixture
def bucket(store, request):
    """The name of an empty bucket."""
    name = f"b{abs(hash(request.node.name))}"
    store.create_bucket(Bucket=name)
    return name
