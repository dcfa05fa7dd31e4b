# The agents clp_httpmon and clp_smtpmon of Pacemaker, as one library: POSIX sh, OCF resource agent API 1.1.
#
# An agent sets `command`, `module`, `daemon` and `port`, defines `own_options`, traps its own end, and reads this file, which
# does the action in the agent's first argument and ends it.
#
# The monitor runs in a session of its own below a small shell that waits for its end and keeps its exit code: that is
# how `monitor` tells a service that was judged failed (1) from a monitor that was stopped (0) or killed.
# shellcheck shell=sh

# Exit codes of the API.
OCF_SUCCESS=0
OCF_ERR_GENERIC=1
OCF_ERR_UNIMPLEMENTED=3
OCF_ERR_PERM=4
OCF_ERR_INSTALLED=5
OCF_ERR_CONFIGURED=6
OCF_NOT_RUNNING=7

: "${command:?}" "${module:?}" "${daemon:?}" "${port:?}"
export LC_ALL=C
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
root=${CLP_ISA_ROOT-}
identifier=${OCF_RESKEY_identifier-}
action=${1-}
# Milliseconds, as the cluster says.
time_out=${OCF_RESKEY_CRM_meta_timeout:-20000}
# shellcheck source=packaging/ocf/process.sh
. "${OCF_ROOT:-/usr/lib/ocf}/lib/isa/process.sh"
# shellcheck source=packaging/ocf/describe.sh
. "${OCF_ROOT:-/usr/lib/ocf}/lib/isa/describe.sh"
# shellcheck source=packaging/ocf/state.sh
. "${OCF_ROOT:-/usr/lib/ocf}/lib/isa/state.sh"

# reason TEXT...: why the action fails, as crm_mon shows it.
reason() {
    printf 'ocf-exit-reason:%s\n' "$*" >&2
}

is_probe() {
    [ "$action" = monitor ] && [ "${OCF_RESKEY_CRM_meta_interval:-0}" -eq 0 ]
}

# value NAME: what the resource's parameter is set to; empty when it is not set.
value() {
    eval "printf '%s\n' \"\${OCF_RESKEY_$1-}\""
}

#--- notes

# With the other agents' notes: they must outlive a clean-up of the monitors' own folder.
folder=$root/var/run/resource-agents/clp_isa
# What the files there begin with: the identifier, cut where it would leave no room for the rest of a file name.
name=$identifier
[ "${#identifier}" -le 200 ] || name=$(printf '%.200s' "$identifier")-$(printf '%s' "$identifier" | cksum | cut -d ' ' -f 1)
files=$folder/$name

# noted: sets `ended` and `said`, the files in which the shell that was started last notes its monitor's exit code, and what
# the monitor said. Each start has its own: the shell of the one before may be late.
noted() {
    this=$(cat "$files.start" 2>/dev/null)
    ended=$files.$this.exit
    said=$files.$this.err
}

# forget: what is known of monitors that ended. No identifier holds a dot.
forget() {
    rm -f "$files".*
}

make_folder() {
    (mkdir -p "${folder%/*}" && umask 077 && mkdir -p "$folder")
}

# is_overdue: whether a monitor has been without its record for longer than it takes to put it back: INTERVAL or 10 s,
# whichever is longer, and 10 s more.
is_overdue() {
    read -r now _ </proc/uptime
    now=${now%.*}
    if ! read -r since 2>/dev/null <"$files.lost"; then
        make_folder && echo "$now" >"$files.lost"
        return 1
    fi
    allowed=$(value check_interval)
    [ "${allowed:=60}" -ge 10 ] || allowed=10
    [ "$((now - since - 10))" -gt "$allowed" ]
}

# exit_code: how the last monitor that was started here has ended; empty when that is not known.
exit_code() {
    cat "$ended" 2>/dev/null
}

# cause: the last failure in the alert log.
cause() {
    tail -n 200 "$root/opt/nec/clusterpro/log/isa_alert.log" 2>/dev/null |
        awk -F '\t' -v module="$module" -v id="[ID:$identifier]" \
            '$4 == module && $5 != 6 && index($6, id) { text = $6 } END { print text }'
}

#--- actions

# The shell waits for the monitor; nothing of what the cluster gave this action is left open in the two. Memory is scarce when
# services fail: what tells of it should not be the first to go. Where that is refused, it goes on all the same.
launch() {
    # shellcheck disable=SC2016
    setsid sh -c '
        ended=$1 said=$2
        shift 2
        echo -500 2>/dev/null >/proc/self/oom_score_adj
        "$@" </dev/null >/dev/null 2>"$said"
        echo $? >"$ended.new"
        mv -f "$ended.new" "$ended"
    ' sh "$ended" "$said" "$command" "$@" </dev/null >/dev/null 2>&1 &
}

start() {
    validate || return
    look_well
    case $found in
    running | lost) return $OCF_SUCCESS ;;
    # The other command's holds the identifier: the monitor itself says so.
    gone | killed | taken) ;;
    *)
        trouble
        return
        ;;
    esac
    make_folder || {
        reason "cannot make $folder"
        return $OCF_ERR_PERM
    }
    forget
    echo "$$" >"$files.start"
    noted
    set --
    while read -r argument; do set -- "$@" "$argument"; done <<END
$(arguments)
END
    launch "$@"
    # Ends: the monitor claims its identifier or ends; the cluster bounds the action by its time-out.
    unanswered=0
    while [ "$unanswered" -lt 20 ]; do
        if [ -e "$ended" ]; then
            explain_refusal
            return
        fi
        ask
        case $found in
        running) return $OCF_SUCCESS ;;
        unknown | missing) unanswered=$((unanswered + 1)) ;;
        esac
        sleep 0.05
    done
    trouble
}

