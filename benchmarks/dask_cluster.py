"""A Dask cluster on this machine, and a wire to its scheduler that counts bytes."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PIECE = 1 << 16


@contextmanager
def dask_cluster(workers: int) -> Iterator[tuple[str, int]]:
    """Yields the address of a scheduler, and the process that it runs in; workers have processes of their own."""
    command = [sys.executable, "-P", str(Path(__file__)), str(workers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            yield running.stdout.readline().strip(), running.pid
        finally:
            running.stdin.close()


class Wire:
    """Forwards connections to an address, and counts what goes either way.

    Args:
        address: such as `tcp://127.0.0.1:8786`.

    Attributes:
        address: to connect to instead.
        carried: bytes so far.
    """

    def __init__(self, address: str) -> None:
        host, _colon, port = address.rpartition("://")[2].rpartition(":")
        self._there = host, int(port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listening.getsockname()[1]}"
        self.carried = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _address = self._listening.accept()
                theirs = socket.create_connection(self._there)
                for ends in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=self._forward, args=ends, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_PIECE):
                with self._lock:
                    self.carried += len(data)
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def _serve(workers: int) -> None:
    from distributed import LocalCluster  # noqa: PLC0415 - only this process needs it

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1",
        protocol="tcp://", silence_logs=50,
    ) as local:  # fmt: skip
        print(local.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
