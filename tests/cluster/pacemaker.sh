# shellcheck shell=bash
# Real nodes of Corosync and Pacemaker: two for the services, and a third for its vote.
: "${lab:?}"

cluster_files() {
    cat >"$lab/corosync.conf" <<'END'
totem {
  version: 2
  cluster_name: lab
  transport: udpu
  crypto_cipher: none
  crypto_hash: none
  token: 1000
}
nodelist {
  node {
    ring0_addr: 192.0.2.1
    name: node1
    nodeid: 1
  }
  node {
    ring0_addr: 192.0.2.2
    name: node2
    nodeid: 2
  }
  node {
    ring0_addr: 192.0.2.3
    name: node3
    nodeid: 3
  }
}
quorum {
  provider: corosync_votequorum
}
logging {
  to_stderr: no
  to_syslog: no
  to_logfile: yes
  logfile: /var/log/corosync/corosync.log
}
system {
  sched_rr: no
  move_to_root_cgroup: no
}
END
    # With the default dc-deadtime the first start would take 20 s more.
    cat >"$lab/cib.xml" <<'END'
<cib crm_feature_set="3.0.14" validate-with="pacemaker-3.0" epoch="1" num_updates="0" admin_epoch="1">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="dc-deadtime" name="dc-deadtime" value="1s"/>
      </cluster_property_set>
    </crm_config>
    <nodes/>
    <resources>
      <primitive id="power" class="stonith" type="fence_lab">
        <instance_attributes id="power-params">
          <nvpair id="power-check" name="pcmk_host_check" value="static-list"/>
          <nvpair id="power-hosts" name="pcmk_host_list" value="node1 node2 node3"/>
        </instance_attributes>
      </primitive>
    </resources>
    <constraints/>
  </configuration>
  <status/>
</cib>
END
}

all_online() {
    [[ $(on "$1" crm_mon -1 --exclude=all --include=nodes) == *'Online: [ node1 node2 '* ]]
}

# settled NODE: the cluster has nothing left to do.
settled() {
    on "$1" crm_resource --wait --timeout=60s >/dev/null 2>&1 || fail "the cluster does not settle"
}

# runs_on RESOURCE NODE ASKED-NODE
runs_on() {
    [[ $(on "$3" crm_resource --locate -r "$1" 2>/dev/null) == *"running on: $2"* ]]
}

# other NODE: the one that serves when NODE does not.
other() {
    [[ $1 == node1 ]] && echo node2 || echo node1
}

cluster_up() {
    local began name
    began=$(ms)
    cluster_files
    power_switch
    for name in node1 node2 node3; do boot "$name" cluster; done
    for name in node1 node2; do eventually 60 "all nodes online" all_online "$name"; done
    echo "three nodes online after $(seconds $(($(ms) - began))) s"
    follow node1 "pacemaker third node"
}

# cluster_down: the same machines, without the cluster.
cluster_down() {
    local name
    follow node1 "pacemaker stop everything"
    settled node1
    for name in node1 node2 node3; do power_off "$name"; done
    for name in node1 node2; do boot "$name"; done
    forget_events
}
