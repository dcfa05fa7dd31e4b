# What state the monitor is in: what it says itself, and where it cannot be asked, what the process table says. POSIX sh; read
# by monitor.sh.
# shellcheck shell=sh
: "${command:?}" "${module:?}" "${identifier?}" "${root?}" "${time_out:?}" "${OCF_ERR_GENERIC:?}"

is_installed() {
    command -v "$command" >/dev/null
}

# binary: the program under its own name, which the command is a link to; also where nobody may execute it, and where it was
# removed.
binary() {
    (
        IFS=:
        for place in $PATH; do
            if [ -L "$place/$command" ] || [ -e "$place/$command" ]; then
                readlink -f "$place/$command"
                exit
            fi
        done
        printf '%s\n' "$root/opt/nec/clusterpro/bin/clp_isa"
    )
}

# ask: asks the identifier's monitor how it fares. Sets `found` and, where one runs or is silent, `pid`:
#   gone, killed (it left its record)     no monitor: what the lock says
#   running, silent (does not respond)    ours
#   taken                                 the other command's
#   missing                               there is no command to ask with
#   unknown                               the question was not answered; `why` says what came instead
ask() {
    pid=''
    if ! is_installed; then
        found=missing why="$command is not installed"
        return
    fi
    told=$("$(binary)" status --json "$identifier" 2>&1)
    code=$?
    facts=$(printf '%s\n' "$told" | sed -n \
        's/^{"identifier":"[^"]*","module":"*\([a-z]*\)"*,"pid":\([0-9a-z]*\),"state":"\([a-z]*\)".*/\1 \2 \3/p')
    IFS=' ' read -r whose pid state <<END
$facts
END
    why="clp_isa status ended with exit code $code: $(printf '%s\n' "$told" | head -n 1)"
    case $code:$whose:$state in
    6:*) found=gone ;;
    [01]:*:dead) found=killed ;;
    [01]:"$module":unresponsive) found=silent ;;
    [01]:"$module":?*) found=running ;;
    [01]:null:?*) found=unknown why="the record of $identifier cannot be used" ;;
    [01]:?*:?*) found=taken ;;
    *) found=unknown ;;
    esac
    case $found:$pid in
    running:[0-9]* | silent:[0-9]*) ;;
    *) pid='' ;;
    esac
}

# look: the same, and what the process table knows of a monitor that could not be asked, in `pid`. Further values of `found`:
# lost (it runs, and its record was removed), other (it runs, with other arguments than ours).
look() {
    ask
    case $found in
    gone | killed | missing | unknown)
        pid=$(monitor_process "$module" "$identifier") || found=unknown why="the process table cannot be read"
        ;;
    esac
    case $found:$pid in
    gone:?* | killed:?*) found=lost ;;
    missing:?*) found=unknown ;;
    esac
    case $found in
    running | lost)
        words=$(words_of "$pid" | tail -n +2)
        if [ -z "$words" ]; then
            found=unknown why="process $pid has ended just now, or is not seen from here" pid=''
        elif [ "$words" != "$(arguments)" ]; then
            found=other
        fi
        ;;
    esac
    return 0
}

# look_well: a node that is short of everything may make a monitor wait for a moment, or the question: that one for a quarter
# of the action's time-out, since the next thing would be to end the monitor.
look_well() {
    round=0
    while look; do
        case $found in
        silent) most=2 ;;
        lost) most=2 && sleep 0.2 ;;
        unknown) most=$((time_out / 800)) && sleep 0.2 ;;
        *) return ;;
        esac
        [ "$round" -lt "$most" ] || return 0
        round=$((round + 1))
    done
}

# trouble: why a monitor that may run does not pass for running. Two must never live: what cannot be found out is an error,
# not an end.
trouble() {
    case $found in
    silent) reason "$command (process $pid) does not respond" ;;
    lost) reason "$command (process $pid) does not put its record back" ;;
    other) reason "$identifier is watched with other arguments: $(printf '%s' "$words" | tr '\n' ' ')" ;;
    *) reason "cannot find out how $command $identifier fares${pid:+ (process $pid)}: $why" ;;
    esac
    return "$OCF_ERR_GENERIC"
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
