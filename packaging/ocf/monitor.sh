# The agents clp_httpmon and clp_smtpmon of Pacemaker, as one library: POSIX sh, OCF resource agent API 1.1.
#
# An agent sets `command`, `module`, `daemon` and `port`, defines `own_options`, and reads this file, which does the
# action in the agent's first argument and ends it.
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

# The options of the command, in the words of its --help. Each line: parameter|option|type|default|allowed|what it is|more
options() {
    cat <<END
server|-s|string|localhost|a name of 1 to 255 letters, digits, '-', '.' and '_', an IPv6 address, or an IPv4 address in full (four numbers; 127.1 is not taken)|server to watch|The server to watch. Give the group's floating address, or 127.0.0.1: a name may have several addresses.
port|-n|integer|$port|a whole number from 1 to 65535|port|The port of the $daemon.
check_interval|-i|integer|60|a whole number from 1 to 10000|seconds from one check's start to the next|The checks stand on a fixed grid of that many seconds.
retries|-c|integer|3|a whole number from 1 to 10000|retries after a failed check|retries + 1 failed checks in a row end the monitor: the service has failed.
check_timeout|-r|integer|10|a whole number from 1 to 10000|seconds one check may take in all|Look-up, connecting, sending and reading together.
END
    own_options
}

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

#--- meta-data and validate-all

xml() {
    printf '%s\n' "$*" | sed "s/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/\"/\&quot;/g"
}

# The internal subset names what the API's version 1.1 has and the document type of the resource-agents package lacks.
meta_data() {
    cat <<END
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd" [
<!ATTLIST parameter unique-group NMTOKEN #IMPLIED reloadable (0|1) "0">
<!ATTLIST action name (start|stop|monitor|reload-agent|meta-data|validate-all) #REQUIRED>
]>
<resource-agent name="$command" version="1.0">
<version>1.1</version>
<longdesc lang="en">
Runs $command, which watches a $daemon the way a client would. Put it last into the group of the floating address and the
$daemon. When the monitor has judged the service failed, it ends, and the group moves to another node; a monitor that
was killed or does not respond is started again in place, up to the resource's migration-threshold.
</longdesc>
<shortdesc lang="en">Watches a $daemon; the group moves when it has failed</shortdesc>
<parameters>
<parameter name="identifier" unique="1" unique-group="identifier" required="1">
<longdesc lang="en">The name of the monitor, unique on the node: 1 to 255 letters and digits, case-sensitive.</longdesc>
<shortdesc lang="en">the monitor's identifier</shortdesc>
<content type="string"/>
</parameter>
END
    while IFS='|' read -r name option type default allowed short long; do
        cat <<END
<parameter name="$name" unique="0" required="0" reloadable="1">
<longdesc lang="en">$(xml "$long Option $option: $allowed (default: $default).")</longdesc>
<shortdesc lang="en">$(xml "$short")</shortdesc>
<content type="$type" default="$default"/>
</parameter>
END
    done <<END
$(options)
END
    cat <<'END'
</parameters>
<actions>
<action name="start" timeout="20s"/>
<action name="stop" timeout="20s"/>
<action name="monitor" timeout="20s" interval="5s" depth="0"/>
<action name="reload-agent" timeout="40s"/>
<action name="meta-data" timeout="5s"/>
<action name="validate-all" timeout="20s"/>
</actions>
</resource-agent>
END
}

# in_range NUMBER FIRST LAST: leading zeros are fine, as for the command.
in_range() {
    case $1 in
    *[!0-9]* | '') return 1 ;;
    esac
    number=$1
    while [ "$number" != "${number#0}" ]; do number=${number#0}; done
    [ "${#number}" -le 5 ] && [ "${number:-0}" -ge "$2" ] && [ "$number" -le "$3" ]
}

# fits NAME VALUE: whether the command would take it.
fits() {
    case $1 in
    port) in_range "$2" 1 65535 ;;
    check_interval | retries | check_timeout) in_range "$2" 1 10000 ;;
    version) [ "$2" = 1.0 ] || [ "$2" = 1.1 ] ;;
    uri)
        case $2 in
        *[!!-~]* | *'#'*) return 1 ;;
        /* | '*' | http://?*) [ "${#2}" -le 255 ] ;;
        *) return 1 ;;
        esac
        ;;
    # The command looks closer, at the start.
    server)
        case $2 in
        -* | *[!]A-Za-z0-9.:%_[-]*) return 1 ;;
        *) [ "${#2}" -le 255 ] ;;
        esac
        ;;
    esac
}

validate() {
    case $identifier in
    '')
        reason "the parameter identifier is required"
        return $OCF_ERR_CONFIGURED
        ;;
    *[!A-Za-z0-9]*)
        reason "identifier: 1 to 255 letters and digits are allowed"
        return $OCF_ERR_CONFIGURED
        ;;
    esac
    if [ "${#identifier}" -gt 255 ]; then
        reason "identifier: 1 to 255 letters and digits are allowed"
        return $OCF_ERR_CONFIGURED
    fi
    while IFS='|' read -r name option _ _ allowed _; do
        given=$(value "$name")
        if [ -n "$given" ] && ! fits "$name" "$given"; then
            reason "$name ($option): $allowed"
            return $OCF_ERR_CONFIGURED
        fi
    done <<END
$(options)
END
    if ! command -v "$command" >/dev/null; then
        reason "$command is not installed"
        return $OCF_ERR_INSTALLED
    fi
}

#--- the monitor and its state

# look: asks the identifier's monitor how it fares. Sets `pid` (empty: none runs) and `found`: gone, killed (it left its
# record), running, silent (it runs and does not respond), other (it was started with other arguments), taken (another
# command's, or unknown).
look() {
    # The program under its own name, which the commands are links to.
    told=$("$(readlink -f "$(command -v "$command")")" status --json "$identifier" 2>/dev/null)
    code=$?
    facts=$(printf '%s\n' "$told" | sed -n \
        's/^{"identifier":"[^"]*","module":"*\([a-z]*\)"*,"pid":\([0-9a-z]*\),"state":"\([a-z]*\)".*/\1 \2 \3/p')
    IFS=' ' read -r whose pid state <<END
