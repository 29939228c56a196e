"""A wire between client and server that breaks when told to, and can speak TLS to the client."""

import selectors
import socket
import ssl
import threading
from contextlib import suppress

CHUNK = 1 << 16


class Wire:
    """Passes bytes on, each way.

    Args:
        host: of the server behind it.
        port: of the server behind it.
        tls: what to speak with the client.
    """

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._behind, self._tls = (host, port), tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._break_at = 0
        self.broken = 0
        self.is_away = False  # whether nobody is served, neither new ones nor those who were
        threading.Thread(target=self._accept, daemon=True).start()

    def break_at(self, turn: int) -> None:
        """Once: pass on what the client says, then swallow the server's n-th reply and hang up."""
        self._break_at = turn

    def close(self) -> None:
        """Refuse whoever comes from now on."""
        with suppress(OSError):  # closed already
            # Wakes the thread that waits for somebody, which closing alone does not.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            with client, socket.create_connection(self._behind) as server:
                if self.is_away:
                    return
                self._talk(client, server)
        except OSError:
            pass  # either side hung up: so do we

    def _talk(self, client: socket.socket, server: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with selectors.DefaultSelector() as ready:
            for each in (client, server):
                ready.register(each, selectors.EVENT_READ)
            turn, speaker = 0, client
            while True:
                for key, _ in ready.select():
                    said = self._read(key.fileobj)
                    if not said or self.is_away:
                        return
                    if key.fileobj is server:
                        turn += speaker is client
                        speaker = server
                        if self._break_at and turn >= self._break_at:
                            self._break_at = 0
                            self.broken += 1
                            return
                        client.sendall(said)
                    else:
                        if not self._break_at:
                            turn = 0  # counted from when it is told
                        speaker = client
                        server.sendall(said)

    @staticmethod
    def _read(end: object) -> bytes:
        assert isinstance(end, socket.socket)
        said = end.recv(CHUNK)
        while isinstance(end, ssl.SSLSocket) and end.pending():
            said += end.recv(CHUNK)
        return said
