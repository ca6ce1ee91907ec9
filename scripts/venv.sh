#!/usr/bin/env bash
# Puts Python tools into .venv, those that are not there yet.
#
#   scripts/venv.sh check          sam and cfn-lint: `make test`, `make validate`
#   scripts/venv.sh watch          cargo-lambda: `make watch`, `make test`, `make sam-build`
#   scripts/venv.sh build          zig: `make sam-build`
#   scripts/venv.sh dynamodb       moto: `make test`
#
# Each name is a list in scripts/requirements. PYTHON names the interpreter, python3 unless set.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
python=${PYTHON:-python3}

fail() {
    printf 'venv: %s\n' "$*" >&2
    exit 1
}

make_venv() {
    command -v "$python" >/dev/null ||
        fail "there is no $python. Install Python 3.9 or later, or name one: PYTHON=/path/to/python3"
    "$python" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 14))' ||
        fail "$("$python" --version 2>&1) does not run the SAM CLI: it takes 3.9 to 3.14. Name another: PYTHON=/path/to/python3"
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
    echo "venv: making $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

[ $# -gt 0 ] || fail "name a list of scripts/requirements: check, watch, build, dynamodb"

# The interpreter goes with an upgrade of Python, or with a copied folder.
"$venv/bin/python" -c '' 2>/dev/null || make_venv

for list in "$@"; do
    requirements=scripts/requirements/$list.txt
    # What was installed, so that only a change installs again.
    installed=$venv/$list.installed
    [ -f "$requirements" ] || fail "there is no $requirements"
    cmp -s "$requirements" "$installed" && continue
    echo "venv: installing $requirements (once; the next run finds it)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" ||
        fail "pip could not install $requirements; its reason is above"
    cp "$requirements" "$installed"
done
