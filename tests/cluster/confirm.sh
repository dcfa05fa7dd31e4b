# shellcheck shell=bash
# The guide's four confirmations on Pacemaker: the group starts, stops, moves and fails over.
: "${lab:?}"

ocf_tester() {
    local agent
    say "the agents by ocf-tester"
    for agent in clp_httpmon clp_smtpmon; do
        on node1 ocf-tester -n try -o identifier=try -o server=127.0.0.1 -o check_interval=10 \
            "/usr/lib/ocf/resource.d/isa/$agent" || fail "ocf-tester and $agent"
    done
    forget_events
}

# The agents' meta-data as crmsh reads them, the units as systemd does.
descriptions() {
    local name text
    say "agents and units as others read them"
    for name in clp_httpmon clp_smtpmon; do
        text=$(on node1 crm ra info "ocf:isa:$name" 2>&1) || fail "crm and $name: $text"
        [[ $text == *'check_interval (integer, [60])'* && $text == *'identifier* (string)'* ]] || fail "crm reads of $name: $text"
        text=$(on node1 systemd-analyze --man=no verify "/usr/lib/systemd/system/$name@.service" 2>&1) || fail "systemd and $name@: $text"
        [[ -z $text ]] || fail "systemd says of $name@: $text"
        echo "crm knows the parameters of $name; systemd finds nothing wrong with $name@.service"
    done
}

confirm() {
    say "start"
    follow node1 "pacemaker web group"
    follow node1 "pacemaker mail group"
    settled node1
    eventually 5 "the web server of node1" served_by node1 web
    eventually 5 "the mail server of node1" served_by node1 mail
    expect_events web "1 2" ""
    expect_events mail "1 2" ""

    say "stop"
    follow node1 "pacemaker stop"
    settled node1
    expect_events web "1 2 3" ""
    ! ask web >/dev/null || fail "the web server still answers"

    say "start again, move"
    follow node1 "pacemaker start"
    settled node1
    expect_events web "1 2 3 1 2" ""
    follow node1 "pacemaker move"
    settled node1
    expect_events web "1 2 3 1 2 3" "1 2"
    eventually 5 "the web server of node2" served_by node2 web
}

# New options reach the monitor, and no client notices.
reload() {
    local server
    say "other options for a running monitor"
    forget_events
    poll web
    server=$(on node2 cat /run/nginx.pid)
    on node1 crm_resource -r web-monitor -p uri -v /index.html >"$lab/said" 2>&1 || fail "$(cat "$lab/said")"
    settled node1
    expect_events web "" "3 1 2"
    on node1 crm_resource -r web-monitor -d uri >"$lab/said" 2>&1 || fail "$(cat "$lab/said")"
    settled node1
    expect_events web "" "3 1 2 3 1 2"
    poll_end web
    [[ $(on node2 cat /run/nginx.pid) == "$server" && $(unanswered web) == 0 ]] || fail "the web server was started again"
    on node2 grep -q 'reload-agent operation for web-monitor' /var/log/pacemaker/pacemaker.log || fail "no reload"
}

# Faults. Each is a function that is told the node.
nginx_frozen() { follow "$1" "freeze nginx"; }
nginx_killed() { follow "$1" "kill nginx"; }
nginx_misconfigured() { follow "$1" "break nginx"; }
postfix_frozen() { follow "$1" "freeze postfix"; }

# fails_over SERVICE MODULE FAULT NODE: the fault on the node makes the group move; what it took, against the bound.
fails_over() {
    local service=$1 module=$2 fault=$3 from=$4 to at judged back
    to=$(other "$from")
    say "${fault/_/ } on $from"
    forget_events
    poll "$service"
    at=$(ms)
    "$fault" "$from"
    eventually 90 "the answer of $to" served_by "$to" "$service"
    settled "$to"
    poll_end "$service"
    # A node that could not stop what had failed was fenced, and boots.
    eventually 60 "all nodes online" all_online "$to"
    settled "$to"
    judged=$(judged_at "$from" "$module") || fail "no failed check in the failure log of $from"
    back=$(answered "$service" "$to" "$at") || fail "no answer of $to: $(cat "$lab/poll.$service")"
    has_events "$to" "$service" "1 2" || fail "events on $to: $(ids "$to" "$service")"
    [[ $(ids "$from" "$service") == *" 6" || $(ids "$from" "$service") == 6 ]] || fail "events on $from: $(ids "$from" "$service")"
    ! runs_on "$service-monitor" "$from" "$to" || fail "the monitor still runs on $from"
    ((judged - at <= bound + allowance)) || fail "judged after $((judged - at)) ms, the bound is $bound ms"
    printf '%-20s judged after %6s s (bound %s s), %s answers after %6s s\n' "${fault/_/ }" "$(seconds $((judged - at)))" \
        "$(seconds $bound)" "$to" "$(seconds $((back - at)))" | tee -a "$lab/figures"
    follow "$to" "pacemaker repaired $service"
    settled "$to"
    served_by "$to" "$service" || fail "the group did not stay on $to"
}

# -i 2 -c 2 -r 1: at most one interval until the first failed check, then RETRIES * max(INTERVAL, TIMEOUT) + TIMEOUT.
bound=$((1000 * (2 + 2 * 2 + 1)))
# What a loaded machine may add: to the fault's own command, too, which runs after the clock was read.
allowance=500

fail_over() {
    fails_over web httpmon nginx_frozen node2
    fails_over web httpmon nginx_killed node1
    fails_over web httpmon nginx_misconfigured node2
    follow node2 "mend nginx"
    fails_over mail smtpmon postfix_frozen node1
}
