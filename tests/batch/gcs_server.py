"""A server on this machine that speaks what gcsfs asks of Google Cloud Storage: list, read, write and delete."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from email import message_from_bytes
from urllib.parse import unquote

from flask import Flask, Response, request
from werkzeug.serving import make_server

# Objects of a page, few so that there are several.
PAGE = 5


class Bucket:
    """Objects by their names, and the requests that were made."""

    def __init__(self):
        self.objects, self.begun, self.asked, self.served = {}, {}, [], 0

    def told(self, name):
        return {
            "kind": "storage#object", "name": name, "bucket": "b", "size": str(len(self.objects[name])),
            "generation": "1", "updated": "2026-01-01T00:00:00Z", "timeCreated": "2026-01-01T00:00:00Z",
        }  # fmt: skip


def application(bucket):
    app = Flask("gcs")

    @app.before_request
    def note():
        bucket.asked.append((request.method, request.path))

    @app.get("/storage/v1/b/b/o")
    def listed():
        prefix, delimiter = request.args.get("prefix", ""), request.args.get("delimiter", "")
        names, prefixes = [], set()
        for name in sorted(bucket.objects):
            rest = name.removeprefix(prefix)
            if not name.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                prefixes.add(prefix + rest.partition(delimiter)[0] + delimiter)
            else:
                names.append(name)
        start = int(request.args.get("pageToken") or 0)
        page = min(PAGE, int(request.args.get("maxResults") or PAGE))
        answer = {
            "kind": "storage#objects",
            "items": [bucket.told(name) for name in names[start : start + page]],
            "prefixes": sorted(prefixes),
        }
        return answer | ({"nextPageToken": str(start + page)} if start + page < len(names) else {})

    @app.get("/storage/v1/b/b")
    def itself():
        return {"kind": "storage#bucket", "name": "b"}

    @app.get("/storage/v1/b/b/o/<path:name>")
    @app.get("/download/storage/v1/b/b/o/<path:name>")
    def read(name):
        if name not in bucket.objects:
            return {"error": {"code": 404, "message": "no such object"}}, 404
        data = bucket.objects[name]
        if request.args.get("alt") != "media":
            return bucket.told(name)
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        if not found:
            bucket.served += len(data)
            return Response(data)
        start, stop = int(found[1]), int(found[2]) + 1 if found[2] else len(data)
        if start >= len(data):
            return {"error": {"code": 416, "message": "not satisfiable"}}, 416
        part = data[start:stop]
        bucket.served += len(part)
        headers = {"Content-Range": f"bytes {start}-{start + len(part) - 1}/{len(data)}"}
        return Response(part, 206, headers=headers)

    @app.post("/upload/storage/v1/b/b/o")
    def upload():
        if request.args["uploadType"] == "resumable":
            number = str(len(bucket.begun))
            bucket.begun[number] = [request.args.get("name") or request.get_json()["name"], b""]
            return Response("", headers={"Location": f"{request.host_url}resumable/{number}"})
        whole = message_from_bytes(
            f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode() + request.get_data()
        )
        settings, content = whole.get_payload()
        name = json.loads(settings.get_payload(decode=True))["name"]
        bucket.objects[name] = content.get_payload(decode=True)
        return bucket.told(name)

    @app.put("/resumable/<number>")
    def resumed(number):
        name, before = bucket.begun[number]
        bucket.begun[number][1] = data = before + request.get_data()
        total = request.headers.get("Content-Range", "").rpartition("/")[2]
        if total not in ("", "*") and len(data) == int(total):
            bucket.objects[name] = data
            return bucket.told(name)
        return Response("", 308, headers={"Range": f"bytes=0-{len(data) - 1}"})

    @app.delete("/storage/v1/b/b/o/<path:name>")
    def remove(name):
        return ("", 204) if bucket.objects.pop(name, None) is not None else ({"error": {"code": 404}}, 404)

    @app.post("/batch/storage/v1")
    def several():
        mark = "batch"
        parts = []
        for path in re.findall(r"DELETE (\S+) HTTP", request.get_data(as_text=True)):
            bucket.objects.pop(unquote(path.split("/o/")[1].partition("?")[0]), None)
            parts.append(f"--{mark}\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
        return Response("".join(parts) + f"--{mark}--", content_type=f"multipart/mixed; boundary={mark}")

    return app


@contextmanager
def gcs_server():
    """Yields the address of the server, and its bucket, which is called `b`."""
    bucket = Bucket()
    server = make_server("127.0.0.1", 0, application(bucket), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
