#!/usr/bin/env bash
# The charts on a real node: what the API server alone cannot show. Runs inside a
# cluster that has the images:
#
#   tests/cluster/cluster.sh run tests/charts/on_cluster.sh [ARCHIVE...]
#
# Archives are loaded first. AGENT_IMAGE (leader-elector:dev) and MAIN_IMAGE
# (busybox:1.37, or what has sh, sleep, date, seq, sed and wget) name the images.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/report.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin=$("$root/tests/kubernetes/build.sh" helm) || exit 1
. "$here/prepare.sh"

patience=90
agent_image=${AGENT_IMAGE:-leader-elector:dev}
main_image=${MAIN_IMAGE:-busybox:1.37}
for archive in "$@"; do load-image "$archive" >/dev/null || exit 1; done

restricted_namespace() { # name
  kubectl create namespace "$1" >/dev/null &&
    kubectl label namespace "$1" pod-security.kubernetes.io/enforce=restricted >/dev/null
}

check_demo() {
  local first second
  restricted_namespace demo
  expect "the demo installs and is ready" helm install demo "$charts/leader-elector-demo" \
    --namespace demo --wait --timeout 2m \
    --set "main.image.repository=${main_image%:*},main.image.tag=${main_image##*:}" \
    --set "leaderElection.image.repository=${agent_image%:*}" \
    --set "leaderElection.image.tag=${agent_image##*:}"
  expect "its test passes" helm test demo --namespace demo --logs --timeout 2m
  expect "the leader works" eventually works "$(leader)"
  first=$(leader)
  expect_equal "and nobody else does" "$first" "$(who_worked)"
  expect_refusal "main has no token" "No such file|not found|can't" \
    kubectl -n demo exec "$first" -c main -- \
    sh -c 'read -r token </var/run/secrets/kubernetes.io/serviceaccount/token'
  kubectl -n demo logs "$first" -c main -f >"$work/first.log" &
  kubectl -n demo delete pod "$first" >/dev/null
  wait $!
  expect "another one leads and works once it is deleted" eventually another_works "$first"
  second=$(leader)
  kubectl -n demo logs "$second" -c main >"$work/second.log"
  expect "not before the first has stopped" not_before "$work/first.log" "$work/second.log"
  expect "the demo uninstalls" helm uninstall demo --namespace demo --wait
  expect_equal "and leaves the Lease alone" lease.coordination.k8s.io/demo-leader-elector-demo \
    "$(kubectl -n demo get -o name deployment,role,rolebinding,lease)"
}

leader() {
  kubectl -n demo get lease demo-leader-elector-demo \
    -o 'jsonpath={.spec.holderIdentity}' | sed 's/_.*//'
}

works() { # pod
  kubectl -n demo logs "$1" -c main | grep -q "$1 leads and works"
}

another_works() { # pod that is gone
  [ "$(leader)" != "$1" ] && works "$(leader)"
}

who_worked() {
  kubectl -n demo logs -l app.kubernetes.io/component=candidate -c main --tail=-1 |
    sed -n 's/.* \(.*\) leads and works/\1/p' | sort -u
}

# HH:MM:SS; a test that runs over midnight is left alone.
not_before() { # log of the first, log of the second
  local ended began
  ended=$(sed -n 's/ .*leads and works//p' "$1" | tail -1)
  began=$(sed -n 's/ .*leads and works//p' "$2" | head -1)
  echo "the first worked until $ended, the second from $began"
  [ -n "$ended" ] && [ -n "$began" ] || return 1
  [[ ! $began < $ended ]] || [[ $began < 00:10 ]]
}

check_injected_job() {
  restricted_namespace shop
  expect "the injector installs" helm install injector "$charts/leader-elector" \
    --namespace ops --create-namespace --set injector.enabled=true \
    --set "sidecar.image.repository=${agent_image%:*},sidecar.image.tag=${agent_image##*:}"
  expect "rights and guard install" helm install web "$charts/leader-elector" \
    --namespace shop --set 'elections[0].serviceAccountName=web' \
    --set 'elections[0].leaseNames={web},elections[0].createServiceAccount=true' \
    --set leaseGuard.enabled=true
  expect "the injector is in force" eventually injects
  job | kubectl -n shop create -f - >/dev/null
  expect "a Job of three injected pods finishes" \
    kubectl -n shop wait --for=condition=complete job/web --timeout=2m
  expect_equal "its pods led one after the other, under the guard" 3 \
    "$(kubectl -n shop get lease web -o 'jsonpath={.spec.leaseTransitions}')"
  expect_equal "and the last one released" "" \
    "$(kubectl -n shop get lease web -o 'jsonpath={.spec.holderIdentity}')"
  expect_equal "no part was done while another one was" "$(parts | sort -n)" "$(parts)"
  expect_equal "the server's type check has no complaint" "" \
    "$(kubectl get validatingadmissionpolicy -o json |
      jq -r '.items[].status.typeChecking.expressionWarnings[]?.warning')"
}

injects() {
  job | jq '{apiVersion: "v1", kind: "Pod", metadata: (.spec.template.metadata
    + {name: "probe"}), spec: .spec.template.spec}' |
    kubectl -n shop create --dry-run=server -o json -f - |
    jq -e '.spec.initContainers[0].name == "leader-elector"'
}

# Begin and end of each part, in the order of their pods' terms.
parts() {
  kubectl -n shop logs -l job-name=web -c main --tail=-1 | sort -n -k 2 |
    awk '{print $2; print $3}'
}

job() {
  jq -n --arg image "$main_image" '{apiVersion: "batch/v1", kind: "Job",
    metadata: {name: "web"},
    spec: {completions: 3, parallelism: 3, completionMode: "Indexed", template: {
      metadata: {annotations: {"leader-elector.io/inject": "true",
        "leader-elector.io/lease-name": "web", "leader-elector.io/lease-duration": "6s",
        "leader-elector.io/renew-deadline": "4s", "leader-elector.io/retry-period": "1s"}},
      spec: {restartPolicy: "Never", serviceAccountName: "web",
        automountServiceAccountToken: false,
        securityContext: {runAsNonRoot: true, seccompProfile: {type: "RuntimeDefault"}},
        containers: [{name: "main", image: $image, imagePullPolicy: "IfNotPresent",
          securityContext: {runAsUser: 1000, allowPrivilegeEscalation: false,
            capabilities: {drop: ["ALL"]}},
          command: ["sh", "-c"], args: ["
            until wget -q -Y off -T 1 -O /dev/null $LEADER_URL; do sleep 1; done
            begin=$(date +%s); sleep 2
            echo part $begin $(date +%s)"]}]}}}}'
}

check_demo
check_injected_job
report
