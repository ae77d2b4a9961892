"""Lets chosen calls of the system fail, or kills a process at one, whatever library makes them: no call is patched.

A child installs a filter of the kernel (seccomp, Linux 5.5 or newer, no rights needed) that hands each call which
may change files over to its parent. The parent lets it happen, answers with an error, or kills.
"""

# ruff: noqa: PTH115, PTH118, PTH119, PTH120, PTH123 - names are texts, as the system has them

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import signal
import socket
import struct
from contextlib import suppress

# Numbers of the calls, and which of their arguments name a file: "fd", "path", or (directory, path).
_FD, _PATH, _AT = ("fd", 0), ("path", 0), ("at", 0)
_X86 = {
    1: ("write", _FD), 18: ("pwrite", _FD), 20: ("writev", _FD), 296: ("pwritev", _FD), 74: ("fsync", _FD),
    75: ("fdatasync", _FD), 76: ("truncate", _PATH), 77: ("ftruncate", _FD), 2: ("open", _PATH), 257: ("open", _AT),
    82: ("rename", _PATH), 264: ("rename", _AT), 316: ("exchange", _AT), 86: ("link", _PATH), 265: ("link", ("at", 2)),
    87: ("unlink", _PATH), 263: ("unlink", _AT), 83: ("mkdir", _PATH), 258: ("mkdir", _AT), 84: ("unlink", _PATH),
    90: ("chmod", _PATH), 91: ("chmod", _FD), 268: ("chmod", _AT), 73: ("flock", _FD), 285: ("fallocate", _FD),
    326: ("write", ("fd", 2)), 40: ("write", _FD),
}  # fmt: skip
_ARM = {
    64: ("write", _FD), 68: ("pwrite", _FD), 66: ("writev", _FD), 70: ("pwritev", _FD), 82: ("fsync", _FD),
    83: ("fdatasync", _FD), 45: ("truncate", _PATH), 46: ("ftruncate", _FD), 56: ("open", _AT), 38: ("rename", _AT),
    276: ("exchange", _AT), 37: ("link", ("at", 2)), 35: ("unlink", _AT), 34: ("mkdir", _AT), 52: ("chmod", _FD),
    53: ("chmod", _AT), 32: ("flock", _FD), 47: ("fallocate", _FD), 285: ("write", ("fd", 2)), 71: ("write", _FD),
}  # fmt: skip
# By machine: calls, the number of `seccomp`, and of the architecture.
_MACHINES = {"x86_64": (_X86, 317, 0xC000003E), "aarch64": (_ARM, 277, 0xC00000B7)}
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_NO_NEW_PRIVS, _SET_FILTER, _NEW_LISTENER = 38, 1, 8
_RECEIVE, _SEND, _GO_ON = 0xC0502100, 0xC0182101, 1
_NOTICE = struct.Struct("QIIiIQ6Q")
KILL = -1
PATIENCE_S = 60


class UnsupportedError(Exception):
    """This kernel has no such filter, or it is forbidden here."""


class Supervised:
    """Runs an action in a child and decides about each of its calls that concern a folder.

    Attributes:
        calls: names of those calls.
        result: what the action returned; None where the child was killed.
    """

    def __init__(self, action, folder, decide):
        """Runs it.

        Args:
            action: returns bytes.
            folder: calls that concern other files go on.
            decide: is given the number of a call, from 1 on, and its name; returns 0 to let it happen, the number of
                the error that it is to fail with, or `KILL`.
        """
        self.calls, self.result = [], None
        self._folder, self._decide = os.path.realpath(folder), decide
        machine = _MACHINES.get(platform.machine())
        if machine is None:
            raise UnsupportedError(f"the calls of {platform.machine()} are not known")
        self._known = machine[0]
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            _run(action, machine, theirs, writing)
        theirs.close()
        os.close(writing)
        try:
            _word, descriptors, _flags, _address = socket.recv_fds(ours, 1, 1)
            if not descriptors:
                raise UnsupportedError("the kernel refuses a filter that asks its parent (seccomp)")
            try:
                self._supervise(descriptors[0])
            finally:
                os.close(descriptors[0])
            with os.fdopen(reading, "rb", closefd=False) as pipe:
                text = pipe.read()
        finally:
            ours.close()
            os.close(reading)
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
        self.result = text if text else None

    def _supervise(self, listener):
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while True:
            found = poll.poll(PATIENCE_S * 1000)
            if not found:
                raise TimeoutError("the child hangs")
            if found[0][1] & select.POLLHUP:
                return
            notice = bytearray(_NOTICE.size)
            try:
                fcntl.ioctl(listener, _RECEIVE, notice)
            except OSError:  # it ended meanwhile
                continue
            identity, thread, _flags, number, _arch, _at, *arguments = _NOTICE.unpack(notice)
            answer = self._answer(thread, number, arguments)
            if answer == KILL:
                os.kill(self._child, signal.SIGKILL)
                return
            go_on = 0 if answer else _GO_ON
            with suppress(OSError):
                fcntl.ioctl(listener, _SEND, struct.pack("QqiI", identity, 0, -answer, go_on))

    def _answer(self, thread, number, arguments):
        name, (kind, place) = self._known[number]
        try:
            file = _named(thread, kind, arguments[place : place + 2])
        except OSError:
            return 0
        if not (file == self._folder or file.startswith(f"{self._folder}/")):
            return 0
        self.calls.append(name)
        return self._decide(len(self.calls), name)


def _run(action, machine, parent, writing):
    """The child: never returns."""
    known, seccomp, _arch = machine
    try:
        filtered = struct.pack("HBBI", 0x20, 0, 0, 0)
        for index, number in enumerate(known):
            filtered += struct.pack("HBBI", 0x15, len(known) - index, 0, number)
        filtered += struct.pack("HBBI", 0x06, 0, 0, _ALLOW) + struct.pack("HBBI", 0x06, 0, 0, _NOTIFY)
        library = ctypes.CDLL(None, use_errno=True)
        program = ctypes.create_string_buffer(filtered)
        described = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(known) + 3, ctypes.addressof(program)))
        library.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        listener = library.syscall(seccomp, _SET_FILTER, _NEW_LISTENER, described)
        if listener < 0:
            parent.send(b"-")
            os._exit(1)
        socket.send_fds(parent, [b"+"], [listener])
        os.close(listener)
        os.write(writing, action())
    finally:
        os._exit(0)


def _named(thread, kind, arguments):
    """Returns the file that a call of a thread is about."""
    if kind == "fd":
        return os.readlink(f"/proc/{thread}/fd/{arguments[0]}")
    directory, address = arguments if kind == "at" else (2**32 - 100, arguments[0])
    with open(f"/proc/{thread}/mem", "rb", 0) as memory:
        memory.seek(address)
        try:
            text = memory.read(4096)
        except OSError:  # the end of a mapping
            memory.seek(address)
            text = memory.read(4096 - address % 4096)
    name = os.fsdecode(text.split(b"\0", 1)[0])
    if not name.startswith("/"):
        here = "cwd" if directory & 0xFFFFFFFF == 2**32 - 100 else f"fd/{directory & 0xFFFFFFFF}"
        name = os.path.join(os.readlink(f"/proc/{thread}/{here}"), name)
    # The last part may be a link, which is meant itself.
    return os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))
