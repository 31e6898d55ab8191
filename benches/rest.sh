#!/usr/bin/env bash
# What the REST service does on this machine beside a bare route of the same framework, in the same run:
#   bash benches/rest.sh
# For the plan that DUBAN_PLANS names (city.* with units.csv, year 2026), else the shipped example, and then for
# ASSIGNMENTS (default 1000000) of example data: unchanged data (304), a list of 50 tasks (kept in memory, and made for
# whoever asks together), the dashboard while 50 reports a second come in, reports a second on SQLite with
# synchronous=FULL, and memory. Medians of RUNS (3) runs of SECONDS_EACH (5), CONNECTIONS (32) on loopback. Needs cargo,
# wrk, curl, python3. Nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${RUNS:-3} seconds=${SECONDS_EACH:-5} connections=${CONNECTIONS:-32} assignments=${ASSIGNMENTS:-1000000}
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
cargo build --release --locked
bare=$(cargo bench --bench bare_route --no-run --message-format=json 2>/dev/null |
    python3 -c 'import json, sys
for line in sys.stdin:
    line = json.loads(line)
    if line.get("executable") and line["target"]["name"] == "bare_route": print(line["executable"])')
binary=$target/release/duban
folder=$(mktemp -d)
pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap stop EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
median() { sort -n | sed -n "$(((runs + 1) / 2))p"; }
# Requests a second of an address; further arguments go to wrk.
rate() {
    local url=$1
    shift
    for _ in $(seq "$runs"); do
        wrk -t1 -c"$connections" -d"${seconds}s" "$@" "$url" | awk '/Requests\/sec/ { print int($2) }'
    done | median
}
share() { python3 -c "print(f'{100 * $1 / $2:.0f} %')"; }

export DUBAN__LOG__LEVEL=warn DUBAN__LIMITS__TOKEN_PER_MINUTE=0 DUBAN__LIMITS__ADDRESS_PER_MINUTE=0
export DUBAN__LIMITS__MISSES_PER_MINUTE=0
port=$(free_port)
"$bare" "127.0.0.1:$port" &
pids+=($!)
until curl -s -o /dev/null "http://127.0.0.1:$port/tasks"; do sleep 0.05; done
bare_url=http://127.0.0.1:$port

# Starts the service in the present folder, on `url`, as the process `service`.
serve() {
    local port
    port=$(free_port)
    DUBAN__HTTP__LISTEN=127.0.0.1:$port "$binary" serve &
    service=$!
    pids+=("$service")
    url=http://127.0.0.1:$port/api/v1
    until curl -s -o /dev/null "http://127.0.0.1:$port/readyz"; do sleep 0.05; done
    sleep 2
}
leave() {
    kill -TERM "$service"
    wait "$service" || true
}

# One size: measures the database in the present folder.
measure() {
    local service etag url
    "$binary" user create bench@example.org --role supervisor >/dev/null
    TOKEN=$("$binary" user token bench@example.org --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')
    export TOKEN
    local auth="Authorization: Bearer $TOKEN"
    serve
    curl -s -o /dev/null -w 'first dashboard:     %{time_total} s, %{size_download} bytes\n' -H "$auth" "$url/dashboard"
    etag=$(curl -s -o /dev/null -D - -H "$auth" "$url/tasks?limit=50" | tr -d '\r' | awk 'tolower($1) == "etag:" { print $2 }')
    local bare_empty bare_tasks unchanged list
    bare_empty=$(rate "$bare_url/empty")
    unchanged=$(rate "$url/tasks?limit=50" -H "$auth" -H "If-None-Match: $etag")
    echo "304, unchanged:      $unchanged/s, bare $bare_empty/s: $(share "$unchanged" "$bare_empty") (target 60 %)"
    bare_tasks=$(rate "$bare_url/tasks")
    list=$(rate "$url/tasks?limit=50" -H "$auth")
    echo "list of 50 tasks:    $list/s, bare $bare_tasks/s: $(share "$list" "$bare_tasks") (target 40 %)"
    asks_of "$folder/asks"
    export REPORTS=$folder/asks
    local loader
    PAUSE=70 wrk -t1 -c4 -d"$((seconds * runs + 2))s" -s "$root/benches/report.lua" "$url" >"$folder/loader" &
    loader=$!
    sleep 1
    for _ in $(seq "$runs"); do
        wrk -t1 -c4 -d"${seconds}s" --latency -H "$auth" "$url/dashboard" | awk '$1 == "99%" { print $2 }'
    done | python3 -c '
import sys
def ms(text):
    for unit, factor in (("us", 0.001), ("ms", 1), ("s", 1000)):
        if text.endswith(unit): return float(text[:-len(unit)]) * factor
runs = sorted(ms(line.strip()) for line in sys.stdin)
print(f"dashboard, p99:      {runs[len(runs) // 2]:.1f} ms (target 20), runs {runs}")'
    wait "$loader" || true
    awk '/Requests\/sec/ { print "  while reports came: " int($2) "/s" } /Non-2xx/ { print "  " $0 }' "$folder/loader"
    echo "reports accepted:    $(PAUSE=0 rate "$url" -s "$root/benches/report.lua")/s (target 1000)"
    awk '/VmRSS/ { r = $2 } /VmHWM/ { h = $2 } END { print "memory:              " int(r / 1024) " MB, at most " int(h / 1024) " MB (target 200)" }' "/proc/$service/status"
    leave
    DUBAN__LIMITS__CACHE_MB=0 serve
    list=$(rate "$url/tasks?limit=50" -H "$auth")
    echo "the same, not kept:  $list/s: $(share "$list" "$bare_tasks")"
    leave
}

# Obligations with up to three of their assignments, for the load maker.
asks_of() {
    python3 - "$1" <<'PYTHON'
import sqlite3, sys, uuid
db = sqlite3.connect("file:var/duban.db?mode=ro", uri=True)
asks = {}
rows = db.execute("""select o.id, i.assignment_id from (select id from obligation order by kind = 'acknowledge' limit 2000) o
    join obligation_item i on i.obligation_id = o.id and i.position < 3 where i.assignment_id is not null""")
for ask, assignment in rows:
    asks.setdefault(ask, []).append(str(uuid.UUID(bytes=assignment)))
with open(sys.argv[1], "w") as out:
    for ask, assignments in asks.items():
        out.write(f"{uuid.UUID(bytes=ask)} {','.join(assignments)}\n")
PYTHON
}

mkdir "$folder/plan" "$folder/seeded"
cd "$folder/plan"
plan=$(ls "${DUBAN_PLANS:-/nowhere}"/city.* 2>/dev/null | head -n1 || true)
if [ -n "$plan" ]; then
    "$binary" import "$plan" --units "$(dirname "$plan")/units.csv" --year 2026 --issue >/dev/null || true
else
    "$binary" import "$root/config/example/plan.txt" --units "$root/config/example/units.csv" --issue >/dev/null || true
fi
echo "== one plan"
measure
cd "$folder/seeded"
echo "== $assignments assignments"
"$binary" seed --assignments "$assignments"
measure
