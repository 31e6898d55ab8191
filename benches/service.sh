#!/usr/bin/env bash
# Start to first answer, and resident memory when idle: bash benches/service.sh [BINARY]
# Starts the service on an empty database in a folder of its own, on a free loopback port, five times.
set -euo pipefail
binary=$(realpath "${1:-target/release/duban}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export DUBAN__HTTP__LISTEN="127.0.0.1:$port" DUBAN__LOG__LEVEL=warn
for run in 1 2 3 4 5; do
    rm -rf var
    started=$(date +%s%N)
    "$binary" serve &
    pid=$!
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null &&
        [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz")" = 200 ]; do
        sleep 0.005
    done
    first=$((($(date +%s%N) - started) / 1000000))
    sleep 8
    memory=$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$pid/status")
    kill -TERM "$pid"
    wait "$pid"
    echo "run $run: first answer after $first ms, $memory MB resident when idle"
done
