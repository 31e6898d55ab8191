#!/usr/bin/env bash
# Runs all tests: bash tests/run.sh [arguments of cargo test]
#
# What they need beside Rust (a C compiler, curl, PostgreSQL, Chromium with its driver) is installed with apt where it is
# missing. The tests get a PostgreSQL of their own: a fresh server in a temporary folder, on a Unix socket only, stopped and
# deleted at the end. Any number of runs may go on side by side.
#
#   DUBAN_TEST_POSTGRES_URL  use this server instead (its user must be allowed to create databases); each run leaves two
#                            databases there, it_template_…, with the schema and nothing else
#   DUBAN_TEST_WITHOUT_BROWSER=1  leave the journeys through the pages (tests/journeys) out; so it is, with a word, where no
#                            Chromium is at hand and none can be installed
#   DUBAN_PLANS              folder with real plans; default ../shared/plans beside the repository, where it exists
set -euo pipefail

say() { printf '%s: %s\n' tests/run.sh "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Runs a command as root; fails where we are not root and sudo cannot help.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

# Installs Debian packages. Whether that worked is judged by the caller, who looks for what it needs: a package whose
# own service does not start (in a container, say) is good enough. RUNLEVEL=1 keeps that service from starting.
install_packages() {
    say "installing with apt: $*"
    if ! command -v apt-get >/dev/null; then
        say "there is no apt-get here"
        return 0
    fi
    if ! as_root true; then
        say "only root may do that, and sudo is not at hand"
        return 0
    fi
    local apt=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -o DPkg::Lock::Timeout=300)
    as_root "${apt[@]}" update >&2 || say "the package lists could not be renewed; trying with those at hand"
    as_root "${apt[@]}" install -y --no-install-recommends "$@" >&2 || say "apt did not finish cleanly"
}

# Prints the folder of PostgreSQL's programs, the newest version's; fails where there is none.
postgres_programs() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) "$(dirname "$(command -v initdb || echo /)")"; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ]; then
            printf '%s\n' "$folder"
            return 0
        fi
    done
    return 1
}

has_browser() {
    command -v chromedriver >/dev/null && { command -v chromium || command -v google-chrome; } >/dev/null
}

ensure_tools() {
    if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    fi
    command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs and run this again"
    local missing=()
    command -v cc >/dev/null || missing+=(build-essential)
    command -v curl >/dev/null || missing+=(curl)
    if [ -z "${DUBAN_TEST_POSTGRES_URL:-}" ]; then
        postgres_programs >/dev/null || missing+=(postgresql)
    fi
    if [ -z "${DUBAN_TEST_WITHOUT_BROWSER:-}" ]; then
        has_browser || missing+=(chromium chromium-driver fonts-noto-cjk)
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        install_packages "${missing[@]}"
    fi
    local help="as root: apt-get install build-essential curl postgresql"
    command -v cc >/dev/null || fail "a C compiler is missing; $help"
    command -v curl >/dev/null || fail "curl is missing; $help"
    if [ -z "${DUBAN_TEST_POSTGRES_URL:-}" ]; then
        postgres_programs >/dev/null || fail "PostgreSQL is missing; $help (or set DUBAN_TEST_POSTGRES_URL)"
    fi
    if [ -n "${DUBAN_TEST_WITHOUT_BROWSER:-}" ] || ! has_browser; then
        say "no Chromium with its driver: the journeys through the pages are left out (as root: apt-get install chromium chromium-driver)"
        export DUBAN_TEST_WITHOUT_BROWSER=1
    fi
}

programs= # PostgreSQL's programs
server=   # the folder of the server that this run started
owner=    # who owns it, where that is not ourselves: PostgreSQL refuses to run as root

# Runs a program of PostgreSQL in the server's folder, as its owner.
as_owner() {
    local command=("$programs/$1" "${@:2}")
    if [ -n "$owner" ]; then
        command=(runuser -u "$owner" -- "${command[@]}")
    fi
    (cd "$server" && exec "${command[@]}")
}

# Prints where the server may lie: in memory where there are 2 GiB of it for files, as each test has hundreds of files made
# and deleted; else in /tmp whatever TMPDIR says, for the path of a socket may have 107 letters only.
place_of_server() {
    local free
    free="$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1 || true)"
    if [ -w /dev/shm ] && [ "${free:-0}" -gt $((2 << 20)) ]; then
        echo /dev/shm
    else
        echo /tmp
    fi
}

# Starts the server. It keeps nothing safe from a power cut, which is what makes it fast.
start_server() {
    programs="$(postgres_programs)"
    server="$(mktemp -d "$(place_of_server)/duban-test.XXXXXX")"
    local log="$server/start.log"
    if [ "$(id -u)" = 0 ]; then
        owner=postgres
        id "$owner" >/dev/null 2>&1 || owner=nobody
        chown "$owner" "$server"
    fi
    as_owner initdb -D "$server/data" -U duban -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$log" 2>&1 || {
        cat "$log" >&2
        fail "initdb of PostgreSQL failed"
    }
    local options="-k $server -c listen_addresses='' -c max_connections=200"
    options+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    options+=" -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=128MB"
    as_owner pg_ctl -D "$server/data" -w -t 60 -l "$server/server.log" -o "$options" start >"$log" 2>&1 || {
        cat "$log" "$server/server.log" >&2
        fail "PostgreSQL did not start"
    }
    export DUBAN_TEST_POSTGRES_URL="postgres://duban@localhost/postgres?host=$server"
    say "PostgreSQL of this run: $programs, socket in $server"
}

# Stops the server of this run, known by its data folder, and no other.
stop_server() {
    if [ -n "$server" ]; then
        if [ -e "$server/data/postmaster.pid" ]; then
            as_owner pg_ctl -D "$server/data" -m immediate -w stop >/dev/null || say "the server in $server did not stop"
        fi
        rm -rf "$server"
        server=
    fi
}

find_plans() {
    if [ -z "${DUBAN_PLANS:-}" ] && [ -d ../shared/plans ]; then
        DUBAN_PLANS=../shared/plans
    fi
    if [ -n "${DUBAN_PLANS:-}" ]; then
        DUBAN_PLANS="$(cd "$DUBAN_PLANS" && pwd)" || fail "DUBAN_PLANS names no folder"
        export DUBAN_PLANS
        say "real plans: $DUBAN_PLANS"
    else
        say "no folder with real plans (DUBAN_PLANS): the tests that read them are skipped"
    fi
}

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    trap stop_server EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    find_plans
    ensure_tools
    if [ -n "${DUBAN_TEST_POSTGRES_URL:-}" ]; then
        say "using the PostgreSQL named by DUBAN_TEST_POSTGRES_URL"
    else
        start_server
    fi
    # Tests wait more than they compute: for the database's commits, for answers, for clocks.
    export RUST_TEST_THREADS="${RUST_TEST_THREADS:-$((2 * $(nproc)))}"
    cargo test --workspace --locked "$@"
}

main "$@"
