"""moto's DynamoDB for one test: it prints its port, and ends when its standard input does.

One thread: moto reads an item, judges the condition and writes in steps that other threads could come between, and DynamoDB does all of
it at once. So each request is carried out whole, in the order in which they arrive.
"""

import os
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server


def end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


server = make_server(
    "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False, request_handler=MotoRequestHandler
)
threading.Thread(target=end_with_standard_input, daemon=True).start()
print(server.port, flush=True)
server.serve_forever()
