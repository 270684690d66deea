#!/usr/bin/env bash
# The first process of a cluster: starts its programs, runs a command or waits,
# and takes all of them with it when it ends. Started by cluster.sh in
# namespaces of their own, never by hand: it mounts over /run, /var and /etc.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
dir=$1
cgroup=$2
shift 2

# Of this network namespace alone. kube-apiserver does not advertise loopback
# addresses; 10.96.0.1 is where pods look for it.
node_ip=10.250.0.1
service_ip=10.96.0.1
api_port=6443

say() { echo "node: $*" >&2; }

# Descriptor 9 is the lock on DIR. It is kept open as long as this process lives.

start() { # name, command...: in the background, its id in DIR/name.id
  local name=$1; shift
  "$@" </dev/null >>"$dir/$name.log" 2>&1 9>&- &
  echo $! >"$dir/$name.id"
}

# Waits until a command succeeds. The programs' last words, if it never does.
wait_until() { # what, program that is waited for, command...
  local what=$1 program=$2
  shift 2
  for _ in $(seq 600); do
    "$@" >/dev/null 2>&1 && return
    kill -0 "$(cat "$dir/$program.id")" 2>/dev/null || break
    sleep 0.1
  done
  tail -15 "$dir/$program.log" >&2
  say "$what: not within a minute"
  exit 1
}

# Nothing that is written to /run, /var or /etc reaches the machine.
make_mounts() {
  mount --make-rprivate /
  mount -t tmpfs tmpfs /run
  local folder
  for folder in var etc; do
    mkdir -p "$dir/over/$folder" "$dir/over/$folder.work"
    mount -t overlay overlay -o \
      "lowerdir=/$folder,upperdir=$dir/over/$folder,workdir=$dir/over/$folder.work" \
      "/$folder"
  done
  # The kubelet shares mounts with pods.
  mount --make-rshared /
}

make_network() {
  ip link set lo up
  ip address add "$node_ip/32" dev lo
  ip route add default dev lo 2>/dev/null || true
  echo 1 >/proc/sys/net/ipv4/ip_forward
  # In place of kube-proxy: the one Service that a sidecar needs.
  local chain
  for chain in PREROUTING OUTPUT; do
    iptables -t nat -A "$chain" -d "$service_ip" -p tcp --dport 443 \
      -j DNAT --to-destination "$node_ip:$api_port"
  done
}

# A cgroup with a process in it is not swept away.
be_in() { # cgroup
  mkdir "$1/first"
  echo $$ >"$1/first/cgroup.procs"
}

# The kubelet makes its cgroups below this one, so that they can be told from
# those of the machine and of other clusters.
make_cgroups() {
  local top
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir "/sys/fs/cgroup/$cgroup"
    sed 's/[a-z]*/+&/g' /sys/fs/cgroup/cgroup.controllers \
      >/sys/fs/cgroup/cgroup.subtree_control
    be_in "/sys/fs/cgroup/$cgroup"
    return
  fi
  for top in /sys/fs/cgroup/*/; do
    mkdir "$top$cgroup" 2>/dev/null || continue
    [ "$top" != /sys/fs/cgroup/memory/ ] || be_in "$top$cgroup"
    [ -f "$top/cpuset.cpus" ] || continue
    cat "$top/cpuset.cpus" >"$top$cgroup/cpuset.cpus"
    cat "$top/cpuset.mems" >"$top$cgroup/cpuset.mems"
    echo 1 >"$top$cgroup/cgroup.clone_children"
  done
}

collect_programs() {
  local cache name
  cache=$("$here/../kubernetes/build.sh" etcd kube-apiserver cluster)
  mkdir -p "$dir/bin"
  for name in etcd kube-apiserver; do
    if [ -x "${KUBEBUILDER_ASSETS:-/nowhere}/$name" ]; then
      ln -sf "$KUBEBUILDER_ASSETS/$name" "$dir/bin/$name"
    fi
  done
  for name in "$cache"/*; do
    [ -e "$dir/bin/${name##*/}" ] || ln -s "$name" "$dir/bin/"
  done
  cat >"$dir/bin/load-image" <<SH
