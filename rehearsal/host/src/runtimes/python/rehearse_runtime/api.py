"""The Lambda Runtime API, 2018-06-01, over one connection. `http.client` would import half of the standard library."""

import socket

PREFIX = "/2018-06-01/runtime/"
# The longest cause that fits in a header here, in bytes.
LONGEST_CAUSE = 8 * 1024


class Answer:
    def __init__(self, headers, body):
        self.headers = headers
        self.body = body


class RuntimeApi:
    def __init__(self, address):
        self.address = address
        host, port = address.rsplit(":", 1)
        self.endpoint = (host, int(port))
        self.connection = None

    def next(self):
        return self._call("GET", "invocation/next", {}, None)

    def response(self, request_id, body, content_type):
        self._call("POST", f"invocation/{request_id}/response", {"Content-Type": content_type}, body)

    def invocation_error(self, request_id, body, cause):
        headers = {"Content-Type": "application/json"}
        if len(cause) < LONGEST_CAUSE:
            headers["Lambda-Runtime-Function-XRay-Error-Cause"] = cause
        self._call("POST", f"invocation/{request_id}/error", headers, body)

    def init_error(self, body, error_type):
        self._call("POST", "init/error", {"Lambda-Runtime-Function-Error-Type": error_type}, body)

    def _call(self, method, path, headers, body):
        lines = [f"{method} {PREFIX}{path} HTTP/1.1", f"Host: {self.address}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        body = body.encode("utf-8") if isinstance(body, str) else body
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines + ["", ""]).encode("latin-1", "replace")
        if self.connection is None:
            self.connection = socket.create_connection(self.endpoint)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.reader = self.connection.makefile("rb")
        self.connection.sendall(head + (body or b""))
        return self._answer()

    def _answer(self):
        status = self.reader.readline()
        if not status:
            raise ConnectionError("the Runtime API closed the connection")
        headers = {}
        while True:
            line = self.reader.readline().decode("latin-1").strip()
            if not line:
                break
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.reader.read(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.connection.close()
            self.connection = None
        return Answer(headers, body)
