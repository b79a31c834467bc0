"""HTTPS in front of an HTTP server, with a certificate of an authority made for the test."""

from __future__ import annotations

import contextlib
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from pathlib import Path

EXTENSIONS = """\
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:{host}
"""


def make_certificates(folder: Path, host: str) -> tuple[Path, Path, Path]:
    """Makes an authority and its certificate for `host`; returns the paths of authority, certificate and key."""
    if shutil.which("openssl") is None:
        raise RuntimeError("openssl is not installed; it makes the certificates of the tests")
    settings = folder / "openssl.cnf"
    settings.write_text(EXTENSIONS.format(host=host))
    authority, certificate = folder / "authority.pem", folder / "server.pem"
    authority_key, key, request = folder / "authority.key", folder / "server.key", folder / "server.csr"
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", str(settings)]
    own = ["-x509", "-days", "2", "-subj", "/CN=authority of a test", "-extensions", "authority"]
    signed = ["-days", "2", "-CA", str(authority), "-CAkey", str(authority_key), "-CAcreateserial"]
    signed += ["-extfile", str(settings), "-extensions", "server"]
    for command in (
        [*new, *own, "-keyout", str(authority_key), "-out", str(authority)],
        [*new, "-subj", f"/CN={host}", "-keyout", str(key), "-out", str(request)],
        ["x509", "-req", "-in", str(request), *signed, "-out", str(certificate)],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    return authority, certificate, key


class TlsFront(socketserver.ThreadingTCPServer):
    """Accepts TLS connections on a free port of 127.0.0.1 and forwards their data to the server."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, behind: tuple[str, int], certificate: Path, key: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.behind = behind
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.accepted = 0
        self.refusals: list[str] = []
        """Why handshakes failed, in the words of the other side's alert."""
        self._thread = threading.Thread(target=self.serve_forever, daemon=True, name="TLS front")
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self.server_address[1]

    def close(self) -> None:
        """Stops accepting connections."""
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    server: TlsFront

    def handle(self) -> None:
        try:
            # The client may refuse the certificate after the handshake (TLS 1.3), so reading can fail for that reason.
            outer = self.server.context.wrap_socket(self.request, server_side=True)
            first = outer.recv(65536)
        except (ssl.SSLError, ConnectionError) as error:
            self.server.refusals.append(str(error))
            return
        self.server.accepted += 1
        with outer, socket.create_connection(self.server.behind) as inner:
            inner.sendall(first)
            back = threading.Thread(target=_copy, args=(inner, outer), daemon=True)
            back.start()
            _copy(outer, inner)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    # Either side may close at any time: that ends the connection, and the output of the client shows it.
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
