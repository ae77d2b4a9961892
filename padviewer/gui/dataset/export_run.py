"""`padviewer batch` as a process of its own: the window goes on, and what is cancelled can be resumed."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from padviewer.dataset.measured import Measured
from padviewer.errors import ExportError, PadviewerError
from padviewer.gui.dataset.latest import Latest
from padviewer.live.process import environment
from padviewer.spec import PipelineSpec, format_fill, format_sizes, format_target

# As `padviewer batch --format` takes them.
FORMATS = ("npy", "npz", "png", "tif", "safetensors", "zarr", "hdf5", "tfrecord")
# A process that is asked to end has so long to note what it has written.
_PATIENCE_MS = 10_000
_MOST_SAID = 1 << 16


@dataclass(frozen=True)
class ExportOrder:
    """What is to be written.

    Attributes:
        items: the files.
        output: the folder.
        spec: how they are padded; its target is used where there are no buckets.
        plan: several targets as JSON; empty where one serves all.
        buckets: the file that these are written to when it begins.
        format: one of `FORMATS`.
        masks: whether pixel masks are written too.
        scheduler: address of the cluster that writes it; empty where this machine does.
    """

    items: Sequence[Measured]
    output: str
    spec: PipelineSpec
    plan: str = ""
    buckets: str = ""
    format: str = "npy"
    masks: bool = False
    scheduler: str = ""

    def arguments(self, listed: str, way: str = "") -> list[str]:
        """Returns the arguments of `padviewer`.

        Args:
            listed: the file that names the items.
            way: `--resume`, `--force`, or nothing.
        """
        spec, buckets = self.spec, self.buckets
        # A file of buckets tells the rest itself.
        target = [f"--multiple-of={format_sizes(spec.multiple_of)}", f"--overflow={spec.overflow}"]
        target += [f"--target={format_target(spec.target)}"] if spec.target else []
        return [
            "batch",
            f"@{listed}",
            f"--output={self.output}",
            f"--format={self.format}",
            "--json",
            *([f"--buckets={buckets}"] if buckets else target),
            f"--position={spec.position}",
            f"--position-seed={spec.position_seed}",
            f"--mode={spec.mode}",
            f"--fill={format_fill(spec.fill_value)}",
            *(["--mask"] if self.masks else []),
            *([f"--scheduler={self.scheduler}"] if self.scheduler else []),
            *([way] if way else []),
        ]


class ExportRun(QObject):
    """Runs one export at a time."""

    progressed = Signal(int, int, int)  # items that are done, of how many, and how many failed
    ended = Signal(int, str)  # exit code, and what the program said of what went wrong

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._files: list[str] = []
        self._latest = Latest(self)
        self._lists = self._cancelled = False
        self._rest = b""
        self._said = b""
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience_timeout)

    @property
    def runs(self) -> bool:
        """Whether something is being written."""
        return self._process is not None or self._lists

    def start(self, order: ExportOrder, way: str = "") -> None:
        """Begins; the arguments are those of `ExportOrder.arguments`."""
        if self.runs:
            return
        self._rest = self._said = b""
        self._lists, self._cancelled = True, False
        self._files = []
        work = partial(_write, order, self._files)
        self._latest.ask("files", work, partial(self._begin, order, way), self._on_refused)

    def _begin(self, order: ExportOrder, way: str, files: tuple[str, str]) -> None:
        self._lists = False
        if self._cancelled:
            self._forget()
            self.ended.emit(-1, "")
            return
        process = self._process = QProcess(self)
        surroundings = QProcessEnvironment()
        for name, value in environment().items():
            surroundings.insert(name, value)
        process.setProcessEnvironment(surroundings)
        process.readyReadStandardOutput.connect(self._on_output)
        process.readyReadStandardError.connect(self._on_error_output)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        arguments = replace(order, buckets=files[1]).arguments(files[0], way)
        process.start(sys.executable, ["-P", "-m", "padviewer", *arguments])

    def _on_refused(self, error: PadviewerError) -> None:
        self._lists = False
        self._forget()
        self.ended.emit(-1, error.message)

    def cancel(self) -> None:
        """Asks it to end; what is written stays, and it can be resumed."""
        self._cancelled = True
        if self._process is not None and self._process.processId():
            # As Ctrl+C in a terminal.
            with suppress(ProcessLookupError):
                os.kill(self._process.processId(), signal.SIGINT)
            self._patience.start()

    def close(self) -> None:
        """Ends it, and waits for it."""
        process = self._process
        if process is not None:
            process.blockSignals(True)
            self.cancel()
            if not process.waitForFinished(_PATIENCE_MS):
                process.kill()
                process.waitForFinished(1000)
        self._latest.close()
        self._lists = False
        self._forget()

    def _forget(self) -> None:
        self._patience.stop()
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        for name in self._files:
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - its name is a text
        self._files = []

    def _on_output(self) -> None:
        if self._process is None:
            return
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines[-1:]:
            with suppress(ValueError, KeyError, TypeError):
                told = json.loads(line)
                self.progressed.emit(int(told["done"]), int(told["total"]), int(told["failed"]))

    def _on_error_output(self) -> None:
        if self._process is not None:
            self._said = (self._said + bytes(self._process.readAllStandardError().data()))[-_MOST_SAID:]

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_output()
        self._on_error_output()
        self._forget()
        crashed = status == QProcess.ExitStatus.CrashExit
        self.ended.emit(-1 if crashed else code, self._said.decode("utf-8", "replace").strip())

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            text = self._process.errorString()
            self._forget()
            self.ended.emit(-1, f"the program that exports could not be started: {text}")

    def _on_patience_timeout(self) -> None:
        if self._process is not None:
            self._process.kill()


def _write(order: ExportOrder, made: list[str]) -> tuple[str, str]:
    """Returns the names of new files: of the list of items, and of the buckets, empty where there are none.

    Args:
        order: what is to be written.
        made: gets the names as soon as there are such files.

    Raises:
        ExportError: they cannot be written.
    """
    # With NUL between them: a name may hold anything else.
    listed = _file_of(b"".join(os.fsencode(item.name) + b"\0" for item in order.items), made)
    return listed, _file_of(order.plan.encode("ascii"), made) if order.plan else ""


def _file_of(content: bytes, made: list[str]) -> str:
    try:
        with tempfile.NamedTemporaryFile("wb", prefix="padviewer-", suffix=".txt", delete=False) as file:
            made.append(file.name)
            file.write(content)
    except OSError as error:
        raise ExportError(f"{tempfile.gettempdir()}: the list of files cannot be written ({error.strerror})") from error
    return file.name
