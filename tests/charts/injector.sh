# The injector on the real API server: what it made of each pod. Sourced by
# check.sh.

# A pod that passes `restricted`, changed by a jq expression; created, and shown
# as the server stored it.
create_pod() { # namespace, name, jq expression
  jq -n --arg namespace "$1" --arg name "$2" '
    def quiet: {runAsUser: 1000, allowPrivilegeEscalation: false,
                capabilities: {drop: ["ALL"]}};
    {apiVersion: "v1", kind: "Pod",
     metadata: {name: $name, namespace: $namespace, annotations: {
       "leader-elector.io/inject": "true", "leader-elector.io/lease-name": "web"}},
     spec: {serviceAccountName: "web", automountServiceAccountToken: false,
       securityContext: {runAsNonRoot: true, seccompProfile: {type: "RuntimeDefault"}},
       containers: [{name: "main", image: "main", securityContext: quiet}]}}
    | . as $pod | def init($name): {name: $name, image: $name, securityContext: quiet}; '"$3" |
    k create -f - -o json
}

# What the library renders for the same lease, with the server's defaults.
library_pod() { # jq expression over the pod of the consumer
  helm template web "$charts/consumer" -n shop | yaml_documents |
    jq "select(.kind == \"Deployment\").spec.template.spec | $1"
}

# Documents of YAML as JSON, one after the other: kubectl knows both.
yaml_documents() {
  k create --dry-run=client --validate=false -f - -o json | jq '.items[]? // .'
}

containers='[(.spec.initContainers // [])[], .spec.containers[]] | map(.name) | join(" ")'

check_injector() {
  local namespace
  restricted_namespace shop web
  k create namespace ops >/dev/null
  for namespace in ops kube-system; do
    k -n "$namespace" create serviceaccount default >/dev/null
  done
  expect "installs into a real cluster" helm_install injector ops \
    --set injector.enabled=true
  expect "the injector is in force" eventually injector_is_in_force || return
  check_injected_pods
  check_refused_pods
  expect "uninstalls" helm --kubeconfig "$kubeconfig" uninstall injector -n ops
  expect_equal "and leaves no policy" "" "$(k get -o name \
    mutatingadmissionpolicy,mutatingadmissionpolicybinding,validatingadmissionpolicy,validatingadmissionpolicybinding)"
}

helm_install() { # release, namespace, flags...
  helm --kubeconfig "$kubeconfig" install "$1" "$charts/leader-elector" \
    --namespace "$2" --create-namespace "${@:3}"
}

# The policies are in force some moments after they are stored, one after the
# other: pods may be left alone or refused at first.
injector_is_in_force() {
  local pod
  pod=$(create_pod shop probe '$pod')
  k -n shop delete pod probe --force --grace-period=0 >/dev/null 2>&1
  [ "$(jq -r "$containers" <<<"$pod")" = "leader-elector main" ]
}

# And stay so for some moments after they are gone.
refuses_uninjected() {
  local output
  if output=$(create_pod shop late '$pod' 2>&1); then
    k -n shop delete pod late --force --grace-period=0 >/dev/null 2>&1
    return 1
  fi
  grep "asked for leader-elector, but has not got it" <<<"$output"
}

