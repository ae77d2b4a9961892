"""What docs/data-sets.md tells to type and to run is typed and run in order, on the folder that the page is about."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cluster import cluster
from pages import Block, as_expected, blocks_of, run
from PIL import Image

from padviewer.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "data-sets.md"
PICTURES = ROOT / "docs" / "pictures" / "data-sets"
_FENCE = re.compile(r"^```(console|yaml|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# A command, on more lines where they end with a backslash; what it prints follows in a console.
_COMMAND = re.compile(r"^(?:\$ | +- run: )?(padviewer (?:[^\n]*\\\n)*[^\n]*)\n", re.MULTILINE)
SCHEDULER = "tcp://scheduler:8786"
KILLED = "Killed\n"
WAIT = 60


class Typed(NamedTuple):
    """A command.

    Attributes:
        kind: `console`, whose output is shown; `yaml`, for a build server; `sh`, for a cluster.
        arguments: of `padviewer`.
        block: where it stands, and what it prints.
    """

    kind: str
    arguments: list[str]
    block: Block


def typed_in(text: str) -> list[Typed]:
    """Returns the commands of a page; a console has one, and a block of another kind any number."""
    found = []
    for fence in _FENCE.finditer(text):
        for match in _COMMAND.finditer(fence[2]):
            line = text[: fence.start(2) + match.start(1)].count("\n") + 1
            below = fence[2][match.end() :] if fence[1] == "console" else None
            arguments = shlex.split(match[1].replace("\\\n", " "))[1:]
            found.append(Typed(fence[1], arguments, Block(line, match[1], below)))
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, which remembers nothing, with the mixed folder in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))  # for the code that is written there
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", paths)
    make("mixed")
    return tmp_path


def make(name: str) -> None:
    script = ROOT / "scripts" / "make_mixed_folder.py"
    subprocess.run([sys.executable, str(script), name], check=True, timeout=WAIT)


def test_the_whole_way_prints_what_the_page_says(folder: Path) -> None:
    text = PAGE.read_text("utf-8")
    typed = {each.block.line: each for each in typed_in(text) if each.kind != "sh"}
    assert text.count("\n```console\n") == sum(each.kind == "console" for each in typed.values())
    assert sum(each.block.expected == KILLED for each in typed.values()) == 1
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in sorted([each.block for each in typed.values()] + blocks_of(text), key=lambda block: block.line):
        each = typed.get(block.line)
        if each is None:
            printed = run(PAGE, block, namespace)
        elif block.expected == KILLED:
            printed = killed_in_the_middle(each.arguments)
        else:
            code, printed = told(each.arguments)
            assert each.kind == "console" or code == 0, f"line {block.line}: a build server would fail\n{printed}"
        assert as_expected(block, printed), f"line {block.line}: expected\n{block.expected}\ngot\n{printed}"


def test_the_same_commands_run_on_a_cluster_and_on_urls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="padviewer[cluster] is not installed")
    pytest.importorskip("s3fs", reason="padviewer[s3] is not installed")
    pytest.importorskip("moto.server", reason="moto is not installed")
    commands = [each.arguments for each in typed_in(PAGE.read_text("utf-8")) if each.kind == "sh"]
    assert len(commands) == 3
    with s3_with(folder / "mixed" / "volumes", monkeypatch) as names, cluster(1) as (address, _process):
        for arguments in commands:
            assert SCHEDULER in arguments
            code, printed = told([address if word == SCHEDULER else word for word in arguments])
            assert code == 0, printed
            if "--resume" in arguments:
                assert "12 of 12 items written, 12 of them before" in printed
        found = names("padded")
    assert sorted(found) == ["padded/DHW_24x64x64_int16-00000-of-00001.tfrecord", "padded/manifest.jsonl"]


def test_the_folder_is_the_same_on_each_run(folder: Path) -> None:
    make("again")
    first, second = contents(folder / "mixed"), contents(folder / "again")
    assert len(first) > 480
    assert first == second


def contents(folder: Path) -> dict[str, bytes]:
    """Returns what is in each file of a folder, and where each link leads."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = os.fsencode(path.readlink())
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def test_every_picture_is_shown_and_is_light() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(pictures/data-sets/([\w-]+\.png)\)", PAGE.read_text("utf-8"))
    files = {path.name: path for path in PICTURES.iterdir()}
    assert sorted(shown) == sorted(files)
    for name, path in files.items():
        with Image.open(path) as picture:
            assert max(picture.size) <= 1200, name
            assert picture.convert("L").getpixel((2, 2)) > 200, f"{name} is not of the light theme"
        assert path.stat().st_size < 150_000, name
    assert sum(path.stat().st_size for path in files.values()) < 1_000_000


def test_the_contents_lead_to_every_section() -> None:
    text = PAGE.read_text("utf-8")
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) == anchors


def told(arguments: list[str]) -> tuple[int, str]:
    """Returns the exit code of a command and what it prints, its complaints below; the work is done by processes."""
    output, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(complaints):
        code = main(arguments)
    return code, output.getvalue() + complaints.getvalue()


def killed_in_the_middle(arguments: list[str]) -> str:
    """Types a command, and kills it as soon as it has noted something; returns what a shell then says."""
    noted = Path(arguments[arguments.index("-o") + 1]) / "manifest.jsonl"
    command = [sys.executable, "-m", "padviewer", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + WAIT
    while process.poll() is None and time.monotonic() < until:
        if noted.exists() and '"written"' in noted.read_text("utf-8"):
            break
        time.sleep(0.005)
    was_there = process.poll() is None
    process.kill()
    printed = process.communicate(timeout=WAIT)[0].decode()
    assert was_there, f"it had ended before it could be killed: {printed}"
    return printed + KILLED


@contextlib.contextmanager
def s3_with(source: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Serves the bucket `data` on this machine, the files of a folder in it; yields what lists the names in it."""
    import boto3  # noqa: PLC0415
    import s3fs  # noqa: PLC0415
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    store = boto3.client("s3")
    store.create_bucket(Bucket="data")
    for path in source.iterdir():
        store.put_object(Bucket="data", Key=f"{source.name}/{path.name}", Body=path.read_bytes())

    def names(prefix: str) -> list[str]:
        return [each["Key"] for each in store.list_objects_v2(Bucket="data", Prefix=prefix)["Contents"]]

    try:
        yield names
    finally:
        server.stop()
        s3fs.S3FileSystem.clear_instance_cache()
