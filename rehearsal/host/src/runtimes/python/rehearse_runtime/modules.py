"""Where a function's modules are, and how calls of old SDKs stay on this machine.

A function finds what Lambda would give it: its own folder, its layers, the standard library, and the SDK that Lambda ships. What
else this machine's interpreter has installed would hide that a function's own packages lack it.
"""

import os
import sys
from importlib.machinery import PathFinder

# What Lambda ships beside the standard library (Lambda developer guide, "Runtime-included SDK versions").
SHIPPED = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")


def prepare(own_folder):
    """Interpreters are started without `site`: what it adds and Lambda has is added here."""
    import site

    site.setquit()
    site.setcopyright()
    site.sethelper()
    task = os.environ["LAMBDA_TASK_ROOT"]
    standard = [folder for folder in sys.path if folder != own_folder]
    sys.path[:] = [task, *_folders("REHEARSE_PYTHON_LAYERS"), *standard]
    sys.meta_path.append(Shipped(_folders("REHEARSE_SITE_PACKAGES")))
    sys.meta_path.insert(0, Botocore())
    sys.argv[:] = [task]


def _folders(variable):
    """Those that the rehearsal names; a function does not see the variable."""
    return [folder for folder in os.environ.pop(variable, "").split(os.pathsep) if folder]


class Shipped:
    """Finds what Lambda ships, and nothing else, in this machine's folders."""

    def __init__(self, folders):
        self.folders = folders

    def find_spec(self, name, path=None, target=None):
        if path is None and name in SHIPPED:
            return PathFinder.find_spec(name, self.folders, target)
        return None


def how_to_install(name):
    package = {"dateutil": "python-dateutil"}.get(name, name)
    return f"not on this machine: {os.path.realpath(sys.executable)} -m pip install {package}"


def hint_at_missing_sdk(error):
    missing = getattr(error.__cause__ or error, "name", None)
    missing = (missing or "").split(".")[0]
    if missing in SHIPPED:
        print(f"Lambda ships {missing}, and it is {how_to_install(missing)}", file=sys.stderr)


def hint(name):
    """What to do about a module that was not found and that Lambda ships; nothing of any other."""
    return how_to_install(name) if name in SHIPPED else None


class Botocore:
    """Lets botocores that do not read AWS_ENDPOINT_URL (before 1.31) send their calls to the rehearsal."""

    NAME = "botocore.httpsession"

    def find_spec(self, name, path=None, target=None):
        if name != self.NAME:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                redirect(module)

            spec.loader.exec_module = exec_module
        return spec


def redirect(module):
    from urllib.parse import urlsplit, urlunsplit

    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    session = getattr(module, "URLLib3Session", None)
    if not endpoint or session is None:
        return
    to = urlsplit(endpoint)
    send = session.send

    def send_here(self, request):
        asked = urlsplit(request.url)
        if (asked.hostname or "").endswith(AWS_HOSTS):
            # Who is meant is in the signature and in this header.
            request.headers["Host"] = asked.netloc
            request.url = urlunsplit((to.scheme, to.netloc, asked.path, asked.query, asked.fragment))
        return send(self, request)

    session.send = send_here
