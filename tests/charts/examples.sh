# The examples and the demo, applied to the real API server in a namespace that
# enforces `restricted`. No controller makes pods there, so each pod template is
# tried as the pod that it describes. Sourced by check.sh.

check_examples() {
  local name
  for name in deployment statefulset singleton job classic-sidecar networkpolicy; do
    check_applied "$name" -f "$root/examples/rbac.yaml" -f "$root/examples/$name.yaml"
  done
  check_applied kustomize -k "$root/examples/kustomize/app"
  expect "the component adds the sidecar to a StatefulSet too" kustomized_statefulset
  check_demo helm 4
  check_demo "$helm3" 3
}

check_applied() { # name, files as flags of kubectl
  local name=$1 namespace=example-$1 output
  shift
  restricted_namespace "$namespace"
  if output=$(k -n "$namespace" apply --server-side --validate=strict "$@" 2>&1); then
    expect_equal "$name: applied without a warning" "" "$(grep -i warning <<<"$output")"
  else
    failed "$name: applied" "$output"
  fi
  [ "$name" = networkpolicy ] || check_pods_of "$name" "$namespace"
}

# Every workload of the namespace: its pod is accepted, and the program accepts
# the sidecar's arguments.
check_pods_of() { # what, namespace
  local pod found=0
  while read -r pod; do
    found=$((found + 1))
    expect "$1: its pod passes the restricted standard" \
      k -n "$2" create -f - <<<"$pod"
    expect "$1: the program takes its sidecar's arguments" program_takes "$pod"
  done < <(k -n "$2" get deployment,statefulset,job -o json | pods_of)
  expect_equal "$1: has one kind of pod" 1 "$found"
}

pods_of() { # workloads as JSON; prints a pod a line, with volumes that need no claim
  jq -c '.items[] | (.metadata.name) as $name | .spec.volumeClaimTemplates as $claims
    | .spec.template | {apiVersion: "v1", kind: "Pod", spec,
        metadata: (.metadata + {name: ($name + "-0")})}
    | .spec.volumes += [$claims[]? | {name: .metadata.name, emptyDir: {}}]'
}

program_takes() { # pod as JSON
  local arguments
  mapfile -t arguments < <(jq -r '[.spec.initContainers[]?, .spec.containers[]][]
    | select(.name == "leader-elector").args[]' <<<"$1")
  [ ${#arguments[@]} -gt 0 ] || { echo "there is no sidecar"; return 1; }
  POD_NAME=web-0 LEADER_ELECTOR_LEASE_NAME=$(jq -r '.metadata.labels[
    "leader-elector.io/lease"] // empty' <<<"$1") \
    "$agent" "${arguments[@]}" --print-config
}

kustomized_statefulset() {
  local copy=$work/kustomize
  rm -rf "$copy"
  cp -R "$root/examples/kustomize" "$copy"
  sed -i 's/^kind: Deployment/kind: StatefulSet/' "$copy/app/deployment.yaml"
  "$kubectl" kustomize "$copy/app" | grep -q -- --stop-order=sidecar-last
}

# Installed, its test's pod made, upgraded, uninstalled; by either Helm.
check_demo() { # helm, its version
  local namespace=demo-$2 flags=(--kubeconfig "$kubeconfig" --namespace "demo-$2")
  restricted_namespace "$namespace"
  expect "demo: installs by Helm $2" \
    "$1" "${flags[@]}" install demo "$charts/leader-elector-demo"
  check_pods_of "demo by Helm $2" "$namespace"
  expect "demo: its test is accepted, from Helm $2" demo_test_is_accepted "$@"
  expect "demo: upgrades by Helm $2" \
    "$1" "${flags[@]}" upgrade demo "$charts/leader-elector-demo" --set replicas=5
  expect_equal "demo: with Helm $2 to five pods" 5 "$(k -n "$namespace" get deployment \
    -o 'jsonpath={.items[0].spec.replicas}')"
  expect "demo: uninstalls by Helm $2" "$1" "${flags[@]}" uninstall demo
  expect_equal "demo: Helm $2 leaves nothing" "" \
    "$(k -n "$namespace" get -o name deployment,role,rolebinding,lease)"
}

demo_test_is_accepted() { # helm, its version
  "$1" template demo "$charts/leader-elector-demo" --namespace "demo-$2" \
    --kube-version "$kube_version" --show-only templates/tests/one-leads.yaml | k -n "demo-$2" create -f -
}
