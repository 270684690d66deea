# A real etcd and kube-apiserver on free loopback ports, with RBAC, service
# account tokens and every admission plugin of a real cluster; no kubelet and no
# controllers, so what a check finds, that check made. Sourced, not run.
#
# Sets `kubeconfig` (an administrator), `api` (the server) and `pki`.

certificate() { # name, subject
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" \
    -keyout "$pki/$1.key" -out "$pki/$1.csr" 2>/dev/null
  openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" \
    -CAcreateserial -days 2 -out "$pki/$1.crt" 2>/dev/null \
    -extfile <(echo "subjectAltName=IP:127.0.0.1")
}

write_kubeconfig() { # name, common name, group; prints its path
  [ -f "$pki/$1.crt" ] || certificate "$1" "/O=$3/CN=$2"
  cat >"$work/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "$api", certificate-authority: $pki/ca.crt}}]
users: [{name: u, user: {client-certificate: $pki/$1.crt, client-key: $pki/$1.key}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
YAML
  echo "$work/$1.kubeconfig"
}

# A port that nobody listens on. Somebody may take it before we do; then the
# program says so and ends, and another one is drawn.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  return 1
}

# Waits up to a minute for a started program to answer.
answers() { # its process id, command...
  local pid=$1
  shift
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || return 1
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  return 1
}

start_etcd() {
  local client peer
  client=$(free_port) peer=$(free_port)
  etcd_url=http://127.0.0.1:$client
  "$etcd" --data-dir="$work/etcd" --unsafe-no-fsync --log-level=error \
    --listen-client-urls="$etcd_url" --advertise-client-urls="$etcd_url" \
    --listen-peer-urls="http://127.0.0.1:$peer" \
    --initial-advertise-peer-urls="http://127.0.0.1:$peer" \
    --initial-cluster="default=http://127.0.0.1:$peer" >"$work/etcd.log" 2>&1 &
  etcd_pid=$!
  answers "$etcd_pid" curl -sf --noproxy '*' "$etcd_url/health"
}

start_kube_apiserver() {
  local port
  port=$(free_port)
  api=https://127.0.0.1:$port
  "$kube_apiserver" --etcd-servers="$etcd_url" --secure-port="$port" \
    --bind-address=127.0.0.1 --advertise-address=192.0.2.1 \
    --endpoint-reconciler-type=none --service-cluster-ip-range=10.96.0.0/16 \
    --allow-privileged=true --authorization-mode=Node,RBAC \
    --client-ca-file="$pki/ca.crt" --tls-cert-file="$pki/server.crt" \
    --tls-private-key-file="$pki/server.key" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$pki/sa.key" \
    --service-account-signing-key-file="$pki/sa.key" \
    --shutdown-delay-duration=0s >"$work/kube-apiserver.log" 2>&1 &
  api_pid=$!
  kubeconfig=$(write_kubeconfig admin admin system:masters)
  answers "$api_pid" "$kubectl" --kubeconfig "$kubeconfig" get --raw /readyz
}

# Needs `work` (a folder) and the paths in `etcd`, `kube_apiserver`, `kubectl`.
start_api_server() {
  pki=$work/pki
  mkdir -p "$pki"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=chart-test -keyout "$pki/ca.key" -out "$pki/ca.crt" 2>/dev/null
  certificate server /CN=kube-apiserver
  openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
  local try
  for try in 1 2 3; do
    start_etcd && break
    stop etcd_pid
  done
  for try in 1 2 3; do
    start_kube_apiserver && return
    stop api_pid
  done
  tail -5 "$work/etcd.log" "$work/kube-apiserver.log" >&2
  echo "kube-apiserver does not answer" >&2
  return 1
}

# SIGKILL: on SIGTERM kube-apiserver waits for watchers, a minute and more.
stop() { # name of the variable that holds the process id
  local pid=${!1:-}
  [ -n "$pid" ] || return 0
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  printf -v "$1" ''
}

stop_api_server() {
  stop api_pid
  stop etcd_pid
}
