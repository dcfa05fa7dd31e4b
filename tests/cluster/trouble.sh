# shellcheck shell=bash
# What must not harm the service, and what must not leave anything behind: the monitor killed or frozen, a node dead, a
# node cut off.

: "${lab:?}" "${bound:?}"

# monitor_pid NODE COMMAND IDENTIFIER
monitor_pid() {
    on "$1" "$2" "$3" --disp
}

has_another_monitor() {
    local pid
    pid=$(monitor_pid "$1" clp_httpmon web) && [[ $pid != "$2" ]]
}

# bring_home NODE: moves the groups to node1, by a command on the node.
bring_home() {
    local group
    for group in web mail; do
        ! runs_on "$group-monitor" node1 "$1" || continue
        on "$1" crm_resource --move -r "$group" -N node1 >"$lab/said" 2>&1 || fail "cannot move: $(cat "$lab/said")"
        settled "$1"
        on "$1" crm_resource --clear -r "$group" >"$lab/said" 2>&1 || fail "cannot clear: $(cat "$lab/said")"
    done
    settled "$1"
}

# One home for everything, and nothing left of earlier scenarios.
gather() {
    bring_home node1
    served_by node1 web || fail "the web group is not on node1"
    served_by node1 mail || fail "the mail group is not on node1"
    forget_events
}

# monitor_lost FAULT SIGNAL EVENTS: the monitor is started again where it was, and no client notices.
monitor_lost() {
    local fault=$1 events=$3 pid at
    say "monitor $fault on node1"
    gather
    poll web
    pid=$(monitor_pid node1 clp_httpmon web)
    at=$(ms)
    on node1 kill "-$2" "$pid"
    eventually 30 "another monitor on node1" has_another_monitor node1 "$pid"
    printf '%-20s watched again after %6s s\n' "monitor $fault" "$(seconds $(($(ms) - at)))" | tee -a "$lab/figures"
    settled node1
    poll_end web
    [[ $(unanswered web) == 0 ]] || fail "clients noticed: $(cat "$lab/poll.web")"
    runs_on web-monitor node1 node2 || fail "the group has moved"
    expect_events web "$events" ""
}

# The records of the monitors are removed on node1, as by a clean-up of /var/run: nothing is started twice, nothing moves, no
# client notices, and a stop ends what runs.
records_lost() {
    local pid
    say "records removed on node1"
    gather
    poll web
    pid=$(monitor_pid node1 clp_httpmon web)
    # What is put back meanwhile may make it fail.
    on node1 rm -rf /var/run/clp_isa || :
    # The agent looks every second.
    sleep 4
    on node1 test -d "/proc/$pid" || fail "the monitor was ended"
    poll_end web
    [[ $(unanswered web) == 0 ]] || fail "clients noticed: $(cat "$lab/poll.web")"
    has_events node1 web "" || fail "not nothing: $(ids node1 web)"
    on node1 rm -rf /var/run/clp_isa || :
    follow node1 "pacemaker stop"
    settled node1
    ! on node1 test -d "/proc/$pid" || fail "the monitor outlived its stop"
    follow node1 "pacemaker start"
    settled node1
    expect_events web "3 1 2" ""
}

node_killed() {
    local at from=node1 to=node2
    say "$from killed"
    gather
    poll web
    at=$(ms)
    power_off "$from"
    eventually 60 "the answer of $to" served_by "$to" web
    eventually 60 "the answer of $to" served_by "$to" mail
    settled "$to"
    poll_end web
    printf '%-20s %s answers after %6s s\n' "node killed" "$to" "$(seconds $(($(answered web "$to" "$at") - at)))" |
        tee -a "$lab/figures"
    expect_clean_return "$to"
}

# expect_clean_return NODE: the other node is back, with nothing running on it and nothing to clean up; it can take over.
expect_clean_return() {
    local at=$1 back
    back=$(other "$at")
    eventually 60 "all nodes online" all_online "$at"
    settled "$at"
    one_place "$at" || fail "the service is not on $at alone"
    [[ $(on "$at" crm_mon -1 --exclude=all --include=failures,failcounts) != *web-* ]] || fail "failures are left"
    bring_home "$at"
    one_place node1 || fail "the service does not come back to node1"
    echo "$back is back, the groups moved home, nothing to clean up"
}

# holders: the nodes that hold the web address and a monitor, as `node1:address node1:monitor`.
holders() {
    local name
    for name in node1 node2; do
        [[ $(on "$name" ip -4 -o addr show dev eth0 2>/dev/null) != *192.0.2.100/* ]] || echo "$name:address"
        ! on "$name" clp_httpmon web --disp >/dev/null 2>&1 || echo "$name:monitor"
    done
}

one_place() {
    [[ $(holders | tr '\n' ' ') == "$1:address $1:monitor " ]]
}

# The cable of node1 is pulled for longer than its monitors' bound. With fencing, node1 is powered off and boots again, still
# cut off: without a quorum it may start nothing.
network_cut() {
    local at rounds
    say "node1 cut off, and back"
    gather
    poll web
    at=$(ms)
    unplug node1
    eventually 60 "the answer of node2" served_by node2 web
    printf '%-20s node2 answers after %6s s\n' "node1 cut off" "$(seconds $(($(ms) - at)))" | tee -a "$lab/figures"
    settled node2
    for ((rounds = 0; $(ms) - at < 3 * bound; rounds++)); do
        one_place node2 || fail "split: $(holders)"
        sleep 0.2
    done
    echo "one place in each of $rounds looks while node1 was cut off"
    plug node1
    eventually 60 "all nodes online" all_online node2
    poll_end web
    expect_clean_return node2
}

trouble() {
    records_lost
    monitor_lost killed KILL "1 2"
    # The frozen one did not end when it was asked: event 15.
    monitor_lost frozen STOP "15 1 2"
    node_killed
    network_cut
}
