"""A wire with faults: a TCP forwarder on loopback whose behaviour is switched while connections come and go."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading

_CHUNK = 65536
_JOIN_S = 10.0


class Fault:
    """What the wire does to what the server answers.

    Args:
        after: how many bytes of a connection pass unharmed.
        then: `hang` (nothing more comes), `close`, `reset` (RST), `drip` (one byte a second), `slow` (2 KB a second), or
            `corrupt` (every 499th byte is another).
    """

    def __init__(self, then: str, after: int = 0) -> None:
        self.then = then
        self.after = after


class Gate:
    """Forwards connections to a server on loopback, in the way that `fault` says.

    Args:
        port: the server's, on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._upstream = port
        self.fault: Fault | None = None
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._listener: socket.socket | None = None
        self.port = 0
        self.listen()

    def listen(self) -> None:
        """Take connections (again)."""
        if self._listener is None:
            listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
            self.port = listener.getsockname()[1]
            self._listener = listener
            self._start(self._accept, listener)

    def refuse(self) -> None:
        """Close the port: who connects is refused."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
            listener.close()

    def cut(self) -> None:
        """End all connections that there are."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End everything, and wait for it."""
        self._over.set()
        self.refuse()
        while any(thread.is_alive() for thread in self._threads):
            self.cut()
            for thread in self._threads:
                thread.join(0.05)
        for connection in self._open:
            connection.close()

    def _start(self, run: object, *args: object) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(client)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        fault = self.fault
        if fault is not None and fault.then == "reset" and not fault.after:
            self._reset(client)
        elif fault is not None and fault.then == "hang" and not fault.after:
            _until_closed(client)
        else:
            self._forward(client, fault)
        client.close()
        with self._lock:
            self._open.discard(client)

    def _forward(self, client: socket.socket, fault: Fault | None) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._upstream), timeout=_JOIN_S)
        except OSError:
            return
        server.settimeout(None)
        with self._lock:
            self._open.add(server)
        up = threading.Thread(target=_pump, args=(client, server), daemon=True)
        up.start()
        self._answer(server, client, fault)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        up.join()
        server.close()
        with self._lock:
            self._open.discard(server)

    def _answer(self, server: socket.socket, client: socket.socket, fault: Fault | None) -> None:
        """Pass on what the server says, until one of them ends."""
        passed = 0
        with contextlib.suppress(OSError):
            while chunk := server.recv(_CHUNK):
                room = max(fault.after - passed, 0) if fault else len(chunk)
                client.sendall(chunk[:room])
                if fault and len(chunk) > room and not self._spoil(client, chunk[room:], fault):
                    return
                passed += len(chunk)

    def _spoil(self, client: socket.socket, rest: bytes, fault: Fault) -> bool:
        """Do to the rest of an answer what the fault says; whether it goes on after that."""
        if fault.then == "reset":
            self._reset(client)
        elif fault.then == "hang":
            _until_closed(client)
        elif fault.then == "corrupt":
            spoilt = bytearray(rest)
            spoilt[::499] = bytes(byte ^ 0x55 for byte in spoilt[::499])
            client.sendall(spoilt)
            return True
        elif fault.then in ("drip", "slow"):
            step, pause = (1, 1.0) if fault.then == "drip" else (200, 0.1)
            for at in range(0, len(rest), step):
                client.sendall(rest[at : at + step])
                if self._over.wait(pause):
                    return False
            return True
        return False

    @staticmethod
    def _reset(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RD)  # wakes who reads from it: the reset is sent once nobody has it open
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


def _until_closed(client: socket.socket) -> None:
    """Wait until the other side, or `Gate.cut`, has ended a connection."""
    poll = select.poll()
    poll.register(client, select.POLLHUP | select.POLLRDHUP | select.POLLERR)
    while not poll.poll(200):
        if client.fileno() < 0:
            return
