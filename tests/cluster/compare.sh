# shellcheck shell=bash
# The same faults for Pacemaker's own agent of the Apache server and for clp_httpmon, side by side, with comparable settings:
# asked every 2 s; what does not answer for 5 s has failed.
#   plain    192.0.2.102   ocf:heartbeat:apache fetches a page (interval 2 s, time-out 5 s); the first failure moves it
#   watched  192.0.2.103   ocf:heartbeat:apache without a recurring monitor, and clp_httpmon -i 2 -c 2 -r 1

: "${lab:?}"

apache_on() {
    local name
    for name in plain watched; do
        on "$1" sh -c "cat >/etc/apache2/$name.conf; mkdir -p /srv/$name; echo '<html>$1</html>' >/srv/$name/index.html" <<END
ServerRoot /etc/apache2
ServerName $name
Listen $2:80
PidFile /run/$name.pid
DefaultRuntimeDir /run
Mutex file:/run
ErrorLog /var/log/$name.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
DocumentRoot /srv/$name
User www-data
Group www-data
END
        set -- "$1" 192.0.2.103
    done
}

compare_groups() {
    on node1 crm configure >"$lab/said" 2>&1 <<'END' || fail "cannot configure: $(cat "$lab/said")"
primitive plain-address ocf:heartbeat:IPaddr2 params ip=192.0.2.102 cidr_netmask=24
primitive plain-server ocf:heartbeat:apache \
    params configfile=/etc/apache2/plain.conf httpd=/usr/sbin/apache2 statusurl=http://192.0.2.102/ \
    op start interval=0 timeout=40s op stop interval=0 timeout=30s op monitor interval=2s timeout=5s \
    meta migration-threshold=1
group plain plain-address plain-server meta resource-stickiness=100
primitive watched-address ocf:heartbeat:IPaddr2 params ip=192.0.2.103 cidr_netmask=24
primitive watched-server ocf:heartbeat:apache \
    params configfile=/etc/apache2/watched.conf httpd=/usr/sbin/apache2 statusurl=http://192.0.2.103/ \
    op start interval=0 timeout=40s op stop interval=0 timeout=30s
primitive watched-monitor ocf:isa:clp_httpmon \
    params identifier=apache server=192.0.2.103 check_interval=2 retries=2 check_timeout=1 \
    op start interval=0 timeout=20s op stop interval=0 timeout=20s op monitor interval=1s timeout=20s
group watched watched-address watched-server watched-monitor meta resource-stickiness=100
location plain-home plain 50: node1
location watched-home watched 50: node1
commit
END
}

# outage GROUP ADDRESS FAULT SIGNAL NODE: what the fault on the node costs the clients, in ms. One group at a time: Pacemaker
# does not begin to recover a second one before it is done with the first.
outage() {
    local group=$1 address=$2 signal=$4 from=$5 to at
    to=$(other "$from")
    poll "$address"
    at=$(ms)
    on "$from" sh -c "pkill -$signal -P \$(cat /run/$group.pid); [ $signal = STOP ] || kill -$signal \$(cat /run/$group.pid)"
    eventually 90 "the answer of $to" served_by "$to" "$address"
    settled "$to"
    poll_end "$address"
    printf '%-20s %-24s %s answers after %6s s\n' "apache $3" "$6" "$to" \
        "$(seconds $(($(answered "$address" "$to" "$at") - at)))" | tee -a "$lab/figures"
    on "$to" crm_resource --cleanup >/dev/null 2>&1
    settled "$to"
}

compare() {
    local plain=ocf:heartbeat:apache watched='with ocf:isa:clp_httpmon'
    say "ocf:heartbeat:apache and clp_httpmon side by side"
    cluster_up
    apache_on node1 192.0.2.102
    apache_on node2 192.0.2.102
    compare_groups
    settled node1
    eventually 20 "the plain server" served_by node1 192.0.2.102
    eventually 20 "the watched server" served_by node1 192.0.2.103
    outage plain 192.0.2.102 frozen STOP node1 $plain
    outage watched 192.0.2.103 frozen STOP node1 "$watched"
    outage plain 192.0.2.102 killed KILL node2 $plain
    outage watched 192.0.2.103 killed KILL node2 "$watched"
}
