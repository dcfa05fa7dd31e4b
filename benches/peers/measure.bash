#!/bin/bash
# The measurements, for `run`: each takes what it needs from /proc, strace and valgrind, and leaves lines of
# "tool key value" in $work/results; the table is made of their medians.
# shellcheck disable=SC2154 # `work`, `binary`, `runs` and `window` are set by `run`

pids=() helpers=() wrap=

record() { printf '%s %s %s\n' "$@" >>"$work/results"; }

# wait_until WHAT COMMAND...: at most ten seconds.
wait_until() {
    local what=$1 round
    shift
    for ((round = 0; round < 100; round++)); do
        ! "$@" || return 0
        sleep 0.1
    done
    fail "$what does not come up"
}

# listens PORT: whether somebody does, as /proc says it (state 0A).
listens() {
    local port
    port=$(printf ':%04X' "$1")
    awk -v port="$port" '$4 == "0A" && index($2, port) == length($2) - 4 { found = 1 } END { exit !found }' /proc/net/tcp
}

# tree PID...: these processes and all below them.
tree() {
    local process task
    for process; do
        [[ -d /proc/$process ]] || continue
        echo "$process"
        for task in /proc/"$process"/task/*/children; do
            # shellcheck disable=SC2046 # numbers
            { tree $(<"$task"); } 2>/dev/null
        done
    done
}

# Connections that servers of this network namespace have accepted since it was made: one a check.
accepted() { awk '$1 == "Tcp:" && $7 ~ /^[0-9]+$/ { print $7 }' /proc/net/snmp; }

# Of all threads of these processes.
cpu_ns() {
    local process
    for process; do cat /proc/"$process"/task/*/schedstat; done 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'
}

sleeps() {
    local process
    for process; do cat /proc/"$process"/task/*/status; done 2>/dev/null |
        awk '$1 == "voluntary_ctxt_switches:" { sum += $2 } END { print sum + 0 }'
}

# memory PID...: KiB of $field in all of these.
memory() {
    local process
    for process; do cat /proc/"$process"/smaps_rollup; done 2>/dev/null |
        awk -v field="$field:" '$1 == field { sum += $2 } END { print sum + 0 }'
}

# With SIGTERM, or after five seconds SIGKILL.
stop() {
    local process round all
    all=$(tree "${pids[@]}")
    ((${#helpers[@]} == 0)) || kill -KILL "${helpers[@]}" 2>/dev/null || true
    kill -TERM "${pids[@]}" 2>/dev/null || true
    for ((round = 0; round < 50; round++)); do
        any_runs "${pids[@]}" || break
        sleep 0.1
    done
    for process in $all; do kill -KILL "$process" 2>/dev/null || true; done
    wait "${pids[@]}" "${helpers[@]}" 2>/dev/null || true
    pids=() helpers=()
}

any_runs() {
    local process
    for process; do
        ! grep -q '^State:.[^ZX]' "/proc/$process/status" 2>/dev/null || return 0
    done
    return 1
}

measure_daemon() {
    local tool=$1 run
    record "$tool" disk "$(disk "$tool")"
    for ((run = 0; run < runs; run++)); do
        say "$tool: run $((run + 1)) of $runs"
        measure_work "$tool" web 1 0
        measure_work "$tool" mail 0 1
        measure_work "$tool" both 50 50
        measure_idle "$tool"
    done
    say "$tool: system calls, instructions"
    measure_calls "$tool" web 1 0
    measure_calls "$tool" mail 0 1
    # valgrind does not run Go programs reliably.
    if [[ $tool != blackbox ]]; then
        measure_instructions "$tool" web 1 0
        measure_instructions "$tool" mail 0 1
    fi
}

measure_work() {
    local tool=$1 what=$2 before cpu made all late timer
    "$tool" "$3" "$4" 1
    sleep 3
    # shellcheck disable=SC2207 # numbers
    all=($(tree "${pids[@]}"))
    "$work/timer" $((window * 10)) 100 >"$work/late" &
    timer=$!
    before=$(accepted) cpu=$(cpu_ns "${all[@]}")
    sleep "$window"
    made=$(($(accepted) - before)) cpu=$(($(cpu_ns "${all[@]}") - cpu))
    [[ $tool != blackbox ]] || made=$((made / 2))
    if ((made == 0)); then
        say "$tool ($what) made no check: $(tail -n 3 "$work/$tool"*/log 2>/dev/null)"
        wait "$timer"
        stop
        return
    fi
    record "$tool" "cpu_$what" $((cpu / made))
    record "$tool" "checks_$what" "$made"
    record "$tool" "rss_$what" "$(field=Rss memory "${all[@]}")"
    record "$tool" "pss_$what" "$(field=Pss memory "${all[@]}")"
    wait "$timer"
    read -r _ late <"$work/late"
    record machine late "$late"
    stop
}

# No check falls into this window: what wakes up then does so for itself.
measure_idle() {
    local tool=$1 before
    "$tool" 1 0 100
    sleep 4
    # shellcheck disable=SC2207 # numbers
    local all=($(tree "${pids[@]}"))
    before=$(sleeps "${all[@]}")
    sleep "$window"
    record "$tool" idle "$(awk -v n=$(($(sleeps "${all[@]}") - before)) -v s="$window" 'BEGIN { printf "%.1f", n / s }')"
    stop
}

# Calls by calls of connect(2), of which every check makes one.
measure_calls() {
    local tool=$1 process arguments=()
    "$tool" "$3" "$4" 1
    sleep 3
    for process in $(tree "${pids[@]}"); do arguments+=(-p "$process"); done
    timeout -s INT 8 strace -c -f -o "$work/strace" "${arguments[@]}" 2>/dev/null || true
    record "$tool" "calls_$2" "$(awk '$NF == "total" { total = $4 }
        $NF == "connect" { connects = $4 } END { if (connects) printf "%.1f", total / connects; else print "-" }' "$work/strace")"
    stop
}

