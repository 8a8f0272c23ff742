#!/usr/bin/env bash
# Drives a lab with Alibaba Cloud's own client packages and checks the recording of it.
#
#   tests/official/run.sh GATESHIFT
#
# GATESHIFT is the binary. A recorded demo is checked, too: what our own tool sends has to be to the
# letter of the contract. The packages go into a virtual environment under target/.
set -euo pipefail

binary=$(realpath "${1:?the path of the gateshift binary is needed}")
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${CARGO_TARGET_DIR:-$root/target}/official-venv
work=$(mktemp -d)

export PYTHONDONTWRITEBYTECODE=1
# A proxy would be asked even for calls to loopback.
unset HTTP_PROXY http_proxy HTTPS_PROXY https_proxy ALL_PROXY all_proxy

stop() {
    exec 9>&- || true
    if [ -n "${lab:-}" ]; then
        # The end of its input ends the lab; one that hangs is not waited for.
        for _ in $(seq 50); do kill -0 "$lab" 2>/dev/null || break; sleep 0.1; done
        kill "$lab" 2>/dev/null || true
        wait "$lab" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap stop EXIT

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/installed.txt"
fi
python="$venv/bin/python3"

"$python" "$here/check_requests_test.py"

# The lab lives as long as the write end of this pipe is open.
mkfifo "$work/stdin"
"$binary" lab up --until-stdin-closes --speed 60 --record "$work/recording.jsonl" <"$work/stdin" >"$work/lab.json" 9>&- &
lab=$!
exec 9>"$work/stdin"
for _ in $(seq 300); do
    grep -q "}$" "$work/lab.json" && break
    kill -0 "$lab" || { echo "the lab did not start" >&2; exit 1; }
    sleep 0.1
done

field() { "$python" -c 'import json, sys; lab = json.load(open(sys.argv[1])); print(lab["endpoints"].get(sys.argv[2]) or lab[sys.argv[2]])' "$work/lab.json" "$1"; }
ALIBABA_CLOUD_ACCESS_KEY_ID=$(field access_key_id)
ALIBABA_CLOUD_ACCESS_KEY_SECRET=$(field access_key_secret)
export ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET

"$python" "$here/prepare.py" "$work/lab.json"
failed=0
for product in mse apig alidns cms arms sls; do
    echo "== $product"
    "$python" "$here/drive.py" --endpoint "$(field "aliyun/$product")" --product "$product" --later "$here/later.txt" || failed=1
done
echo "== recording"
"$python" "$here/check_requests.py" "$work/recording.jsonl" || failed=1
echo "== recorded demo"
"$binary" demo --quiet --record "$work/demo.jsonl" >"$work/demo.txt" || { cat "$work/demo.txt"; failed=1; }
"$python" "$here/check_requests.py" "$work/demo.jsonl" || failed=1
exit $failed
