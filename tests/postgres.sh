#!/usr/bin/env bash
# A PostgreSQL server for tests, on loopback, in a folder of its own that goes away with it.
#
# Prints its address as one line. It serves until standard input ends, and meanwhile understands
# `restart`, `crash` (a restart that has to recover), `stop` and `start`, each answered with one line.
# As root it works as the user `postgres`, because the server refuses to run as root.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
folder=$(mktemp -d "${TMPDIR:-/tmp}/gateshift-postgres.XXXXXX")
password="secret-$RANDOM$RANDOM$RANDOM"
port=

as() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        "$@"
    fi
}

ctl() {
    as "$bin/pg_ctl" --pgdata="$folder/data" --wait --silent --log="$folder/log" "$@" >/dev/null 2>&1 </dev/null
}

start() {
    ctl start -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c max_connections=200"
}

end() {
    ctl stop --mode=immediate || true
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 1' INT TERM HUP

printf '%s\n' "$password" >"$folder/password"
[ "$(id -u)" != 0 ] || chown -R postgres: "$folder"
cd "$folder"
as "$bin/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }

# A free port: one that the server could take.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + RANDOM % 30000))
    if start; then break; fi
    port=
done
[ -n "$port" ] || { cat "$folder/log" >&2; exit 1; }

echo "postgres://postgres:$password@127.0.0.1:$port/postgres"
while read -r word; do
    case $word in
        restart) ctl stop --mode=fast; start ;;
        crash) ctl stop --mode=immediate; start ;;
        stop) ctl stop --mode=fast ;;
        start) start ;;
        *) echo "what is $word"; continue ;;
    esac
    echo done
done