#!/bin/sh
exec ctr --address $dir/containerd.sock --namespace k8s.io images import "\$@"
SH
  chmod +x "$dir/bin/load-image"
  export PATH=$dir/bin:$PATH
}

certificate() { # name, subject
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$dir/pki/$1.key" -out "$dir/pki/$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$dir/pki/$1.csr" -CA "$dir/pki/ca.crt" \
    -CAkey "$dir/pki/ca.key" -CAcreateserial -out "$dir/pki/$1.crt" -days 2 \
    -extfile <(echo "subjectAltName=DNS:node1,DNS:localhost,DNS:kubernetes,\
DNS:kubernetes.default,DNS:kubernetes.default.svc,\
DNS:kubernetes.default.svc.cluster.local,\
IP:127.0.0.1,IP:$service_ip,IP:$node_ip") 2>/dev/null
}

kubeconfig() { # name, common name, group
  certificate "$1" "${3:+/O=$3}/CN=$2"
  cat >"$dir/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: cluster
    cluster:
      server: https://$node_ip:$api_port
      certificate-authority: $dir/pki/ca.crt
users:
  - name: $1
    user:
      client-certificate: $dir/pki/$1.crt
      client-key: $dir/pki/$1.key
contexts:
  - name: $1
    context: {cluster: cluster, user: $1}
current-context: $1
YAML
}

make_certificates() {
  mkdir -p "$dir/pki"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$dir/pki/ca.key" -out "$dir/pki/ca.crt" -days 2 \
    -subj /CN=leader-elector-test 2>/dev/null
  openssl genrsa -out "$dir/pki/tokens.key" 2048 2>/dev/null
  openssl rsa -in "$dir/pki/tokens.key" -pubout -out "$dir/pki/tokens.pub" \
    2>/dev/null
  certificate server /CN=kube-apiserver
  kubeconfig admin admin system:masters
  kubeconfig controllers system:kube-controller-manager
  kubeconfig scheduler system:kube-scheduler
  kubeconfig node1 system:node:node1 system:nodes
}

start_api_server() {
  local etcd=http://127.0.0.1:2379 peer=http://127.0.0.1:2380
  start etcd etcd --data-dir="$dir/etcd" --unsafe-no-fsync --log-level=error \
    --listen-client-urls="$etcd" --advertise-client-urls="$etcd" \
    --listen-peer-urls="$peer" --initial-advertise-peer-urls="$peer" \
    --initial-cluster="default=$peer"
  cat >"$dir/audit.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: Metadata}]
YAML
  start kube-apiserver kube-apiserver --etcd-servers="$etcd" \
    --secure-port="$api_port" --bind-address=0.0.0.0 \
    --advertise-address="$node_ip" --service-cluster-ip-range=10.96.0.0/16 \
    --allow-privileged=true --authorization-mode=Node,RBAC \
    --client-ca-file="$dir/pki/ca.crt" --tls-cert-file="$dir/pki/server.crt" \
    --tls-private-key-file="$dir/pki/server.key" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$dir/pki/tokens.pub" \
    --service-account-signing-key-file="$dir/pki/tokens.key" \
    --kubelet-client-certificate="$dir/pki/admin.crt" \
    --kubelet-client-key="$dir/pki/admin.key" \
    --kubelet-certificate-authority="$dir/pki/ca.crt" \
    --kubelet-preferred-address-types=InternalIP \
    --audit-policy-file="$dir/audit.yaml" --audit-log-path="$dir/audit.log" \
    --shutdown-delay-duration=0s
  wait_until "the API server" kube-apiserver kubectl get --raw /readyz
}

