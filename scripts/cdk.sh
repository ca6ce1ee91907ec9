#!/usr/bin/env bash
# The CDK application in cdk/: what it needs, and its synthesis with functions that are built for this machine.
#
#   cdk.sh usable                 whether Node.js is here and new enough; says what is missing, and ends with 1
#   cdk.sh synth FOLDER BINARY…   writes cdk/cdk.out with these binaries out of the folder. It is for rehearsals: what is deployed is built
#                                 for Lambda, and `cdk deploy` synthesises by itself.
#
# Packages come from npm, as cdk/package-lock.json has them, when it has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/node.sh

# What aws-cdk-lib asks for (package.json, "engines").
oldest=20

fail() {
    printf 'cdk: %s\n' "$*" >&2
    exit 1
}

usable() {
    needs_node "$oldest" "CDK takes"
}

install() {
    local installed=node_modules/package-lock.installed.json
    cmp -s package-lock.json "$installed" && return
    echo "cdk: installing cdk/package-lock.json (once; the next run finds it)"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || fail "npm could not install cdk/package-lock.json; its reason is above"
    cp package-lock.json "$installed"
}

synth() {
    local folder=$1 binary
    shift
    usable
    # As cargo-lambda lays them out.
    builds=$(mktemp -d "${TMPDIR:-/tmp}/builds.XXXXXX")
    trap 'rm -rf "$builds"' EXIT
    for binary in "$@"; do
        [ -f "$folder/$binary" ] || fail "there is no $folder/$binary: make build"
        mkdir "$builds/$binary"
        cp "$folder/$binary" "$builds/$binary/bootstrap"
    done
    cd cdk
    install
    # Assets have their hash for a name: those of earlier builds stay for ever.
    rm -rf cdk.out
    # Nothing is asked of AWS, and nothing told.
    CDK_DISABLE_CLI_TELEMETRY=true npx --no-install cdk synth --quiet --no-notices --context "builds=$builds" >/dev/null ||
        fail "the synthesis failed; its reason is above"
}

case ${1:-} in
usable) usable ;;
synth)
    [ $# -ge 3 ] || fail "synth takes a folder and the binaries in it"
    shift
    synth "$@"
    ;;
*) fail "\"${1:-}\" is neither usable nor synth" ;;
esac
