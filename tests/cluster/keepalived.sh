# shellcheck shell=bash
# keepalived on two machines: the web server and its monitor run on both, the address follows the monitors.

: "${lab:?}" "${bound:?}" "${allowance:?}"

address_on() {
    [[ $(on "$1" ip -4 -o addr show dev eth0) == *192.0.2.100/* ]]
}

address_only_on() {
    address_on "$1" && ! address_on "$(other "$1")"
}

keepalived_run() {
    local at judged back name
    say "keepalived: start"
    for name in node1 node2; do
        follow "$name" "keepalived install"
        [[ $name == node1 ]] || follow "$name" "keepalived second node"
        follow "$name" "keepalived start"
    done
    eventually 20 "the address on node1" address_only_on node1
    eventually 5 "the web server of node1" served_by node1 web
    expect_events web "1 2" "1 2"

    say "keepalived: move"
    follow node1 "keepalived move"
    eventually 20 "the address on node2" address_only_on node2
    eventually 5 "the web server of node2" served_by node2 web
    expect_events web "1 2 3" "1 2"
    follow node1 "keepalived start monitor"
    expect_events web "1 2 3 1 2" "1 2"

    say "keepalived: nginx frozen on node2"
    poll web
    at=$(ms)
    nginx_frozen node2
    eventually 30 "the answer of node1" served_by node1 web
    poll_end web
    expect_events web "1 2 3 1 2" "1 2 74 74 6"
    judged=$(judged_at node2 httpmon)
    back=$(answered web node1 "$at")
    ((judged - at <= bound + allowance)) || fail "judged after $((judged - at)) ms, the bound is $bound ms"
    address_only_on node1 || fail "the address is not on node1 alone"
    printf '%-20s judged after %6s s (bound %s s), %s answers after %6s s\n' "keepalived, frozen" \
        "$(seconds $((judged - at)))" "$(seconds "$bound")" node1 "$(seconds $((back - at)))" | tee -a "$lab/figures"
    follow node2 "keepalived repair"
    expect_events web "1 2 3 1 2" "1 2 74 74 6 1 2"

    say "keepalived: stop"
    follow node1 "keepalived stop"
    follow node2 "keepalived stop"
    expect_events web "1 2 3 1 2 3" "1 2 74 74 6 1 2 3"
    for name in node1 node2; do ! address_on "$name" || fail "the address is still on $name"; done
}
