# shellcheck shell=bash disable=SC2154 # names of lab.sh and run
# What the units must do, a check each. Read by `run`, which calls every function of this file, each on a clean slate.

#--- starting

starts_without_log_directory() {
    on systemctl start "$unit"
    is "$unit" ActiveState active
    kill_server
    eventually 5 logged 'started monitoring' isa_alert.log
    eventually 5 logged 'check failed, try 1/2' httpmon.log
}

both_kinds_start() {
    options smtpmon/mail -c 10
    on systemctl start clp_smtpmon@mail
    is clp_smtpmon@mail ActiveState active
    eventually 5 logged 'check failed, try 1/11' smtpmon.log
}

# The one for mail differs in its names and its servers only.
units_are_alike() {
    diff <(grep -v '^#\|^After=' "$project/packaging/systemd/clp_smtpmon@.service") \
        <(sed '/^#\|^After=/d; s/httpmon/smtpmon/g; s/web server/mail server/' "$project/packaging/systemd/clp_httpmon@.service")
}

the_32_bit_program_lives() {
    local program=$static/i686/clp_isa
    [[ -x $program ]] || {
        echo "no $program: make packaging-build"
        exit 77
    }
    put "$installed" 755 <"$program"
    a_whole_life
}

# The start fails, and leaves alone what is not its own.
a_start_that_cannot_be_fails() {
    local pid
    options httpmon/bad -n 0
    not on systemctl start clp_httpmon@bad
    is clp_httpmon@bad ExecMainStatus 2
    on setsid -f clp_httpmon web -s 127.0.0.1
    eventually 5 on clp_httpmon web --disp
    pid=$(on clp_httpmon web --disp)
    not on systemctl start "$unit"
    is "$unit" ExecMainStatus 3
    [[ $(on clp_httpmon web --disp) == "$pid" ]]
    on clp_httpmon web --stop
    on mv /opt/nec/clusterpro/etc/isa/license /opt/nec/clusterpro/etc/isa/away
    not on systemctl start "$unit"
    is "$unit" ExecMainStatus 4
}

starts_as_often_as_asked() {
    for _ in 1 2 3 4 5 6 7; do on systemctl restart "$unit"; done
    is "$unit" ActiveState active
}

# Both are wanted at boot, and the server takes longer than the monitor would wait for a dead one.
waits_for_the_server() {
    on systemctl stop nginx
    drop_in nginx Service 'ExecStartPre=/bin/sleep 4'
    printf '[Unit]\nWants=nginx.service %s.service\n' "$unit" | put /run/systemd/system/boot.target
    on systemctl daemon-reload
    on systemctl start boot.target
    is "$unit" ActiveState active
    not journal "$unit" 'event: 72'
}

# A server that the unit does not name, with a drop-in.
waits_for_a_server_of_a_drop_in() {
    on systemctl stop nginx
    printf '%s\n' '[Service]' Type=oneshot RemainAfterExit=yes ExecStart='/bin/sleep 4' ExecStart=/usr/sbin/nginx |
        put /run/systemd/system/own-server.service
    drop_in "$unit" Unit After=own-server.service
    on systemctl start --no-block own-server
    on systemctl start "$unit"
    is "$unit" ActiveState active
    not journal "$unit" 'event: 72'
}

# In one go, as at shutdown, and with a monitor that takes its time.
stops_before_the_server() {
    drop_in "$unit" Service ExecStop= 'ExecStop=/bin/sleep 2'
    printf '[Unit]\nConflicts=nginx.service %s.service\n' "$unit" | put /run/systemd/system/shutting-down.target
    on systemctl daemon-reload
    on systemctl start "$unit"
    on systemctl start shutting-down.target
    eventually 10 is nginx ActiveState inactive
    eventually 10 is "$unit" ActiveState inactive
    journal "$unit" 'event: 3>'
    not journal "$unit" 'event: 72'
    (($(ended nginx) > $(ended "$unit")))
}

#--- ending

on_failure_waits_for_no_clplogcmd() {
    clplogcmd <<<'trap "" TERM; sleep 60'
    alarm
    on systemctl start "$unit"
    kill_server
    eventually 6 is "$unit" ActiveState failed
    eventually 1 told alarm
    # What hangs there can be ended, and is not in the way of a new start.
    on systemctl restart nginx
    on systemctl start "$unit"
    on systemctl stop "$unit"
    on systemctl kill -s KILL "$unit"
    eventually 5 none_left
}

the_last_alerts_arrive() {
    # shellcheck disable=SC2016
    clplogcmd <<<'sleep 2; echo "alert $6." >>/run/told'
    on systemctl start "$unit"
    # No more than four run at once.
    eventually 5 told 'alert 2\.'
    kill_server
    eventually 6 is "$unit" ActiveState failed
    eventually 5 told 'alert 6\.'
    told 'alert 72\.'
}

a_stop_on_request_is_no_failure() {
    alarm
    on systemctl start "$unit"
    on clp_httpmon web --stop
    eventually 5 is "$unit" ActiveState inactive
    is "$unit" Result success
    on systemctl start "$unit"
    on systemctl stop "$unit"
    is "$unit" Result success
    not told alarm
}

a_frozen_one_can_be_stopped() {
    on systemctl start "$unit"
    on systemctl kill -s STOP "$unit"
    on timeout 5 systemctl stop "$unit"
    journal "$unit" 'event: 3>'
}

