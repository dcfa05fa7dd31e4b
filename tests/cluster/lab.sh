# shellcheck shell=bash
# The laboratory: machines that share this one's kernel and programs, and nothing else. Read by the scenarios.
#
# A machine is a set of namespaces (mount, pid, host name, IPC, network) whose root is an overlay over this machine's
# root and over the image, which holds the packages. The network is a bridge in a namespace of its own. `run` puts all of
# it into one pid and one mount namespace: with its end, however it comes, no process and no mount is left.
#
#   node1 192.0.2.1   node2 192.0.2.2   the cluster's nodes
#   node3 192.0.2.3                     a third vote, no more
#   client 192.0.2.9                    where the service is asked from

lab=${LAB:?}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
binary=$project/target/release/clp_isa
issuer=$project/target/release/examples/issue_license
# shellcheck source=tests/overlay.sh
. "$project/tests/overlay.sh"
declare -A address=([node1]=192.0.2.1 [node2]=192.0.2.2 [node3]=192.0.2.3 [client]=192.0.2.9)
packages=(corosync pacemaker pacemaker-cli-utils crmsh resource-agents keepalived iproute2 iputils-arping nginx-light
    apache2-bin postfix curl libxml2-utils procps systemd)

fail() {
    echo "FAILED: $*" >&2
    local name
    for name in node1 node2; do
        tail -n 5 "$lab/$name/console" >&2 || :
        [[ ! -e $lab/$name/pid ]] || {
            on "$name" crm_mon -1Arf || :
            on "$name" sh -c 'tail -n 20 /opt/nec/clusterpro/log/*.log /run/keepalived.out' || :
        } >&2 2>/dev/null
    done
    exit 1
}

say() {
    printf '\n--- %s\n' "$*"
}

# eventually SECONDS WHAT COMMAND...: waits until the command succeeds.
eventually() {
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((${EPOCHREALTIME/./} < deadline)) || fail "still waiting for: $what"
        sleep 0.05
    done
}

# ms: milliseconds since 1970.
ms() {
    echo $((${EPOCHREALTIME/./} / 1000))
}

seconds() {
    printf '%d.%02d' $(($1 / 1000)) $(($1 % 1000 / 10))
}

#--- the image

# image: makes $lab/image, an overlay's upper layer with all packages.
image() {
    local root=$lab/image/root
    overlay_mount "$lab/image"
    echo 'postfix postfix/main_mailer_type select No configuration' | chroot "$root" debconf-set-selections
    overlay_install "$lab/image" "$lab/image.log" "${packages[@]}" || return
    configure_services "$root"
    install_product "$root"
    overlay_unmount "$lab/image"
    umount "$root"
}

# Both nodes are set up the same: the web server answers with the node's name, the mail server greets with it.
configure_services() {
    cat >"$1/etc/nginx/nginx.conf" <<'END'
worker_processes 2;
error_log /var/log/nginx/error.log;
pid /run/nginx.pid;
events { worker_connections 64; }
http {
    access_log off;
    server { listen 80; location / { return 200 "$hostname\n"; } }
}
END
    cat >"$1/etc/postfix/main.cf" <<'END'
compatibility_level = 3.6
inet_interfaces = all
inet_protocols = ipv4
mydestination =
alias_maps =
smtpd_peername_lookup = no
END
    cat >"$1/etc/postfix/master.cf" <<'END'
smtp      inet  n - n -   - smtpd
pickup    unix  n - n 60  1 pickup
cleanup   unix  n - n -   0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n -   - trivial-rewrite
bounce    unix  - - n -   0 bounce
proxymap  unix  - - n -   - proxymap
anvil     unix  - - n -   1 anvil
END
    cat >"$1/etc/hosts" <<'END'
127.0.0.1 localhost
192.0.2.1 node1
192.0.2.2 node2
192.0.2.3 node3
END
}

