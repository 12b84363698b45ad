"""A websocket client (RFC 6455) for reading: text and binary messages, pings, closes."""

import base64
import hashlib
import os
import socket
import ssl
import struct
from urllib.parse import urlsplit

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Closed(Exception):
    """The server closed the connection: code and reason."""

    def __init__(self, code, reason):
        super().__init__(f"closed with {code}: {reason}")
        self.code, self.reason = code, reason


class WebSocket:
    def __init__(self, url, headers=(), timeout=30):
        parts = urlsplit(url)
        secure = parts.scheme == "wss"
        port = parts.port or (443 if secure else 80)
        self._socket = socket.create_connection((parts.hostname, port), timeout)
        if secure:
            self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=parts.hostname)
        self._file = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *(f"{k}: {v}" for k, v in headers)]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = self._file.readline().decode().strip()
        answer = {}
        while line := self._file.readline().decode().strip():
            name, _, value = line.partition(":")
            answer[name.lower()] = value.strip()
        accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        if " 101 " not in f"{status} " or answer.get("sec-websocket-accept") != accept:
            self.close()
            raise ConnectionError(f"{url}: {status}")

    def __iter__(self):
        return self

    def __next__(self):
        """The next message, bytes or text."""
        parts, kind = [], None
        while True:
            opcode, final, data = self._frame()
            if opcode == 8:
                code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else 1005
                self.close()
                raise Closed(code, data[2:].decode("utf-8", "replace"))
            if opcode == 9:
                self._send(10, data)
            elif opcode in (0, 1, 2):
                kind = opcode or kind
                parts.append(data)
                if final:
                    message = b"".join(parts)
                    return message.decode() if kind == 1 else message

    def _read(self, n):
        data = self._file.read(n)
        if len(data) < n:
            raise ConnectionError("the connection broke")
        return data

    def _frame(self):
        first, second = self._read(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self._read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._read(8))[0]
        return first & 0x0F, bool(first & 0x80), self._read(size)

    def _send(self, opcode, data):
        """Sends a short control frame; a client masks what it sends."""
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self._socket.sendall(bytes([0x80 | opcode, 0x80 | len(data)]) + mask + masked)

    def close(self):
        self._file.close()
        self._socket.close()
