#!/usr/bin/env bash
# What pages cost on this machine:
#   bash benches/pages.sh
# For the plan that DUBAN_PLANS names (city.* with units.csv, year 2026), else the shipped example, issued: my work of a
# school's contact and of the supervision office, the dashboard, a list of 50 assignments; p99 and pages a second of
# CONNECTIONS (32) for SECONDS_EACH (5), the median of RUNS (3); then what a first page takes in all. Needs cargo, wrk,
# curl, python3. Nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${RUNS:-3} seconds=${SECONDS_EACH:-5} connections=${CONNECTIONS:-32}
root=$PWD
binary=${CARGO_TARGET_DIR:-$root/target}/release/duban
cargo build --release --locked --bin duban
folder=$(mktemp -d)
service=
stop() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd "$folder"
export DUBAN__LOG__LEVEL=warn DUBAN__LIMITS__TOKEN_PER_MINUTE=0 DUBAN__LIMITS__ADDRESS_PER_MINUTE=0
export DUBAN__LIMITS__MISSES_PER_MINUTE=0 DUBAN__HTTP__LISTEN=127.0.0.1:$port DUBAN__HTTP__BASE_URL=http://127.0.0.1:$port
plans=${DUBAN_PLANS:-}
if [ -n "$plans" ] && [ -f "$plans/city.txt" ]; then
    "$binary" import "$plans/city.txt" --units "$plans/units.csv" --year 2026 --issue >/dev/null
else
    "$binary" import "$root/config/example/plan.txt" --units "$root/config/example/units.csv" --issue >/dev/null
fi
unit=$("$binary" units --json 2>/dev/null | python3 -c 'import json, sys; print(next(u["code"] for u in json.load(sys.stdin)["units"] if u["kind"] == "school"))' 2>/dev/null ||
    python3 -c 'import sqlite3; print(sqlite3.connect("var/duban.db").execute("select code from unit where kind = \"school\" order by position limit 1").fetchone()[0])')
"$binary" user create office@example.org --role supervisor >/dev/null
"$binary" user create clerk@example.org --role unit_contact --unit "$unit" >/dev/null
"$binary" serve &
service=$!
url=http://127.0.0.1:$port
until curl -s -o /dev/null "$url/readyz"; do sleep 0.05; done
sleep 2

# The cookie of a user: they are invited, and set a password.
cookie() {
    local link
    link=$("$binary" user invite "$1" --show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["url"])')
    curl -s -o /dev/null -D - -H "Origin: $url" -F new_password=春风又绿江南岸2026 -F again=春风又绿江南岸2026 "$link" |
        tr -d '\r' | awk 'tolower($1) == "set-cookie:" { sub(";.*", "", $2); print $2 }'
}
office=$(cookie office@example.org)
clerk=$(cookie clerk@example.org)

# p99 and rate of a page.
page() {
    local name=$1 path=$2 cookie=$3 target=$4
    curl -s -o /dev/null -H "Cookie: $cookie" -w "%{http_code} %{size_download}" "$url$path" >"$folder/first"
    for _ in $(seq "$runs"); do
        wrk -t1 -c"$connections" -d"${seconds}s" --latency -H "Cookie: $cookie" "$url$path"
    done | python3 -c '
import re, sys
def ms(text):
    for unit, factor in (("us", 0.001), ("ms", 1), ("s", 1000)):
        if text.endswith(unit): return float(text[:-len(unit)]) * factor
text = sys.stdin.read()
p99 = sorted(ms(one) for one in re.findall(r"99%\s+(\S+)", text))
rate = sorted(float(one) for one in re.findall(r"Requests/sec:\s+(\S+)", text))
half = len(p99) // 2
print(f"{sys.argv[1]:28} p99 {p99[half]:6.1f} ms ({sys.argv[2]}), {rate[half]:6.0f}/s, first: {sys.argv[3]} bytes", text.count("Non-2xx") * "!")' \
        "$name" "$target" "$(cat "$folder/first")"
}
page "my work, a school" / "$clerk" "target 30 ms"
page "my work, the office" / "$office" "target 30 ms"
page "assignments, 50 rows" /assignments "$office" "-"
for _ in $(seq 9); do
    curl -s -o /dev/null -H "Cookie: $office" -w '%{time_total}\n' "$url/dashboard"
done | sort -n | awk 'NR == 5 { print "dashboard, alone             median " $1 * 1000 " ms (target 50 ms)" }'
page "dashboard" /dashboard "$office" "-"
# The first page with all that it loads.
for part in /sign-in $(curl -s "$url/sign-in" | grep -o '/assets/[^"]*') $(curl -s -H "Cookie: $clerk" "$url/" | grep -o '/assets/[^"]*') /; do
    curl -s -o /dev/null -H "Cookie: $clerk" -H 'Accept-Encoding: gzip' -w "%{size_download} $part\n" "$url$part"
done | sort -u -k2 | awk '{ sum += $1; print "  " $0 } END { print "first page in all: " sum " bytes (target 100 KB)" }'