start_controllers() {
  start kube-controller-manager kube-controller-manager \
    --kubeconfig="$dir/controllers.kubeconfig" --leader-elect=false \
    --use-service-account-credentials --root-ca-file="$dir/pki/ca.crt" \
    --service-account-private-key-file="$dir/pki/tokens.key" \
    --cluster-signing-cert-file="$dir/pki/ca.crt" \
    --cluster-signing-key-file="$dir/pki/ca.key"
  start kube-scheduler kube-scheduler --leader-elect=false \
    --kubeconfig="$dir/scheduler.kubeconfig" \
    --authentication-kubeconfig="$dir/scheduler.kubeconfig" \
    --authorization-kubeconfig="$dir/scheduler.kubeconfig"
}

# The image that holds a pod's namespaces: busybox that sleeps.
write_pause_image() {
  mkdir -p "$dir/pause/bin"
  cp /bin/busybox "$dir/pause/bin/busybox"
  cat >"$dir/pause/Dockerfile" <<'DOCKERFILE'
FROM scratch
COPY bin/busybox /bin/busybox
ENTRYPOINT ["/bin/busybox", "sleep", "2147483647"]
DOCKERFILE
  local buildah=(buildah --storage-driver vfs --root "$dir/pause/storage"
    --runroot "$dir/pause/run")
  "${buildah[@]}" build --quiet -t localhost/pause:1 "$dir/pause" >/dev/null
  "${buildah[@]}" push --quiet localhost/pause:1 \
    "docker-archive:$dir/pause.tar:localhost/pause:1"
  rm -rf "$dir/pause"
}

start_containerd() {
  mkdir -p "$dir/cni"
  cat >"$dir/cni/10-bridge.conflist" <<'JSON'
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true,
   "ipam": {"type": "host-local",
            "ranges": [[{"subnet": "10.244.0.0/24"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
  # Inside another container oom_score_adj cannot be lowered, and there may be
  # no AppArmor.
  cat >"$dir/containerd.toml" <<TOML
version = 2
root = "$dir/containerd"
state = "/run/containerd"
[grpc]
  address = "$dir/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni"
TOML
  start containerd containerd --config "$dir/containerd.toml"
  wait_until containerd containerd load-image "$dir/pause.tar"
}

start_kubelet() {
  echo "nameserver $node_ip" >"$dir/resolv.conf"
  cat >"$dir/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix://$dir/containerd.sock
podLogsDir: $dir/logs
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $dir/pki/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $dir/pki/node1.crt
tlsPrivateKeyFile: $dir/pki/node1.key
resolvConf: $dir/resolv.conf
clusterDNS: [$node_ip]
clusterDomain: cluster.local
# A full disk of the machine is not what the tests are about.
evictionHard: {memory.available: 50Mi, nodefs.available: 1%}
imageMinimumGCAge: 24h
YAML
  cat >"$dir/bin/start-kubelet" <<SH
#!/bin/sh
# Also for tests that have stopped it.
kubelet --config="$dir/kubelet.yaml" --kubeconfig="$dir/node1.kubeconfig" \
  --hostname-override=node1 --node-ip=$node_ip --root-dir="$dir/kubelet" \
  </dev/null >>"$dir/kubelet.log" 2>&1 &
echo \$! >"$dir/kubelet.id"
SH
  chmod +x "$dir/bin/start-kubelet"
  start-kubelet 9>&-
}

is_ready() {
  kubectl get node node1 -o \
    'jsonpath={.status.conditions[?(@.type=="Ready")].status}' | grep -qx True &&
    kubectl get serviceaccount default
}

[ $$ -eq 1 ] || { say "cluster.sh starts this"; exit 1; }
collect_programs
make_mounts
make_network
make_cgroups
make_certificates
export KUBECONFIG=$dir/admin.kubeconfig
write_pause_image &
pause_image=$!
start_api_server
start_controllers
wait "$pause_image"
start_containerd
start_kubelet
wait_until "node1" kubelet is_ready
touch "$dir/ready"
if [ $# -gt 0 ]; then
  "$here/inside.sh" "$dir" "$PWD" "$@" 9>&-
else
  sleep infinity 9>&- & # As a child, so that bash reaps what has lost its parent.
  wait $!
fi
