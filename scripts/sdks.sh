#!/usr/bin/env bash
# The AWS SDKs for JavaScript, and esbuild, for the tests that run functions with them.
#
#   sdks.sh usable            whether Node.js is here and new enough; says what is missing, and ends with 1
#   sdks.sh install FOLDER    puts them into FOLDER/node_modules, as tests/sdks/package-lock.json has them, when it has changed
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/node.sh

# What the SDK's clients ask for (package.json, "engines").
oldest=20

fail() {
    printf 'sdks: %s\n' "$*" >&2
    exit 1
}

usable() {
    needs_node "$oldest" "AWS's SDKs take"
}

install() {
    local folder=$1
    cmp -s tests/sdks/package-lock.json "$folder/installed.json" && return
    usable
    echo "sdks: installing tests/sdks/package-lock.json (once; the next run finds it)"
    mkdir -p "$folder"
    cp tests/sdks/package.json tests/sdks/package-lock.json "$folder"
    npm ci --ignore-scripts --prefix "$folder" --no-audit --no-fund --loglevel=error ||
        fail "npm could not install tests/sdks/package-lock.json; its reason is above"
    cp tests/sdks/package-lock.json "$folder/installed.json"
}

case ${1:-} in
usable) usable ;;
install)
    [ $# -eq 2 ] || fail "install takes a folder"
    install "$2"
    ;;
*) fail "\"${1:-}\" is neither usable nor install" ;;
esac
