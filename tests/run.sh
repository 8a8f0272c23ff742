#!/usr/bin/env bash
# Everything a check runs, the same here as there: format, lints, tests, documentation, and the lab
# against the provider's own clients. Installs what it needs (apt, pip) where that is missing.
#
#   tests/run.sh            all of it
#   tests/run.sh quick      without the whole-system scenarios
#   tests/run.sh matrix     only the crash and failure matrices, every point of them, on every journal
set -euo pipefail
cd "$(dirname "$0")/.."
quick=${1:-}

# Properties are tried on the same cases in every run of this command; another seed tries others, and so
# does each run of a test by hand.
export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-20261125}

say() { printf '\n== %s\n' "$*"; }

# For the provider's own clients, and for a migrator in Python.
need_python() {
    if ! /usr/bin/python3 -c 'import venv, ensurepip' 2>/dev/null; then
        say "installing python3-venv"
        apt-get update -qq && apt-get install -y -qq python3 python3-venv
    fi
}

need_compiler() {
    if ! command -v cc >/dev/null; then
        say "installing a C compiler (SQLite is built from source, and a migrator in C)"
        apt-get update -qq && apt-get install -y -qq gcc libc6-dev
    fi
}

need_postgres() {
    if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null; then
        say "installing PostgreSQL"
        apt-get update -qq && apt-get install -y -qq postgresql postgresql-client
    fi
}

# Name servers and a resolver; tests start their own on loopback and end them.
need_dns_servers() {
    local missing=()
    local program
    for program in pdns_server named knotd unbound sqlite3; do
        PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$program" >/dev/null || missing+=("$program")
    done
    if [ ${#missing[@]} -gt 0 ] || [ ! -f /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql ]; then
        say "installing name servers (${missing[*]:-tables of PowerDNS})"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
            pdns-server pdns-backend-sqlite3 sqlite3 bind9 knot unbound
    fi
}

# The gates are tested against a real one.
need_prometheus() {
    if ! command -v prometheus >/dev/null; then
        say "installing Prometheus"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends prometheus
    fi
}

# One server for all tests, on loopback, in a folder of its own. It ends when its input does: with this script.
start_postgres() {
    coproc POSTGRES { tests/postgres.sh; }
    read -r GATESHIFT_TEST_POSTGRES <&"${POSTGRES[0]}"
    export GATESHIFT_TEST_POSTGRES
}

# cargo-nextest where it is there (one process a test, time limits); cargo test where it is not.
run_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --no-fail-fast "$@"
    else
        cargo test --no-fail-fast "$@"
    fi
}

need_compiler
need_python
need_postgres
need_dns_servers
need_prometheus

if [ "$quick" = matrix ]; then
    say "crash and failure matrices, every point"
    GATESHIFT_MATRIX=whole cargo test --package gateshift-executor --lib matrix -- --nocapture
    exit
fi

say "format"
cargo fmt --all --check

say "lints"
cargo clippy --workspace --all-targets --quiet -- -D warnings

say "release binary"
cargo build --release --package gateshift
export GATESHIFT_BIN="$PWD/target/release/gateshift"

say "tests"
start_postgres
if [ "$quick" = quick ]; then
    run_tests --workspace --exclude gateshift-scenarios
else
    run_tests --workspace
fi

say "examples in the documentation"
cargo test --workspace --doc --quiet

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

if [ "$quick" != quick ]; then
    say "the lab, driven by the provider's own clients"
    tests/official/run.sh "$GATESHIFT_BIN"
fi

say "all good"
