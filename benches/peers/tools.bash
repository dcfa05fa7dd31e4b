#!/bin/bash
# The tools under comparison, for `run`: how each is told to watch $1 web servers (127.0.1.1 and up, port 80) and $2 mail
# servers (127.0.2.1 and up, port 25) every $3 seconds. Each function leaves the process ids of what it started, in the
# foreground and as children of this shell, in `pids`; $wrap, if not empty, goes in front of the command.
# shellcheck disable=SC2034,SC2154 # `pids` is read, `wrap`, `work` and `binary` are set by `run`

ours() {
    local number
    for ((number = 1; number <= $1; number++)); do
        CLP_ISA_ROOT=$work/isa $wrap "$binary" httpmon "h$number" -s "127.0.1.$number" -i "$3" -c 10000 &
        pids+=($!)
    done
    for ((number = 1; number <= $2; number++)); do
        CLP_ISA_ROOT=$work/isa $wrap "$binary" smtpmon "s$number" -s "127.0.2.$number" -i "$3" -c 10000 &
        pids+=($!)
    done
}

floor() {
    local number
    for ((number = 1; number <= $1; number++)); do
        $wrap "$work/floor" http 80 1000000 "$3"000 &
        pids+=($!)
    done
    for ((number = 1; number <= $2; number++)); do
        $wrap "$work/floor" smtp 25 1000000 "$3"000 &
        pids+=($!)
    done
}

# A kernel without IPVS is told apart by what keepalived says; with the shim its checkers run there, too.
keepalived() {
    local number folder
    folder=$(mktemp -d "$work/keepalived.XXXX")
    {
        echo 'global_defs { router_id bench }'
        for ((number = 1; number <= $1; number++)); do
            echo "virtual_server 10.99.1.$number 80 { delay_loop $3
                protocol TCP
                real_server 127.0.1.$number 80 { HTTP_GET { url { path /
                    status_code 200 } connect_timeout 10 } } }"
        done
        for ((number = 1; number <= $2; number++)); do
            echo "virtual_server 10.99.2.$number 25 { delay_loop $3
                protocol TCP
                real_server 127.0.2.$number 25 { SMTP_CHECK { connect_timeout 10
                    helo_name bench.test } } }"
        done
    } >"$folder/conf"
    LD_PRELOAD=$work/no_ipvs.so $wrap /usr/sbin/keepalived -n -C -l -f "$folder/conf" -p "$folder/1" -c "$folder/2" \
        -r "$folder/3" >"$folder/log" 2>&1 &
    pids+=($!)
}

monit() {
    local number folder
    folder=$(mktemp -d "$work/monit.XXXX")
    {
        echo "set daemon $3"
        echo "set pidfile $folder/pid"
        echo "set idfile $folder/id"
        echo "set statefile $folder/state"
        for ((number = 1; number <= $1; number++)); do
            echo "check host h$number with address 127.0.1.$number
                if failed port 80 protocol http request / then alert"
        done
        for ((number = 1; number <= $2; number++)); do
            echo "check host s$number with address 127.0.2.$number
                if failed port 25 protocol smtp then alert"
        done
    } >"$folder/conf"
    chmod 0600 "$folder/conf"
    $wrap /usr/bin/monit -I -c "$folder/conf" >"$folder/log" 2>&1 &
    pids+=($!)
}

haproxy() {
    local number folder
    folder=$(mktemp -d "$work/haproxy.XXXX")
    {
        printf 'global\n  nbthread 1\n  maxconn 500\ndefaults\n  timeout connect 10s\n  timeout client 10s\n'
        printf '  timeout server 10s\n  timeout check 10s\n'
        printf 'listen web\n  bind %s\n  mode http\n  option httpchk HEAD /\n' "unix@$folder/web"
        for ((number = 1; number <= $1; number++)); do
            echo "  server h$number 127.0.1.$number:80 check inter $3s"
        done
        printf 'listen mail\n  bind %s\n  mode tcp\n  option smtpchk\n' "unix@$folder/mail"
        for ((number = 1; number <= $2; number++)); do
            echo "  server s$number 127.0.2.$number:25 check inter $3s"
        done
    } >"$folder/conf"
    $wrap /usr/sbin/haproxy -db -f "$folder/conf" >"$folder/log" 2>&1 &
    pids+=($!)
}

# It checks when it is asked: the asking, outside of what is measured, is this shell's.
blackbox() {
    local number folder=$work/blackbox
    mkdir -p "$folder"
    cat >"$folder/conf" <<'CONF'
modules:
  web: {prober: http, timeout: 10s, http: {method: HEAD, preferred_ip_protocol: ip4}}
  mail:
    prober: tcp
    timeout: 10s
    tcp:
      preferred_ip_protocol: ip4
      query_response: [{expect: "^220"}, {send: "NOOP\r"}, {expect: "^250"}, {send: "QUIT\r"}, {expect: "^221"}]
CONF
    $wrap /usr/bin/prometheus-blackbox-exporter --config.file="$folder/conf" --web.listen-address=127.0.0.1:9115 \
        >"$folder/log" 2>&1 &
    pids+=($!)
    (
        while :; do
            for ((number = 1; number <= $1; number++)); do
                probe "module=web&target=http://127.0.1.$number/" || true
            done
            for ((number = 1; number <= $2; number++)); do
                probe "module=mail&target=127.0.2.$number:25" || true
            done
            sleep "$3"
        done
    ) &
    helpers+=($!)
}

probe() {
    exec 9<>/dev/tcp/127.0.0.1/9115 || return
    printf 'GET /probe?%s HTTP/1.0\r\n\r\n' "$1" >&9
    cat <&9 >/dev/null
    exec 9>&-
} 2>/dev/null

# What starts a process for each check: the command for a web server at $1:$2, for a mail server at $1:$2.
check_http_command() { echo "/usr/lib/nagios/plugins/check_http -j HEAD -I $1 -p $2"; }
check_smtp_command() { echo "/usr/lib/nagios/plugins/check_smtp -H $1 -p $2"; }
curl_command() { echo "/usr/bin/curl -s -I -o /dev/null http://$1:$2/"; }