# Installed as the documentation says.
install_product() {
    install -D -m 0755 "$binary" "$1/opt/nec/clusterpro/bin/clp_isa"
    ln -sfn /opt/nec/clusterpro/bin/clp_isa "$1/usr/sbin/clp_httpmon"
    ln -sfn /opt/nec/clusterpro/bin/clp_isa "$1/usr/sbin/clp_smtpmon"
    ln -sfn /opt/nec/clusterpro/bin/clp_isa "$1/usr/sbin/clplcnsc"
    "$project/packaging/install-cluster" "$1"
    install -m 0755 "$here/fence_lab" "$1/usr/sbin/fence_lab"
}

#--- the network

network() {
    local name
    # Named network namespaces are mounts: with this, in our mount namespace alone.
    mkdir -p /run/netns
    mount -t tmpfs tmpfs /run/netns
    ip netns add switch
    ip -n switch link add bridge type bridge
    ip -n switch link set bridge up
    for name in "${!address[@]}"; do
        ip netns add "$name"
        ip -n switch link add "$name" type veth peer name eth0 netns "$name"
        ip -n switch link set "$name" master bridge up
    done
}

# unplug NODE, plug NODE: the cable between a node and the switch.
unplug() {
    ip -n switch link set "$1" down
}

plug() {
    ip -n switch link set "$1" up
}

#--- machines

# boot NAME [cluster]: starts a machine, with Corosync and Pacemaker if that is wanted.
boot() {
    local name=$1 pid children=
    mkdir -p "$lab/$name"
    ip -n "$name" -4 addr flush dev eth0
    ip -n "$name" addr add "${address[$name]}/24" dev eth0
    ip -n "$name" link set lo up
    ip -n "$name" link set eth0 up
    nsenter --net="/run/netns/$name" unshare --mount --pid --uts --ipc --fork --kill-child --propagation private \
        "$here/machine" "$@" </dev/null >>"$lab/$name/console" 2>&1 &
    pid=$!
    until children=$(cat "/proc/$pid/task/$pid/children") && [[ -n $children ]]; do sleep 0.01; done
    echo "${children%% *}" >"$lab/$name/pid"
    eventually 20 "the start of $name" on "$name" test -e /run/booted
    case $name in node[12]) license "$name" ;; esac
}

# license NODE: registers one, at the first boot.
license() {
    local serial=ABC000000${1#node}
    [[ ! -e $lab/$1/licensed ]] || return 0
    printf '1\n%s\n%s\n' "$serial" "$("$issuer" --kind product --serial "$serial" 2>/dev/null)" |
        on "$1" clplcnsc -i -p ISAG10 >"$lab/said" 2>&1 || fail "no license: $(cat "$lab/said")"
    touch "$lab/$1/licensed"
}

init_of() {
    cat "$lab/$1/pid"
}

# power_off NAME: at once, with no good-bye. The network namespace would outlive the machine, with its addresses.
power_off() {
    ip -n "$1" link set eth0 down
    [[ ! -e $lab/$1/pid ]] || kill -KILL "$(init_of "$1")"
    rm -f "$lab/$1/pid"
    ip -n "$1" -4 addr flush dev eth0
    echo "$(ms) $1" >>"$lab/powered-off"
}

# power_switch: does, in the background, what fence_lab asks for: a node is powered off, and boots again after as long as
# a quick machine needs to come to its cluster software.
power_switch() {
    mkdir -p "$lab/power"
    while :; do
        for request in "$lab"/power/*; do
            [[ -e $request ]] || continue
            node=${request##*/}
            node=${node%.*}
            power_off "$node"
            rm -f "$request"
            {
                sleep 10
                boot "$node" cluster
            } &
        done
        sleep 0.05
    done &
}

