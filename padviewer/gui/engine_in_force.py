"""The engine of the backend in force: one runs at a time, as each holds much memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from padviewer.errors import PadviewerError
from padviewer.gui.bridge import settle
from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINES
from padviewer.workers.messages import Devices, DevicesRequest


class EngineInForce:
    """Starts the engine of a backend and lets go of the one before.

    Args:
        clients: the workers.
        backend: the first one.
        on_devices: is told the devices of the engine; None while it starts.
        on_error: is told why there are none.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        backend: str,
        on_devices: Callable[[Devices | None], None],
        on_error: Callable[[PadviewerError], None],
    ) -> None:
        self._clients = clients
        self._backend = backend
        self._on_devices, self._on_error = on_devices, on_error
        self.devices: Devices | None = None

    @property
    def client(self) -> Client:
        """The engine; it starts when it is first asked."""
        return self._clients[ENGINES[self._backend]]

    def start(self) -> None:
        """Asks what devices there are; the answer comes when the backend has started."""
        self._tell(None)
        engine = self.client
        settle(
            engine.submit("devices", DevicesRequest()), lambda devices: self._answered(engine, devices), self._on_error
        )

    def choose(self, backend: str) -> None:
        """Takes another backend; the engine of the one before ends until its next use."""
        if backend != self._backend:
            self.client.rest()
            self._backend = backend
            self.start()

    def _answered(self, engine: Client, devices: Devices) -> None:
        if engine is self.client:  # no other backend was chosen meanwhile
            self._tell(devices)

    def _tell(self, devices: Devices | None) -> None:
        self.devices = devices
        self._on_devices(devices)