check_injected_pods() {
  local pod
  pod=$(create_pod shop plain '$pod')
  expect_equal "a pod without init containers gets the sidecar" \
    "leader-elector main" "$(jq -r "$containers" <<<"$pod")"
  expect_equal "the sidecar is that of the library, word by word" \
    "$(library_sidecar)" "$(jq -S '.spec.initContainers[0]' <<<"$pod")"
  expect_equal "its volume too" "$(library_pod '.volumes[0] | .projected.defaultMode = 420
    | (.. | .fieldRef? // empty).apiVersion = "v1"' | jq -S .)" \
    "$(jq -S '.spec.volumes[0]' <<<"$pod")"
  expect_equal "main is told where to ask" \
    '[{"name":"LEADER_URL","value":"http://127.0.0.1:4040/leader"}]' \
    "$(jq -c '.spec.containers[0].env' <<<"$pod")"
  expect_equal "only the sidecar has a token" \
    "leader-elector" "$(jq -r '[.spec.initContainers[], .spec.containers[]]
      | map(select(.volumeMounts)) | map(.name) | join(" ")' <<<"$pod")"

  pod=$(create_pod shop init '$pod | .spec.initContainers = [init("migrate"), init("warm")]')
  expect_equal "after other init containers, which stay in order" \
    "migrate warm leader-elector main" "$(jq -r "$containers" <<<"$pod")"
  pod=$(create_pod shop more '$pod | .spec.volumes = [{name: "data", emptyDir: {}}]
    | .spec.containers += [init("proxy") + {env: [{name: "A", value: "b"}]},
        init("other") + {env: [{name: "LEADER_URL", value: "mine"}]}]')
  expect_equal "other containers, volumes and variables stay, a LEADER_URL too" \
    'data leader-elector-token; main LEADER_URL=http://127.0.0.1:4040/leader; proxy A=b LEADER_URL=http://127.0.0.1:4040/leader; other LEADER_URL=mine' \
    "$(jq -r '[([.spec.volumes[].name] | join(" ")), (.spec.containers[]
      | .name + " " + ([.env[] | .name + "=" + .value] | join(" ")))] | join("; ")' <<<"$pod")"
  pod=$(create_pod shop timing '$pod | .metadata.annotations += {
    "leader-elector.io/lease-duration": "60s", "leader-elector.io/renew-deadline": "40s",
    "leader-elector.io/retry-period": "5s", "leader-elector.io/stop-grace": "10s"}')
  expect_equal "annotations set the timing" \
    "--lease-name=web --stop-order=sidecar-last --lease-duration=60s --renew-deadline=40s --retry-period=5s --stop-grace=10s" \
    "$(jq -r '.spec.initContainers[0].args | join(" ")' <<<"$pod")"
  expect "and the program takes them" program_takes "$pod"

  pod=$(create_pod shop native '$pod | .spec.initContainers = [
    init("leader-elector") + {restartPolicy: "Always"}]')
  expect_equal "a pod with the native sidecar stays as it is" \
    "leader-elector main; 0 volumes" \
    "$(jq -r "($containers) + \"; \" + (.spec.volumes // [] | length | tostring) + \" volumes\"" <<<"$pod")"
  pod=$(create_pod shop classic '$pod | .spec.containers += [init("leader-elector")]')
  expect_equal "and one with the classic sidecar" "main leader-elector" \
    "$(jq -r "$containers" <<<"$pod")"
  pod=$(create_pod shop unasked '$pod | del(.metadata.annotations)')
  expect_equal "a pod without annotations stays as it is" "main" \
    "$(jq -r "$containers" <<<"$pod")"
  pod=$(create_pod shop declined '$pod | .metadata.annotations["leader-elector.io/inject"] = "false"')
  expect_equal "and one that says false" "main" "$(jq -r "$containers" <<<"$pod")"
  pod=$(create_pod kube-system elsewhere '$pod | del(.spec.serviceAccountName)' 2>&1)
  expect_equal "pods of kube-system are left alone" "main" "$(jq -r "$containers" <<<"$pod")"
}

library_sidecar() {
  # What the API server fills in.
  library_pod '.initContainers[0] | .imagePullPolicy = "IfNotPresent"
    | .terminationMessagePath = "/dev/termination-log"
    | .env[].valueFrom.fieldRef.apiVersion = "v1"
    | .startupProbe += {timeoutSeconds: 1, successThreshold: 1}
    | .livenessProbe += {failureThreshold: 3, successThreshold: 1}
    | .startupProbe.httpGet.scheme = "HTTP" | .livenessProbe.httpGet.scheme = "HTTP"' | jq -S .
}

check_refused_pods() {
  expect_refusal "a pod that names no lease is refused" "lease-name is missing" \
    create_pod shop refused '$pod | del(.metadata.annotations["leader-elector.io/lease-name"])'
  expect_refusal "and one whose lease name is empty" "lease-name is missing" \
    create_pod shop refused '$pod | .metadata.annotations["leader-elector.io/lease-name"] = ""'
  expect_refusal "one that says yes" "inject is yes; it must be true or false" \
    create_pod shop refused '$pod | .metadata.annotations["leader-elector.io/inject"] = "yes"'
  expect_refusal "one on the node's network" "hostNetwork: its loopback is the node's" \
    create_pod ops refused '$pod | .spec.hostNetwork = true | .spec.serviceAccountName = "default"'
  k delete mutatingadmissionpolicybinding ops.injector-injector >/dev/null
  k delete mutatingadmissionpolicy ops.injector-injector >/dev/null
  expect "one that should have got the sidecar, and has not, is refused" \
    eventually refuses_uninjected
  expect_refusal "one that breaks the restricted standard by itself" "violates PodSecurity" \
    create_pod shop refused '$pod | del(.spec.securityContext)'
}
