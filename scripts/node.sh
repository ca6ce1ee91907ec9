# shellcheck shell=bash
# Node.js, for the scripts that need it. To be sourced by one that has a function `fail`:
#
#   needs_node OLDEST WHO   fails where node or npm is missing, or node is older than this major version; WHO is "CDK takes"

needs_node() {
    local oldest=$1 who_takes=$2 tool version
    for tool in node npm; do
        command -v "$tool" >/dev/null || fail "there is no $tool. $who_takes Node.js $oldest or later: https://nodejs.org"
    done
    version=$(node --version)
    [[ $version =~ ^v([0-9]+)\. && ${BASH_REMATCH[1]} -ge $oldest ]] || fail "Node.js is $version, and $who_takes $oldest or later"
}
