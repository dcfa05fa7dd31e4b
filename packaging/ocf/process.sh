# The process table, asked for monitors: for what their records do not tell, because they were removed or cannot be read.
# POSIX sh; read by the agents' monitor.sh and by keepalived's clp_isa_track. `root` is the value of CLP_ISA_ROOT.
# shellcheck shell=sh

# words_of PID: the arguments of a process, one a line, its own name first.
words_of() {
    tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline"
}

# program_of PID: the program that a process runs, also if it was replaced meanwhile; empty for one that has ended.
program_of() {
    program=$(readlink "/proc/$1/exe")
    printf '%s\n' "${program% (deleted)}"
}

# is_monitor PID NAME IDENTIFIER: whether a process is a monitor of this identifier whose command's name ends so: by the
# user who started it (anybody may start a program under any words), its program, its words, the same CLP_ISA_ROOT, the same
# pid namespace (a host sees the processes of its containers).
is_monitor() {
    case $(program_of "$1") in
    # Also one that was put aside, as clp_isa.old.
    */clp_isa*) ;;
    *) return 1 ;;
    esac
    case $(words_of "$1" | tr '\n' ' ') in
    *' --stop '* | *' --pause '* | *' --resume '* | *' --disp '* | *' --del '* | *' --once '*) return 1 ;;
    *"$2 $3 "*) ;;
    *) return 1 ;;
    esac
    [ "$(sed -n 's/^Uid:.\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null)" = "$(id -u)" ] &&
        [ "$(tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | sed -n 's/^CLP_ISA_ROOT=//p')" = "${root?}" ] &&
        [ "$(readlink "/proc/$1/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
}

# monitor_process NAME IDENTIFIER: the process id of such a monitor, if one runs. Fails where the table cannot be read. The
# words of other programs' processes are not looked at: where one of those hangs on a disk, whoever reads them hangs with it.
monitor_process() {
    [ -r /proc/self/comm ] || return
    candidates=$(grep -lsx -e clp_isa -e 'clp_[a-z0-9]*mon' /proc/[0-9]*/comm)
    # 2: some process has ended meanwhile.
    [ "$?" -le 2 ] || return
    [ -n "$candidates" ] || return 0
    # shellcheck disable=SC2013,SC2046
    for candidate in $(grep -lszxF -e "$2" $(printf '%s\n' "$candidates" | sed 's/comm$/cmdline/')); do
        candidate=${candidate#/proc/}
        candidate=${candidate%/cmdline}
        if is_monitor "$candidate" "$1" "$2"; then
            echo "$candidate"
            return
        fi
    done
}