# on NAME COMMAND...: runs a command on a machine.
on() {
    local name=$1
    shift
    nsenter -t "$(init_of "$name")" -m -u -i -n -p -r -w -- \
        env -i HOME=/root LC_ALL=C TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

#--- the documentation

# documented NAME: the commands under this name in docs/clusters.md. What is shown there is what runs here.
documented() {
    awk -v begin="<!-- commands: $1 -->" '
        { line = $0; sub(/^ +/, "", line) }
        line == begin { found = 1; match($0, /^ */); indent = RLENGTH; next }
        found && line ~ /^```/ { if (inside) { done = 1; exit } inside = 1; next }
        inside { print substr($0, indent + 1) }
        END { exit !done }' "$project/docs/clusters.md" || fail "no commands named $1 in docs/clusters.md"
}

# follow NODE NAME: runs them there; what they say is for the case of their failure.
follow() {
    local commands
    commands=$(documented "$2") || exit 1
    on "$1" sh -euc "$commands" >"$lab/said" 2>&1 || fail "the commands $2 on $1: $(cat "$lab/said")"
}

#--- the service as a client sees it

# ask web|mail|ADDRESS: one question; the answering node's name.
ask() {
    local line
    case $1 in
    web) on client curl -s -m 0.5 http://192.0.2.100/ ;;
    mail)
        # shellcheck disable=SC2016
        line=$(on client timeout 0.5 bash -c 'exec 3<>/dev/tcp/192.0.2.101/25 && read -r -u 3 line && echo "$line"' 2>&1) &&
            [[ $line == 220\ * ]] && line=${line#220 } && line=${line%% *} && echo "${line%%.*}"
        ;;
    *) on client curl -s -m 0.5 "http://$1/" | sed 's/<[^>]*>//g' ;;
    esac
}

# poll SERVICE: asks every 0.1 s from now on; each question's time and the answering node, or -, go to $lab/poll.SERVICE.
# The last question is put after poll_end was called: what was seen to answer before that has answered here, too.
poll() {
    rm -f "$lab/poll.$1" "$lab/poll.$1.stop"
    (
        last=
        until [[ -n $last ]]; do
            [[ ! -e $lab/poll.$1.stop ]] || last=yes
            at=$(ms)
            answer=$(ask "$1") || answer=
            echo "$at ${answer:--}" >>"$lab/poll.$1"
            sleep 0.1
        done
    ) &
    echo $! >"$lab/poll.$1.pid"
}

poll_end() {
    touch "$lab/poll.$1.stop"
    wait "$(cat "$lab/poll.$1.pid")"
}

# answered SERVICE NODE SINCE: when the node first answered a question put after SINCE.
answered() {
    awk -v node="$2" -v since="$3" '$1 > since && $2 == node { print $1; found = 1; exit } END { exit !found }' "$lab/poll.$1"
}

# unanswered SERVICE: how many of the questions so far got no answer.
unanswered() {
    awk '$2 == "-" { n++ } END { print n + 0 }' "$lab/poll.$1"
}

# served_by NODE SERVICE
served_by() {
    [[ $(ask "$2") == "$1" ]]
}

#--- the product's own records

alert_log=/opt/nec/clusterpro/log/isa_alert.log

# ids NODE IDENTIFIER: the events so far, in one line.
ids() {
    on "$1" sh -c "cat $alert_log 2>/dev/null || :" |
        awk -F '\t' -v id="[ID:$2]" 'index($6, id) { printf "%s%s", sep, $5; sep = " " }'
}

forget_events() {
    local name
    for name in node1 node2; do on "$name" rm -f "$alert_log"; done
}

# expect_events IDENTIFIER IDS-ON-NODE1 IDS-ON-NODE2, waiting for them.
expect_events() {
    eventually 20 "events $2 on node1, not $(ids node1 "$1")" has_events node1 "$1" "$2"
    eventually 20 "events $3 on node2, not $(ids node2 "$1")" has_events node2 "$1" "$3"
    echo "events of $1: node1 ${2:-none}; node2 ${3:-none}"
}

has_events() {
    [[ $(ids "$1" "$2") == "$3" ]]
}

# judged_at NODE MODULE: when the last failed check ended, in ms since 1970; event 6 follows it at once.
judged_at() {
    local line
    line=$(on "$1" grep -h ': check failed, try' "/opt/nec/clusterpro/log/$2.log" | tail -n 1) || return
    date -d "${line:0:10} ${line:11:12}" +%s%3N
}
