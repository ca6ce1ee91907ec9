#!/usr/bin/env bash
# Puts Python tools into .venv, those that are not there yet.
#
#   scripts/venv.sh sam            sam and cfn-lint: `make deploy`, `make validate`, `make test`
#   scripts/venv.sh check          what checks scripts and workflows: `make lint-scripts`, `make test`
#   scripts/venv.sh watch          cargo-lambda: `make watch`, `make test`, `make sam-build`
#   scripts/venv.sh build          zig: `make sam-build`
#   scripts/venv.sh dynamodb       moto: `make test`
#   scripts/venv.sh lock           uv: `make requirements`
#
# Each name is a list in scripts/requirements, which `make requirements` writes: all that is installed, and the hashes of its files. Nothing
# else is: neither another file nor a package that the list does not name. PYTHON names the interpreter, python3 unless set.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
requirements=scripts/requirements
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

# Whether each list that was installed is still the one that is here.
is_current() {
    local installed
    for installed in "$venv"/*.installed; do
        [ -e "$installed" ] || continue
        cmp -s "$installed" "$requirements/$(basename "$installed" .installed).txt" || return 1
    done
}

install() {
    local list=$1 missing
    shift
    ! [ -e "$venv/$list.installed" ] || return 0
    echo "venv: installing $requirements/$list.txt (once; the next run finds it)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps "$@" \
        --requirement "$requirements/$list.txt" || fail "pip could not install $requirements/$list.txt; its reason is above"
    # By the list alone, so whether it is whole is looked at now.
    missing=$("$venv/bin/python" -m pip check) || fail "$requirements/$list.txt is not whole (make requirements): $missing"
    cp "$requirements/$list.txt" "$venv/$list.installed"
}

[ $# -gt 0 ] || fail "name a list of scripts/requirements: sam, check, watch, build, dynamodb, lock"
for list in "$@"; do
    [ -f "$requirements/$list.txt" ] || fail "there is no $requirements/$list.txt"
done

# The interpreter goes with an upgrade of Python, or with a copied folder. And when a list has changed, nothing is left of what it was before.
if ! "$venv/bin/python" -c '' 2>/dev/null || ! is_current; then
    make_venv
fi

install backends --only-binary :all:
for list in "$@"; do
    # What has to be built is built by these backends: in an isolated build pip would fetch others, of which it checks no hash.
    install "$list" --no-build-isolation
done
