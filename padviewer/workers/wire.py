"""Messages between a worker process and the one that asks: pickled, their arrays out of band."""

from __future__ import annotations

import os
import pickle
import socket
import struct
from multiprocessing.connection import Connection
from typing import Any

Message = tuple[Any, ...]


def send_message(connection: Connection, message: Message) -> None:
    """Sends a message with its arrays out of band, which saves two copies of each."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    connection.send_bytes(len(buffers).to_bytes(4, "little") + head)
    for buffer in buffers:
        connection.send_bytes(buffer.raw())


def receive_message(connection: Connection) -> Message:
    """Receives a message; its arrays are read-only views of what came in."""
    first = connection.recv_bytes()
    count = int.from_bytes(first[:4], "little")
    message: Message = pickle.loads(first[4:], buffers=[connection.recv_bytes() for _ in range(count)])
    return message


def limit_waiting(connection: Connection, seconds: float) -> None:
    """Lets a message that comes, or goes, no further for so long raise `BlockingIOError`: the other side is stopped."""
    limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
    # The options belong to what both descriptors stand for.
    with socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
