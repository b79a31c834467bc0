"""A name server for one host, on port 53 of a loopback address of its own: `resolv.conf` cannot name another port."""

from __future__ import annotations

import errno
import socket
import struct
import threading

PORT = 53
ADDRESSES = [f"127.0.53.{number}" for number in range(1, 33)]

A, IN = 1, 1
# Response, recursion desired and available; 3 is "no such name".
FLAGS, NO_SUCH_NAME = 0x8180, 3


class NameServer:
    """Answers with 127.0.0.1 for `host`, and for no other name; notes the names that it was asked for."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.asked: set[str] = set()
        self._socket, self.address = _bind()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="name server")
        self._thread.start()

    def _serve(self) -> None:
        while True:
            question, sender = self._socket.recvfrom(4096)
            if not question:
                return
            self._socket.sendto(self._answer(question), sender)

    def _answer(self, message: bytes) -> bytes:
        """Returns the answer to a message with one question (RFC 1035, section 4)."""
        labels, place = [], 12
        while length := message[place]:
            labels.append(message[place + 1 : place + 1 + length].decode("ascii"))
            place += 1 + length
        name = ".".join(labels).lower()
        self.asked.add(name)
        kind, class_ = struct.unpack_from("!HH", message, place + 1)
        question = message[12 : place + 5]
        answer = b""
        if name == self.host and (kind, class_) == (A, IN):
            # A pointer to the name in the question, a time to live of one minute, four bytes of address.
            answer = struct.pack("!HHHIH", 0xC00C, A, IN, 60, 4) + socket.inet_aton("127.0.0.1")
        flags = FLAGS if name == self.host else FLAGS | NO_SUCH_NAME
        return message[:2] + struct.pack("!HHHHH", flags, 1, bool(answer), 0, 0) + question + answer

    def close(self) -> None:
        """Ends the server by an empty message."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(b"", (self.address, PORT))
        self._thread.join()
        self._socket.close()


def _bind() -> tuple[socket.socket, str]:
    for address in ADDRESSES:
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            listener.bind((address, PORT))
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                continue
            if error.errno == errno.EACCES:
                raise RuntimeError(
                    f"port {PORT} may not be used: run the tests as root, or set net.ipv4.ip_unprivileged_port_start=53"
                ) from error
            raise
        return listener, address
    raise RuntimeError(f"something listens on port {PORT} of every address from {ADDRESSES[0]} to {ADDRESSES[-1]}")
