"""What a bucket holds, by a client that has nothing to do with ours."""

from __future__ import annotations

from inline import tree


def objects_in(store, bucket, prefix=""):
    """Returns the bytes of all objects below a prefix."""
    found = {}
    for page in store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            found[each["Key"]] = store.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
    return found


def upload(store, bucket, folder, prefix="in/"):
    """Puts all files of a folder below a prefix."""
    for name, data in tree(folder).items():
        store.put_object(Bucket=bucket, Key=prefix + name, Body=data)
