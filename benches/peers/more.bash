#!/bin/bash
# For `run`: what is not a figure of one tool in its table. Each prints a table of its own.
# shellcheck disable=SC2034,SC2154 # `pids` is read, the others are set by `run`

# From a start to the first verdict, beside what a command takes for the same.
measure_start() {
    local isa=(env "CLP_ISA_ROOT=$work/isa" "$binary" httpmon start -s 127.0.0.1 -n 8090 -i 10000)
    echo "| from start to first verdict, without the server's time | median, µs | least | most |"
    echo "|---|---|---|---|"
    first "floor" "$work/floor" http 8090 1 1
    first "monitor" "${isa[@]}"
    first "monitor, \`--once\`" "${isa[@]}" --once
    first "check_http" /usr/lib/nagios/plugins/check_http -I 127.0.0.1 -p 8090
    first "curl" curl -sfI http://127.0.0.1:8090/
}

# first NAME COMMAND...: a hundred starts.
first() {
    local name=$1
    shift
    "$work/first" 100 "$@" >"$work/took" || fail "$name gave no verdict"
    awk -v name="$name" '{ printf "| %s | %d | %d | %d |\n", name, $1, $2, $3 }' "$work/took"
}

# A thousand monitors of one nginx and one Postfix, each with an address of its own, so that it is seen which is late.
measure_crowd() {
    local count=${CROWD:-1000} seconds=${CROWD_SECONDS:-600} number module cpu before timer slots missing
    say "crowd: $count monitors, $seconds s"
    for ((number = 0; number < count; number++)); do
        module=$([[ $((number % 2)) = 0 ]] && echo httpmon || echo smtpmon)
        CLP_ISA_ROOT=$work/isa "$binary" "$module" "c$number" \
            -s "127.1.$((number / 250)).$((number % 250 + 1))" -i 10 -c 10000 &
        pids+=($!)
        sleep 0.008
    done
    sleep 3
    "$work/slots" "$seconds" 10000 >"$work/slots.out" &
    slots=$!
    "$work/timer" $((seconds * 100)) 10 >"$work/timer.out" &
    timer=$!
    before=$(cpu_ns "${pids[@]}")
    wait "$slots" "$timer"
    cpu=$(($(cpu_ns "${pids[@]}") - before))
    missing=$(any_missing "${pids[@]}")
    [[ $missing = 0 ]] || fail "$missing of the crowd have ended"
    echo "| $count monitors, \`-i 10\`, $seconds s | |"
    echo "|---|---|"
    awk -v cpu="$cpu" -v seconds="$seconds" -v pss="$(field=Pss memory "${pids[@]}")" '
        NR == FNR { bare = $2; next }
        {
            print "| monitors seen, checks made, checks due | " $1 ", " $2 ", " $1 * seconds / 10 " |"
            print "| late beyond the slot, µs: median, 99 of 100, most | " $3 ", " $4 ", " $5 " |"
            print "| checks late by more than 50 ms | " $6 " |"
            print "| a bare timer loop beside them, 100 times a second: latest, µs | " bare " |"
            printf "| CPU of all, µs a check | %d |\n", cpu / $2 / 1000
            printf "| proportional memory of all, KiB | %d |\n", pss
        }' "$work/timer.out" "$work/slots.out"
    stop
}

# any_missing PID...: how many of them have ended.
any_missing() {
    local process missing=0
    for process; do any_runs "$process" || missing=$((missing + 1)); done
    echo "$missing"
}