# The monitor ended before it was seen running.
explain_refusal() {
    code=$(exit_code)
    text=$(head -n 1 "$said" 2>/dev/null)
    forget
    reason "$command ended with exit code $code: ${text:-it has said nothing}"
    case $code in
    2) return $OCF_ERR_CONFIGURED ;;
    4 | 126 | 127) return $OCF_ERR_INSTALLED ;;
    *) return $OCF_ERR_GENERIC ;;
    esac
}

monitor() {
    look_well
    [ "$found" = lost ] || [ ! -e "$files.lost" ] || rm -f "$files.lost"
    case $found in
    running) return $OCF_SUCCESS ;;
    lost)
        # It watches, and puts its record back by itself.
        is_overdue || return $OCF_SUCCESS
        trouble
        return
        ;;
    silent | other | unknown)
        trouble
        return
        ;;
    missing)
        reason "$why"
        return $OCF_ERR_INSTALLED
        ;;
    esac
    if is_probe; then return $OCF_NOT_RUNNING; fi
    noted
    # The shell that waits for the monitor may be about to note its end.
    round=0
    while [ ! -e "$ended" ] && [ "$round" -lt 10 ]; do
        sleep 0.05
        round=$((round + 1))
    done
    case $(exit_code) in
    1)
        reason "the $daemon was judged failed: $(cause)"
        count_as_fatal
        return $OCF_ERR_GENERIC
        ;;
    0) reason "$command was stopped by somebody else" ;;
    '')
        if [ "$found" = killed ]; then reason "$command was killed"; else reason "$command is not running"; fi
        ;;
    137) reason "$command was killed" ;;
    *) reason "$command ended with exit code $(exit_code)" ;;
    esac
    return $OCF_NOT_RUNNING
}

# A judged failure must move the group, whatever the migration-threshold: it counts as infinitely many, as a failed start
# does. A monitor that was killed counts as one, and says nothing about the service. Where this cannot be told to the
# cluster, it counts as one, too: the monitor is started again, and judges again.
count_as_fatal() {
    command -v attrd_updater >/dev/null || return 0
    attrd_updater -n "fail-count-$OCF_RESOURCE_INSTANCE#monitor_$OCF_RESKEY_CRM_meta_interval" -U INFINITY \
        >/dev/null 2>&1 || :
}

# patience: how many seconds a stop may wait for the monitor: half of the time-out, so that the rest is left to end it by
# force; less for one that does not respond anyway.
patience() {
    seconds=$((time_out / 2000)) most=10
    [ "$found" != silent ] || seconds=$((time_out / 4000)) most=2
    [ "$seconds" -ge 1 ] || seconds=1
    [ "$seconds" -le "$most" ] || seconds=$most
    echo "$seconds"
}

# Ends with success only if no monitor of ours holds the identifier afterwards. Where that cannot be found out it fails, and
# the cluster fences the node: better than two monitors, and two services.
stop() {
    look
    case $found in
    taken) ;;
    missing) return $OCF_SUCCESS ;;
    *)
        "$command" "$identifier" --stop "$(patience)" >/dev/null 2>&1
        case $?:$pid in
        # What counts is asked now.
        0:* | 6:* | *:) look ;;
        esac
        ;;
    esac
    # Ends: each round ends a process; the cluster bounds the action by its time-out.
    while [ -n "$pid" ]; do
        end_by_force || return
        look
    done
    [ "$found" != unknown ] || look_well
    case $found in
    gone | taken | missing) ;;
    # The record that a killed monitor left.
    killed) "$command" "$identifier" --del >/dev/null 2>&1 ;;
    *)
        trouble
        return
        ;;
    esac
    forget
    return $OCF_SUCCESS
}

# end_by_force: ends the process in `pid` if it is the monitor beyond doubt: one that does not respond is killed at once, any
# other is asked by a signal first.
end_by_force() {
    if [ "$(program_of "$pid")" != "$(binary)" ] || ! is_monitor "$pid" "$module" "$identifier"; then
        # It may have ended just now.
        [ -d "/proc/$pid" ] || return 0
        reason "process $pid does not look like $command $identifier: it is left alone"
        return $OCF_ERR_GENERIC
    fi
    victim=$pid
    if [ "$found" != silent ]; then
        kill -TERM "$victim"
        ends_within 20 && return
    fi
    printf '%s\n' "$command (process $victim) did not end when asked: killing it" >&2
    kill -KILL "$victim"
    # The cluster bounds the action by its time-out where the kernel holds the process.
    until ends_within 20; do :; done
}

# ends_within TWENTIETHS: waits for the end of the process in `victim`, so long at most.
ends_within() {
    round=0
    while is_monitor "$victim" "$module" "$identifier"; do
        [ "$round" -lt "$1" ] || return
        sleep 0.05
        round=$((round + 1))
    done
}

reload_agent() {
    validate || return
    stop && start
}

case $action in
meta-data) meta_data ;;
validate-all) validate ;;
start) start ;;
monitor) monitor ;;
stop) stop ;;
reload-agent) reload_agent ;;
*)
    echo "usage: $0 start|stop|monitor|reload-agent|validate-all|meta-data" >&2
    (exit $OCF_ERR_UNIMPLEMENTED)
    ;;
esac
result=$?
trap - EXIT
exit $result