# The difference of a long run and a short one, by the difference of their checks: starting falls out.
measure_instructions() {
    local tool=$1 what=$2 before seconds made=() counted=() wrap
    for seconds in 4 14; do
        # Read by the tool's function.
        # shellcheck disable=SC2034
        wrap="$(callgrind) --log-file=/dev/null"
        rm -f "$work"/callgrind.*
        before=$(accepted)
        "$tool" "$3" "$4" 1
        sleep "$seconds"
        made+=($(($(accepted) - before)))
        stop
        counted+=("$(instructions)")
    done
    record "$tool" "instructions_$what" $(((counted[1] - counted[0]) / (made[1] - made[0])))
}

callgrind() { echo "valgrind -q --tool=callgrind --trace-children=yes --callgrind-out-file=$work/callgrind.%p"; }
instructions() { awk '$1 == "totals:" { sum += $2 } END { print sum + 0 }' "$work"/callgrind.*; }

# What starts a process for each check.
measure_command() {
    local tool=$1 what=web port=80 address=127.0.1.1 run command count cpu size stalled held
    [[ $tool != check_smtp ]] || what=mail port=25 address=127.0.2.1
    record "$tool" disk "$(disk "$tool")"
    command=$("${tool}_command" "$address" "$port")
    for ((run = 0; run < runs; run++)); do
        say "$tool: run $((run + 1)) of $runs"
        for count in 1 100; do
            # shellcheck disable=SC2086 # a command line
            "$work/loop" "$window" 1000 "$count" $command 2>"$work/loop.out" >/dev/null || fail "$command failed"
            read -r size cpu _ < <(tail -n 1 "$work/loop.out")
            record "$tool" "cpu_$([[ $count = 1 ]] && echo "$what" || echo both)" $((cpu / size))
        done
        # In the midst of its check: of a server that says nothing.
        stalled=$("${tool}_command" "$address" 81)
        # shellcheck disable=SC2086 # a command line
        $stalled >/dev/null 2>&1 &
        held=$!
        sleep 1
        record "$tool" "rss_$what" "$(field=Rss memory "$held")"
        record "$tool" "pss_$what" "$(field=Pss memory "$held")"
        kill -KILL "$held"
        wait "$held" 2>/dev/null || true
        # shellcheck disable=SC2086 # a command line
        strace -c -f -o "$work/strace" $command >/dev/null 2>&1
        record "$tool" "calls_$what" "$(awk '$NF == "total" { print $4 }' "$work/strace")"
    done
    rm -f "$work"/callgrind.*
    # shellcheck disable=SC2046,SC2086 # command lines
    $(callgrind) $command >/dev/null 2>&1
    record "$tool" "instructions_$what" "$(instructions)"
    record "$tool" idle 0
}

# disk TOOL: bytes of the program and of the libraries it is linked with.
disk() {
    local program
    case $1 in
    ours) program=$binary ;;
    floor) program=$work/floor ;;
    blackbox) program=/usr/bin/prometheus-blackbox-exporter ;;
    keepalived | haproxy) program=/usr/sbin/$1 ;;
    check_*) program=/usr/lib/nagios/plugins/$1 ;;
    *) program=/usr/bin/$1 ;;
    esac
    { echo "$program" && { ldd "$program" 2>/dev/null || true; } | grep -oE '/[^ ]+'; } | xargs -n 1 realpath | sort -u |
        xargs stat -c %s | awk '{ sum += $1 } END { print sum }'
}

# print_table TOOL...: medians, and how far the runs lie apart.
print_table() {
    cp "$work/results" "${RESULTS:-/dev/null}"
    awk -v tools="$*" '
        function median(list, n,    i, j, t, a) {
            n = split(list, a, " ")
            if (n == 0) return "-"
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
            low = a[1]; high = a[n]
            return a[int((n + 1) / 2)]
        }
        function kib(list,    m) { m = median(list); return m == "-" ? m : sprintf("%d", m / 1024) }
        function micros(list,    m) {
            m = median(list)
            return m == "-" ? m : sprintf("%d ±%d%%", m / 1000, m ? (high - low) * 50 / m : 0)
        }
        function pair(a, b) { return a == "-" ? b : b == "-" ? a : a " / " b }
        { values[$1, $2] = values[$1, $2] " " $3 }
        END {
            count = split(tools, tool, " ")
            print "| tool | on disk, KiB | resident, KiB | proportional, KiB | CPU a check, µs, web / mail | calls a check | instructions a check | wake-ups a second, idle | of 100: resident, KiB | proportional, KiB | CPU a check, µs |"
            print "|---|---|---|---|---|---|---|---|---|---|---|"
            for (i = 1; i <= count; i++) {
                t = tool[i]
                printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", t, kib(values[t, "disk"]),
                    pair(median(values[t, "rss_web"]), median(values[t, "rss_mail"])),
                    pair(median(values[t, "pss_web"]), median(values[t, "pss_mail"])),
                    pair(micros(values[t, "cpu_web"]), micros(values[t, "cpu_mail"])),
                    pair(median(values[t, "calls_web"]), median(values[t, "calls_mail"])),
                    pair(median(values[t, "instructions_web"]), median(values[t, "instructions_mail"])),
                    median(values[t, "idle"]), median(values[t, "rss_both"]), median(values[t, "pss_both"]),
                    micros(values[t, "cpu_both"])
            }
            m = median(values["machine", "late"])
            printf "\nA bare timer loop beside each measurement woke late by at most (µs): median %s, smallest %s, largest %s.\n", m, low, high
        }' "$work/results"
}
