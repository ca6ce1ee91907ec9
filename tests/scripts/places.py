"""Where a call goes, Region and account, as the AWS CLI and sam find it; beside the fake tools, for both of them.

`places.json` has the profiles of this machine, each with its account and perhaps a Region, and the account that keys in the environment are
of. The order is botocore's (configprovider.py, credentials.py) and sam's (samcli, cli_config_file.py: what samconfig.toml says for the command
is taken where no option is given, from the tables of "default" where no environment is named).
"""

import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def option(arguments, name):
    """An option's value, where it is there."""
    return arguments[arguments.index(name) + 1] if name in arguments else None


def of_aws(arguments):
    """Where the AWS CLI goes."""
    return found(option(arguments, "--profile"), option(arguments, "--region") or os.environ.get("AWS_REGION"))


def of_sam(arguments):
    """Where sam goes, which reads the samconfig.toml of the folder that it is started in, and not AWS_REGION."""
    import tomlkit

    path = pathlib.Path("samconfig.toml")
    tables = tomlkit.parse(path.read_text("utf-8")) if path.is_file() else {}
    environment = tables.get(option(arguments, "--config-env") or "default", {})
    said = {**environment.get("global", {}).get("parameters", {}), **environment.get(arguments[0], {}).get("parameters", {})}
    return found(option(arguments, "--profile") or said.get("profile"), option(arguments, "--region") or said.get("region"))


def found(profile, region):
    """The Region and the account, by what was said and the rest of the environment."""
    places = json.loads((HERE / "places.json").read_text("utf-8"))
    if not profile and os.environ.get("AWS_ACCESS_KEY_ID"):
        account, of_profile = places["keys"], None
    else:
        profile = profile or os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or "default"
        if profile not in places["profiles"]:
            sys.exit(f"The config profile ({profile}) could not be found")
        account, of_profile = places["profiles"][profile]["account"], places["profiles"][profile].get("region")
    return {"region": region or os.environ.get("AWS_DEFAULT_REGION") or of_profile, "account": account}


def same(place):
    """Refuses a call that goes elsewhere than the one before: what a confirmation shows is where everything goes."""
    if not place["region"]:
        sys.exit("You must specify a region.")
    kept = HERE / "place"
    if kept.is_file():
        before = json.loads(kept.read_text("utf-8"))
        if before != place:
            sys.exit(f"this call goes to {place}, and the one before went to {before}")
    kept.write_text(json.dumps(place), encoding="utf-8")
