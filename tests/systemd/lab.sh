# shellcheck shell=bash
# The laboratory of the units: one machine with systemd as process 1, made of namespaces (see `machine`), whose root is an
# overlay over this machine's root. Read by `run`, which puts all of it into one pid and one mount namespace: with its
# end, however it comes, no process and no mount is left.

lab=${LAB:?}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
root=$lab/root
issuer=$project/target/release/examples/issue_license
installed=/opt/nec/clusterpro/bin/clp_isa
packages=(systemd nginx-light dnsmasq-base procps)

static=$project/target/static
binary=${CLP_ISA_TEST_BINARY:-$static/x86_64/clp_isa}
[[ -x $binary ]] || binary=$project/target/release/clp_isa
# shellcheck source=tests/overlay.sh
. "$project/tests/overlay.sh"

# eventually SECONDS COMMAND...: waits until the command succeeds.
eventually() {
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@" >/dev/null 2>&1; do
        ((${EPOCHREALTIME/./} < deadline)) || {
            echo "still waiting for: $*"
            return 1
        }
        sleep 0.05
    done
}

# image: the overlay, with the packages and the product in it.
image() {
    overlay_mount "$lab"
    overlay_install "$lab" "$lab/image.log" "${packages[@]}" || return
    overlay_unmount "$lab"
    configure
    install_product
}

# What this machine would start at boot is not started there, nor what would set up devices, disks and the kernel.
configure() {
    local unit
    rm -rf "$root"/etc/systemd/system "$root"/etc/rc?.d "$root"/etc/init.d "$root/etc/fstab" "$root/opt/nec"
    mkdir -p "$root/etc/systemd/system" "$root/etc/systemd/journald.conf.d"
    for unit in systemd-{sysctl,modules-load,remount-fs,udevd,networkd,timesyncd,logind,update-utmp}.service dev-hugepages.mount \
        sys-kernel-{debug,tracing}.mount sys-fs-fuse-connections.mount; do
        ln -s /dev/null "$root/etc/systemd/system/$unit"
    done
    echo node1 >"$root/etc/hostname"
    printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' >"$root/etc/systemd/journald.conf.d/isa.conf"
    printf '127.0.0.1 localhost web.hosts\n' >"$root/etc/hosts"
    # It may be a link to what is not there.
    rm -f "$root/etc/resolv.conf" "$root/etc/machine-id"
    echo nameserver 127.0.0.1 >"$root/etc/resolv.conf"
    tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
    mkdir -p "$root/var/log/nginx" "$root/etc/systemd/system/multi-user.target.wants"
    printf '[Service]\nExecStart=/usr/sbin/dnsmasq -k -R -h -i lo --local=/example/ --host-record=web.example,127.0.0.1\n' \
        >"$root/etc/systemd/system/names.service"
    ln -s ../names.service "$root/etc/systemd/system/multi-user.target.wants/"
    cat >"$root/etc/nginx/nginx.conf" <<'END_OF_FILE'
worker_processes 1;
pid /run/nginx.pid;
events { worker_connections 64; }
http {
    access_log off;
    server { listen 80; location / { return 200; } }
}
END_OF_FILE
}

# As the packages do it: no log directory. On a node that has none of the cluster's own, nobody makes one.
install_product() {
    local name
    install -D -m 0755 "$binary" "$root$installed"
    for name in clp_isa clp_httpmon clp_smtpmon clplcnsc; do ln -sfn "$installed" "$root/usr/sbin/$name"; done
    "$project/packaging/install-cluster" "$root"
}

