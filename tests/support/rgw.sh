#!/bin/bash
# A real S3 server for the tests: Ceph's RADOS gateway on a one-disk cluster held in memory.
#
# usage: rgw.sh [CACHE_DIR]
# Prints `READY <port> <access key> <secret key>` on stdout and runs until SIGTERM; then every daemon
# is stopped and the working directory removed. The daemons die with this script whatever ends it.
# Nothing is installed and root isn't needed: Debian's packages (68 MB) are unpacked into CACHE_DIR,
# which is kept; without it they are fetched anew each time. Loopback only, on ports that were free.
# Exit code 77: the packages can't be had here (no network, not Debian), so there is nothing to test.
set -euo pipefail

work=$(mktemp -d "${TMPDIR:-/tmp}/barid-rgw.XXXXXX")
echo $$ >"$work/pid"
cache=${1:-$work/packages}
access=BARIDTESTKEY secret=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
declare -A pids=()
bound=(setpriv --pdeathsig KILL)  # whatever kills this script takes its daemons along

say() { echo "rgw.sh: $*" >&2; }
stop_daemon() {
    [ -n "${pids[$1]:-}" ] || return 0
    kill -"${2:-TERM}" "${pids[$1]}" 2>/dev/null || true
    wait "${pids[$1]}" 2>/dev/null || true
    unset "pids[$1]"
}
stop() {
    trap - EXIT
    trap '' TERM INT HUP
    # Everything is in memory and thrown away, so nobody waits for an orderly flush.
    stop_daemon rgw KILL
    stop_daemon osd KILL
    stop_daemon mon KILL
    cd / && rm -rf "$work"
}
trap stop EXIT
trap 'exit 0' TERM INT HUP

fail() {
    say "$*"
    tail -n 5 "$work"/*.out >&2 2>/dev/null || true
    exit 1
}

# Fetches and unpacks what isn't there; the marker is written last, so a broken run is repeated.
unpack() {
    local wanted="radosgw ceph-mon ceph-osd ceph-base ceph-common"
    local marker=$cache/complete packages
    [ -e "$marker" ] && return 0
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        say "SKIPPED: apt-get and dpkg-deb are needed to fetch Ceph"
        exit 77
    fi
    rm -rf "$cache/root" "$cache/deb" && mkdir -p "$cache/root" "$cache/deb"
    list() {
        # shellcheck disable=SC2086
        apt-get install --simulate --no-install-recommends $wanted 2>"$work/apt.out" |
            awk '/^Inst/ { print $2 }'
    }
    if ! packages=$(list) && [ "$(id -u)" = 0 ]; then
        apt-get update >"$work/apt.out" 2>&1 || true
        packages=$(list) || packages=
    fi
    # Those that are installed already aren't listed, but their files are wanted at their places.
    # shellcheck disable=SC2086
    packages=$(printf '%s\n' $wanted $packages | sort -u)
    # shellcheck disable=SC2086
    (cd "$cache/deb" && timeout 300 apt-get download $packages) >"$work/apt.out" 2>&1 ||
        { say "SKIPPED: downloading Ceph failed: $(tail -n 1 "$work/apt.out")"; exit 77; }
    for package in "$cache"/deb/*.deb; do dpkg-deb -x "$package" "$cache/root"; done
    rm -rf "$cache/deb"
    touch "$marker"
}

# A port below the range that the kernel hands out by itself, and that nobody listens on.
free_port() {
    local port
    for _ in $(seq 50); do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    fail "no free port found"
}

use_unpacked() {
    root=$cache/root
    local triplet
    triplet=$(uname -m)-linux-gnu
    libraries=$root/usr/lib/$triplet
    export LD_LIBRARY_PATH=$libraries:$libraries/ceph:$root/usr/lib:$root/lib/$triplet
    export PATH=$root/usr/bin:$root/usr/sbin:$PATH
}

configure() {
    mon_v2=$(free_port) mon_v1=$(free_port) port=$(free_port)
    addresses="[v2:127.0.0.1:$mon_v2,v1:127.0.0.1:$mon_v1]"
    fsid=$(cat /proc/sys/kernel/random/uuid)
    mkdir -p "$work"/{mon,osd,rgw,run}
    cat >"$work/ceph.conf" <<CONF
[global]
fsid = $fsid
keyring = $work/keyring
mon host = $addresses
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
mon data avail crit = 1
run dir = $work/run
admin socket =
log file = /dev/null
mon cluster log file = /dev/null
log to stderr = true
err to stderr = true
plugin dir = $libraries/ceph
erasure code dir = $libraries/ceph/erasure-code
osd class dir = $libraries/rados-classes
[mon.a]
mon data = $work/mon
[osd.0]
osd data = $work/osd
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = $work/rgw
CONF
    export CEPH_CONF=$work/ceph.conf
}

# The monitor's first maps already hold the keys and the disk, so no admin client is needed.
make_cluster() {
    local keys=$work/keyring
    ceph-authtool --create-keyring "$keys" -n mon. --gen-key --cap mon 'allow *'
    ceph-authtool "$keys" -n client.admin --gen-key --cap mon 'allow *' --cap osd 'allow *'
    ceph-authtool "$keys" -n client.rgw.a --gen-key --cap mon 'allow *' --cap osd 'allow *'
    ceph-authtool "$keys" -n osd.0 --gen-key --cap mon 'allow *' --cap osd 'allow *'
    monmaptool --create --clobber --addv a "$addresses" --fsid "$fsid" "$work/monmap"
    osdmaptool --createsimple 1 --clobber "$work/osdmap" --with-default-pool --pg-bits 2
    ceph-mon -i a --mkfs --monmap "$work/monmap" --osdmap "$work/osdmap" --keyring "$keys"
    ceph-osd -i 0 --mkfs --no-mon-config --monmap "$work/monmap" --osd-uuid "$fsid"
}

start_daemon() {
    local name=$1
    shift
    "${bound[@]}" "$@" -f </dev/null >"$work/$name.out" 2>&1 &
    pids[$name]=$!
}

require_running() {
    local name
    for name in "${!pids[@]}"; do
        kill -0 "${pids[$name]}" 2>/dev/null || fail "the $name daemon ended by itself"
    done
}

# What a killed run left behind.
for left in "${TMPDIR:-/tmp}"/barid-rgw.*; do
    [ -O "$left/pid" ] && ! kill -0 "$(cat "$left/pid")" 2>/dev/null && rm -rf "$left"
done
unpack
use_unpacked
configure
make_cluster >"$work/mkfs.out" 2>&1 || fail "making the cluster failed"
start_daemon mon ceph-mon -i a
start_daemon osd ceph-osd -i 0
"${bound[@]}" timeout --foreground 90 "${bound[@]}" radosgw-admin user create --uid=tests \
    --display-name=tests --access-key="$access" --secret-key="$secret" \
    >/dev/null 2>"$work/admin.out" || fail "creating the S3 user failed"
start_daemon rgw radosgw -n client.rgw.a
for _ in $(seq 300); do
    require_running
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && { ready=yes; break; }
    sleep 0.2
done
[ -n "${ready:-}" ] || fail "the gateway doesn't listen"
echo "READY $port $access $secret"
wait -n "${pids[@]}" || true
require_running
