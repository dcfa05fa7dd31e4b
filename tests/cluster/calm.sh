# shellcheck shell=bash
# Nothing happens, and nothing may move.

: "${lab:?}"

# calm [SECONDS]
calm() {
    local wanted=${1:-3600} name
    cluster_up
    follow node1 "pacemaker web group"
    follow node1 "pacemaker mail group"
    settled node1
    eventually 5 "the web server of node1" served_by node1 web
    eventually 5 "the mail server of node1" served_by node1 mail
    say "calm for $wanted s"
    poll web
    poll mail
    sleep "$wanted"
    poll_end web
    poll_end mail
    for name in web mail; do
        [[ $(ids node1 $name) == "1 2" && -z $(ids node2 $name) ]] || fail "events of $name: $(ids node1 $name); $(ids node2 $name)"
        [[ $(unanswered $name) == 0 ]] || fail "$(unanswered $name) questions to $name got no answer"
        echo "$name: $(wc -l <"$lab/poll.$name") questions, all answered by node1; $(checks_of $name)"
    done
    [[ $(on node1 crm_mon -1 --exclude=all --include=failures,failcounts) != *fail-count* ]] || fail "failures are counted"
}

# checks_of IDENTIFIER: what its monitor has counted.
checks_of() {
    on node1 /opt/nec/clusterpro/bin/clp_isa status --json "$1" | sed -n 's/.*"checks":{\([^}]*\)}.*/checks \1/p' | tr -d '"'
}
