# What the agents take: their meta-data, and whether parameters fit. POSIX sh; read by monitor.sh.
# shellcheck shell=sh
: "${command:?}" "${daemon:?}" "${port:?}" "${identifier?}" "${OCF_ERR_CONFIGURED:?}" "${OCF_ERR_INSTALLED:?}"

# The options of the command, in the words of its --help; the test `consistency` says what belongs here. Each line:
# parameter|option|type|default|allowed|what it is|more
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

# fits NAME VALUE ALLOWED: whether the command would take it.
fits() {
    case $3 in
    'a whole number from 1 to '*)
        in_range "$2" 1 "${3##* }"
        return
        ;;
    esac
    case $1 in
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
        return "$OCF_ERR_CONFIGURED"
        ;;
    *[!A-Za-z0-9]*)
        reason "identifier: 1 to 255 letters and digits are allowed"
        return "$OCF_ERR_CONFIGURED"
        ;;
    esac
    if [ "${#identifier}" -gt 255 ]; then
        reason "identifier: 1 to 255 letters and digits are allowed"
        return "$OCF_ERR_CONFIGURED"
    fi
    while IFS='|' read -r name option _ _ allowed _; do
        given=$(value "$name")
        if [ -n "$given" ] && ! fits "$name" "$given" "$allowed"; then
            reason "$name ($option): $allowed"
            return "$OCF_ERR_CONFIGURED"
        fi
    done <<END
$(options)
END
    if ! is_installed; then
        reason "$command is not installed"
        return "$OCF_ERR_INSTALLED"
    fi
}