$facts
END
    case $code:$state in
    6:*) found=gone ;;
    *:dead) found=killed ;;
    *:unresponsive) found=silent ;;
    *:) found=taken ;;
    *) found=running ;;
    esac
    case $found in
    running | silent)
        if [ "$whose" != "$module" ]; then found=taken; fi
        ;;
    esac
    case $found in
    running) has_our_arguments "$pid" || found=other ;;
    silent) ;;
    *) pid='' ;;
    esac
}

# arguments: those of the monitor, one a line; none holds a line end.
arguments() {
    printf '%s\n' "$identifier"
    while IFS='|' read -r name option _; do
        given=$(value "$name")
        [ -z "$given" ] || printf '%s\n%s\n' "$option" "$given"
    done <<END
$(options)
END
}

arguments_of() {
    tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | tail -n +2
}

has_our_arguments() {
    [ "$(arguments_of "$1")" = "$(arguments)" ]
}

folder=$root/var/run/clp_isa/agent
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

# The shell waits for the monitor; nothing of what the cluster gave this action is left open in the two.
launch() {
    # shellcheck disable=SC2016
    setsid sh -c '
        ended=$1 said=$2
        shift 2
        "$@" </dev/null >/dev/null 2>"$said"
        echo $? >"$ended.new"
        mv -f "$ended.new" "$ended"
    ' sh "$ended" "$said" "$command" "$@" </dev/null >/dev/null 2>&1 &
}

start() {
    validate || return
    look
    if [ "$found" = running ]; then return $OCF_SUCCESS; fi
    (umask 077 && mkdir -p "$folder") || {
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
    while :; do
        if [ -e "$ended" ]; then
            explain_refusal
            return
        fi
        look
        case $found in
        running) return $OCF_SUCCESS ;;
        esac
        sleep 0.05
    done
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
    look
    # A node that is short of everything may make it wait for a moment.
    round=0
    while [ "$found" = silent ] && [ "$round" -lt 2 ]; do
        look
        round=$((round + 1))
    done
    case $found in
    running) return $OCF_SUCCESS ;;
    silent)
        reason "$command (process $pid) does not respond"
        return $OCF_ERR_GENERIC
        ;;
    other)
        reason "$identifier is watched with other arguments: $(arguments_of "$pid" | tr '\n' ' ')"
        return $OCF_ERR_GENERIC
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
    seconds=$((${OCF_RESKEY_CRM_meta_timeout:-20000} / 2000))
    most=10
    [ "$found" != silent ] || most=2
    [ "$seconds" -ge 1 ] || seconds=1
    [ "$seconds" -le "$most" ] || seconds=$most
    echo "$seconds"
}

stop() {
    # No command, no monitor.
    command -v "$command" >/dev/null || return $OCF_SUCCESS
    look
    case $found in
    running | silent | other)
        "$command" "$identifier" --stop "$(patience)" >/dev/null 2>&1
        case $? in
        0 | 6) ;;
        *) end_by_force || return ;;
        esac
        ;;
    esac
    # A record that a killed monitor left.
    "$command" "$identifier" --del >/dev/null 2>&1
    forget
    return $OCF_SUCCESS
}

# end_by_force: kills the process in `pid`, which holds the identifier's lock, if it is the monitor beyond doubt.
end_by_force() {
    binary=$(readlink -f "$(command -v "$command")")
    running=$(readlink "/proc/$pid/exe")
    if [ "${running% (deleted)}" != "$binary" ] || [ "$(arguments_of "$pid" | head -n 1)" != "$identifier" ]; then
        reason "process $pid does not look like $command $identifier: it is left alone"
        return $OCF_ERR_GENERIC
    fi
    printf '%s\n' "$command (process $pid) did not end when asked: killing it" >&2
    kill -KILL "$pid"
    # Ends: a killed process lets go of its lock; the cluster bounds the action by its time-out where the kernel holds it.
    while look && [ -n "$pid" ]; do sleep 0.05; done
}

reload_agent() {
    validate || return
    stop && start
}

case $action in
meta-data) meta_data ;;
validate-all) validate ;;
start | monitor | stop) "$action" ;;
reload-agent) reload_agent ;;
*)
    echo "usage: $0 start|stop|monitor|reload-agent|validate-all|meta-data" >&2
    exit $OCF_ERR_UNIMPLEMENTED
    ;;
esac