# A process of its own that the kernel kills for memory must not take the monitor along.
a_killed_child_ends_nothing() {
    is "$unit" OOMPolicy continue
}

#--- drop-ins of users

killed_is_restarted_judged_is_not() {
    local pid
    alarm
    drop_in "$unit" Service Restart=on-abnormal RestartSec=1
    on systemctl start "$unit"
    pid=$(on systemctl show "$unit" -P MainPID)
    on kill -KILL "$pid"
    eventually 5 is "$unit" NRestarts 1
    eventually 5 is "$unit" ActiveState active
    not told alarm
    kill_server
    eventually 6 is "$unit" ActiveState failed
    eventually 1 told alarm
    is "$unit" ExecMainStatus 1
    is "$unit" NRestarts 1
}

#--- the sandbox

# Nothing that a monitor does is refused: a refused call (EPERM) would make its checks void, so here it is deadly.
a_whole_life() {
    # shellcheck disable=SC2016
    clplogcmd <<<'echo "alert $6." >>/run/told'
    drop_in "$unit" Service SystemCallErrorNumber=kill
    options httpmon/web -c 1 -s web.example
    on systemctl start "$unit"
    on clp_httpmon web --pause
    on clp_httpmon web --resume
    on systemctl restart systemd-journald
    eventually 5 healthy web
    kill_server
    eventually 6 is "$unit" ActiveState failed
    is "$unit" ExecMainStatus 1
    logged 'event 72' httpmon.log
    logged 'will be terminated' isa_alert.log
    for event in 1 2 7 8 72 6; do
        eventually 2 told "alert $event\\."
        [[ $event == [12] ]] || journal "$unit" "event: $event>"
    done
}

# By look-up child, by /etc/hosts.
names_are_resolved() {
    options httpmon/hosts -s web.hosts
    options httpmon/child -s web.example
    on systemctl start clp_httpmon@hosts clp_httpmon@child
    eventually 5 healthy hosts
    eventually 5 healthy child
}

the_journal_has_the_events() {
    on systemctl start "$unit"
    kill_server
    eventually 6 is "$unit" ActiveState failed
    on journalctl -q --no-pager -t clp_httpmon --since "@$began" -o json | tr -d ' ' >"$lab/events"
    grep '<event:2>' "$lab/events" | grep '"PRIORITY":"6"' | grep -q '"SYSLOG_FACILITY":"3"'
    grep '<event:6>' "$lab/events" | grep '"PRIORITY":"3"' | grep -q "\"_SYSTEMD_UNIT\":\"$unit.service\""
}

clean_takes_nothing_from_the_others() {
    options httpmon/two
    on systemctl start "$unit" clp_httpmon@two
    on systemctl stop clp_httpmon@two
    # It may say that there is nothing to clean.
    on systemctl clean clp_httpmon@two || :
    on clp_httpmon web --disp
    on clp_httpmon web --stop
}

# What somebody removed it makes again, and the sandbox lets it.
removed_directories_come_back() {
    on systemctl start "$unit"
    on rm -rf /run/clp_isa "$log"
    eventually 11 on clp_httpmon web --disp
    eventually 1 healthy web
    kill_server
    eventually 5 logged 'check failed' httpmon.log
}

# On another disk: mounted there, or linked to, which needs a drop-in.
logs_may_lie_elsewhere() {
    on mkdir -p "$log" /var/isa-logs
    on mount -t tmpfs log-disk "$log"
    on systemctl start "$unit"
    eventually 5 logged 'started monitoring' isa_alert.log
    on systemctl stop "$unit"
    on umount "$log"
    on rmdir "$log"
    on ln -s /var/isa-logs "$log"
    drop_in "$unit" Service ReadWritePaths=/var/isa-logs
    on systemctl start "$unit"
    eventually 5 logged 'started monitoring' isa_alert.log
}

# A failover has to unmount the disk: the unit must not hold it.
a_shared_disk_can_go() {
    local where
    for where in /mnt/isa /var/isa /home/isa /opt/isa; do
        on mkdir -p "$where"
        on mount -t tmpfs shared-disk "$where"
    done
    on systemctl start "$unit"
    on umount /mnt/isa /var/isa /home/isa /opt/isa
    not on sh -c 'grep -l "shared-disk" /proc/[0-9]*/mountinfo'
}

# With every source port of the ordinary range in use a service that hangs is found, by a port that root alone may use.
finds_a_hung_service_without_ports() {
    ports 40000 40009
    on systemctl start "$unit"
    on systemctl kill -s STOP nginx
    # shellcheck disable=SC2016
    on setsid -f timeout 20 bash -c 'while sleep 0.05; do exec {port}<>/dev/tcp/127.0.0.1/80; done' 2>/dev/null
    eventually 15 is "$unit" ActiveState failed
    journal "$unit" 'event: 74>'
    journal "$unit" 'event: 6>'
    not journal "$unit" 'event: 42>'
}

#--- on paper

verifies() {
    local said
    said=$(on systemd-analyze verify --man=no "$unit.service" clp_smtpmon@mail.service 2>&1)
    [[ -z $said ]] || {
        echo "$said"
        return 1
    }
}

# The figure of docs/clusters.md, in tenths.
is_as_safe_as_written() {
    on systemd-analyze security --no-pager --threshold=21 "$unit" | tail -n 1
}