# boot: starts the machine, and waits until it is up.
boot() {
    local supervisor
    mkdir "$lab/cgroup"
    mount -t cgroup2 cgroup2 "$lab/cgroup"
    mkdir "$lab/cgroup/${lab##*/}"
    "$here/machine" "$root" "$lab/cgroup/${lab##*/}" </dev/null >"$lab/console" 2>&1 &
    supervisor=$!
    eventually 10 grep -q . "/proc/$supervisor/task/$supervisor/children" || return
    init=$(cat "/proc/$supervisor/task/$supervisor/children")
    init=${init%% *}
    eventually 30 is_up || return
    printf '1\nABC0000001\n%s\n' "$("$issuer" --kind product --serial ABC0000001 2>/dev/null)" |
        on clplcnsc -i -p ISAG10 >/dev/null
}

is_up() {
    case $(on systemctl is-system-running) in running | degraded) ;; *) return 1 ;; esac
}

# on COMMAND...: runs a command on the machine.
on() {
    nsenter -t "$init" -m -u -i -n -p -C -- env -i HOME=/root LC_ALL=C TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

#--- for the checks

unit=clp_httpmon@web
began=
log=/opt/nec/clusterpro/log

# options KIND/IDENTIFIER OPTIONS...: an instance's.
options() {
    echo "OPTIONS=\"-i 1 -r 1 ${*:2}\"" | put "/etc/clp_isa/$1"
}

# put FILE [MODE]: writes standard input to a file of the machine.
put() {
    on install -D -m "${2:-644}" /dev/stdin "$1"
}

# drop_in UNIT SECTION LINES...: settings of a user's own, until the next check.
drop_in() {
    printf '%s\n' "[$2]" "${@:3}" | put "/run/systemd/system/$1.service.d/$2.conf"
    on systemctl daemon-reload
}

clplogcmd() {
    { echo '#!/bin/sh' && cat; } | put /usr/sbin/clplogcmd 755
}

# clean_slate: before each check: nginx runs, no monitor does, there are no logs, clplogcmd or
# drop-ins, and the program is the one for this machine.
clean_slate() {
    on sh -c 'systemctl stop "clp_*" own-server boot.target shutting-down.target
        clp_httpmon web --stop
        systemctl kill -s KILL "clp_*"
        rm -rf /run/systemd/system/*.d /run/clp_isa /opt/nec/clusterpro/log /usr/sbin/clplogcmd /run/told
        cd /opt/nec/clusterpro/etc/isa && { [ ! -e away ] || mv away license; }
        systemctl daemon-reload
        systemctl reset-failed
        systemctl restart nginx' 2>/dev/null
    put "$installed" 755 <"$binary"
    ports 32768 60999
    options httpmon/web -c 1 -s 127.0.0.1
}

# not COMMAND...: it fails. (`!` alone would not end a check.)
not() {
    ! "$@"
}

is() {
    [[ $(on systemctl show "$1" -P "$2") == "$3" ]]
}

# ended UNIT: when, in microseconds.
ended() {
    on systemctl show "$1" -P InactiveEnterTimestampMonotonic
}

# journal UNIT TEXT: a message with it has come since the check began.
journal() {
    on journalctl --sync
    on journalctl -q --no-pager -u "$1" --since "@$began" -g "$2" | grep -q .
}

told() {
    on grep -q "$1" /run/told
}

logged() {
    on grep -q "$1" "$log/$2"
}

# alarm: a unit for OnFailure=, which notes that it was called.
alarm() {
    printf '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo alarm >>/run/told"\n' | put /run/systemd/system/alarm.service
    drop_in "$unit" Unit OnFailure=alarm.service
}

# ports FIRST LAST: the source ports that the kernel gives out. (On the machine itself /proc/sys is read-only.)
ports() {
    nsenter -t "$init" -n sh -c "echo $1 $2 >/proc/sys/net/ipv4/ip_local_port_range"
}

kill_server() {
    on systemctl kill -s KILL nginx
    eventually 5 is nginx SubState failed
}

none_left() {
    [[ -z $(on sh -c "cat /sys/fs/cgroup/system.slice/system-clp_httpmon.slice/$unit.service/cgroup.procs") ]]
}

healthy() {
    on clp_isa status "$1" --json | grep -q '"verdict": *"healthy"'
}
