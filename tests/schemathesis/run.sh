#!/usr/bin/env bash
# Tries the REST interface against its own OpenAPI document with Schemathesis: bash tests/schemathesis/run.sh [quick|full]
#
# The program is built, set up with the example data in a fresh folder and started on a loopback port; then Schemathesis
# sends it right and wrong requests for every operation of /api/v1/openapi.json, and follows the document's links from one
# answer to the next: as an administrator, as a contact of a unit, and without a token. Ends with 1 where any check fails.
# What is left out of the checks, and why, stands in schemathesis.toml and hooks.py.
#
#   quick  (the usual) a few minutes: few examples, and only the administrator meets every edge of every parameter
#   full   hours: 200 examples for each operation and role
#
#   DUBAN_PROGRAM   use this program instead of building one
#   SCHEMA_ROLES    only these, of: administrator unit_contact anonymous
#   SCHEMA_ONLY     only operations whose path matches this regular expression
#   SCHEMA_SEED     the seed of another run, to meet the same requests again
#
# Needs Python 3.10 or newer with venv, and PyPI (once): Schemathesis is installed in target/schemathesis/venv.
set -euo pipefail

version=4.32.5
roles=(${SCHEMA_ROLES:-administrator unit_contact anonymous})
program= place= server=

say() { printf '%s: %s\n' tests/schemathesis/run.sh "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Puts the wanted Schemathesis in target/, unless it is there.
ensure_schemathesis() {
    local venv=target/schemathesis/venv
    schemathesis="$PWD/$venv/bin/schemathesis"
    if [[ "$("$schemathesis" --version 2>/dev/null)" == *" $version" ]]; then
        return
    fi
    command -v python3 >/dev/null || fail "Python is missing: as root, apt-get install python3 python3-venv"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "$(python3 --version) is too old: Schemathesis $version needs 3.10 or newer"
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 || fail "Python has no venv: as root, apt-get install python3-venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >&2 ||
        fail "schemathesis $version could not be installed: is PyPI (https://pypi.org, or PIP_INDEX_URL) within reach?"
}

ensure_program() {
    program="${DUBAN_PROGRAM:-}"
    if [ -z "$program" ]; then
        cargo build --locked --bin duban >&2
        program="${CARGO_TARGET_DIR:-target}/debug/duban"
    fi
    program="$(realpath "$program")" || fail "there is no program at ${DUBAN_PROGRAM:-target/debug/duban}"
}

stop_server() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
    fi
}

clean_up() {
    stop_server
    if [ -n "$place" ]; then
        rm -rf "$place"
    fi
}

# Starts the program with its example; all its files are in the folder of this run.
start_server() {
    place="$(mktemp -d)"
    port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
    local name
    for name in $(compgen -e DUBAN__ || true); do
        unset "$name"
    done
    export DUBAN__HTTP__LISTEN="127.0.0.1:$port"
    export DUBAN__LIMITS__TOKEN_PER_MINUTE=0 DUBAN__LIMITS__ADDRESS_PER_MINUTE=0 DUBAN__LIMITS__MISSES_PER_MINUTE=0
    (cd "$place" && exec "$program" demo) >"$log/server.log" 2>&1 &
    server=$!
    local tries
    for tries in $(seq 600); do
        if curl -sf -o /dev/null "http://127.0.0.1:$port/readyz"; then
            return
        fi
        kill -0 "$server" 2>/dev/null || fail "the program ended: $(tail -n 5 "$log/server.log")"
        sleep 0.1
    done
    fail "the program was not ready within a minute: $(tail -n 5 "$log/server.log")"
}

duban() { (cd "$place" && "$program" "$@"); }

# Prints a token of a new user. What stands first or last in a list is what links lead to: users and tokens to spare stand
# around the one that is used, so that the run does not take its own away.
token_of() {
    local role="$1" unit=()
    if [ "$role" = unit_contact ]; then
        unit=(--unit "$(sed -n 's/^\([^,]*\),[^,]*,school,.*/\1/p' config/example/units.csv | head -n 1)")
    fi
    local name
    for name in a-spare m-own z-spare; do
        duban user create "$name-${role//_/-}@example.org" --role "$role" "${unit[@]}" >/dev/null
    done
    local own="m-own-${role//_/-}@example.org"
    duban user token "$own" --name spare >/dev/null
    duban --json user token "$own" --name own | python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])'
    duban user token "$own" --name spare >/dev/null
}

# Runs Schemathesis as a role; its words go to a log, too.
try_as() {
    local role="$1" token=
    local arguments=(--workers 2 --phases "$phases" --max-examples "$examples" --report junit
        --report-junit-path "$log/$role.xml")
    if [ "$role" != anonymous ]; then
        token="$(token_of "$role")"
        arguments+=(--header "Authorization: Bearer $token")
    fi
    if [ "$way" = quick ] && [ "$role" != administrator ]; then
        arguments+=(--exclude-checks unsupported_method)
    fi
    if [ -n "${SCHEMA_ONLY:-}" ]; then
        arguments+=(--include-path-regex "$SCHEMA_ONLY")
    fi
    if [ -n "${SCHEMA_SEED:-}" ]; then
        arguments+=(--seed "$SCHEMA_SEED")
    fi
    say "as $role: $phases, $examples examples for each operation"
    local outcome=0
    (cd "$place" && SCHEMATHESIS_HOOKS=hooks PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 \
        "$schemathesis" --config-file "$here/schemathesis.toml" run "${arguments[@]}" \
        "http://127.0.0.1:$port/api/v1/openapi.json") 2>&1 | tee "$log/$role.log" || outcome=1
    # A token that was taken away on the way makes every answer after it a 401: nothing was tried then.
    if [ -n "$token" ] && ! curl -sf -o /dev/null -H "Authorization: Bearer $token" "http://127.0.0.1:$port/api/v1/me"; then
        say "as $role: the token of this run was taken away on the way; run again"
        outcome=1
    fi
    return "$outcome"
}

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/../.."
    here="$PWD/tests/schemathesis"
    way="${1:-quick}"
    log="$PWD/target/schemathesis/log"
    command -v curl >/dev/null || fail "curl is missing: as root, apt-get install curl"
    mkdir -p "$log"
    ensure_schemathesis
    ensure_program
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    start_server
    local role failed=()
    for role in "${roles[@]}"; do
        case "$way" in
        quick)
            examples=5
            phases=examples,fuzzing,stateful
            [ "$role" != administrator ] || phases=examples,coverage,fuzzing,stateful
            ;;
        full) examples=200 phases=examples,coverage,fuzzing,stateful ;;
        *) fail "no way “$way”: quick or full" ;;
        esac
        try_as "$role" || failed+=("$role")
    done
    # What the checks cannot see: panics, and codes of refusals that the document does not name.
    if grep -h 'panicked\|A refusal that the document does not know\|A request failed' "$log/server.log" >&2; then
        failed+=("the program's own log")
    fi
    [ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}; see target/schemathesis/log"
    say "no check failed"
}

main "$@"
