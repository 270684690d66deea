# Rights, priority and guard of a Lease on the real API server: each write that is
# allowed and each that is not, by the service accounts' own tokens. Sourced by
# check.sh.

leases=/apis/coordination.k8s.io/v1/namespaces/guarded/leases

# A token as the kubelet would get it for that pod, into a file.
pod_token() { # namespace, pod
  k -n "$1" create token web --bound-object-kind Pod --bound-object-name "$2" \
    >"$work/$1-$2.token"
}

# One request, as whoever has that token or certificate; fails unless 2xx.
request() { # method, path, who, body or nothing
  local method=$1 path=$2 who=$3 credential
  if [ -f "$work/$who.token" ]; then
    echo "Authorization: Bearer $(cat "$work/$who.token")" >"$work/header"
    credential=(--header "@$work/header")
  else
    credential=(--cert "$pki/$who.crt" --key "$pki/$who.key")
  fi
  curl --silent --show-error --fail-with-body --noproxy '*' --max-time 20 \
    --cacert "$pki/ca.crt" "${credential[@]}" --dump-header "$work/answer-headers" \
    --request "$method" --header 'Content-Type: application/json' \
    ${4:+--data "$4"} "$api$path"
}

# Changes the Lease as it is now by a jq expression.
edit() { # who, jq expression
  local now
  now=$(k -n guarded get lease web -o json) || return 1
  request PUT "$leases/web" "$1" "$(jq -c "$2" <<<"$now")"
}

new_lease() { # name, jq expression
  jq -nc --arg name "$1" '{apiVersion: "coordination.k8s.io/v1", kind: "Lease",
    metadata: {name: $name, namespace: "guarded"}, spec: {holderIdentity: "",
    leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z"}} | '"$2"
}

# What the agent writes, and a nonce of its own for each pod.
take='.spec.leaseTransitions = (.spec.leaseTransitions // 0) + 1
  | del(.metadata.annotations["leader-elector.io/released-by"]) | .spec.holderIdentity = '
mark='.metadata.annotations["leader-elector.io/released-by"] = '
release="$mark"'.metadata.uid + "/" + .spec.holderIdentity + "/"
  + (.spec.leaseTransitions | tostring) | .spec.holderIdentity = ""'
web0='"web-0_0123456789"' web1='"web-1_abcdefghij"'

check_guard() {
  local pod person
  restricted_namespace guarded web
  restricted_namespace elsewhere web
  for pod in guarded/web-0 guarded/web-1 elsewhere/web-0; do
    create_pod "${pod%/*}" "${pod#*/}" '$pod | del(.metadata.annotations)' >/dev/null
    pod_token "${pod%/*}" "${pod#*/}"
  done
  k -n guarded create token web >"$work/unbound.token"
  expect "installs" helm_install guard guarded \
    --set 'elections[0].serviceAccountName=web,elections[0].leaseNames={web}' \
    --set 'leaseGuard.enabled=true,leaseGuard.allowedGroups={lease-menders}'
  for person in mender:lease-menders editor:editors; do
    write_kubeconfig "${person%:*}" "${person%:*}" "${person#*:}" >/dev/null
  done
  k -n guarded create rolebinding edit --clusterrole=cluster-admin \
    --group=lease-menders --group=editors \
    --serviceaccount=elsewhere:web >/dev/null
  expect "the guard is in force" eventually guard_is_in_force || return
  check_rights
  check_priority
  check_life_of_a_lease
  check_agents_under_guard
  expect "uninstalls" helm --kubeconfig "$kubeconfig" uninstall guard -n guarded
  expect_equal "and leaves nothing but the Lease" "lease.coordination.k8s.io/web" \
    "$(k -n guarded get -o name role,lease,flowschema,validatingadmissionpolicy,validatingadmissionpolicybinding \
      -l app.kubernetes.io/instance=guard; k -n guarded get -o name lease web)"
}

# Policies and priorities are in force some moments after they are stored.
guard_is_in_force() {
  grep "is created empty" < <(request PUT "$leases/web?dryRun=All" guarded-web-0 \
    "$(new_lease web ".spec.holderIdentity = $web0")" 2>&1)
}

priority_is_in_force() {
  [ "$(priority_level_of guarded-web-0)" = leader-election ]
}

may() { # verb, resource
  k -n guarded auth can-i "$1" "$2" --as system:serviceaccount:guarded:web
}

check_rights() {
  local verb
  for verb in get watch update create; do
    expect "the service account may $verb its lease" may "$verb" leases/web
  done
  for verb in delete patch list deletecollection; do
    expect_refusal "it may not $verb it" "^no" may "$verb" leases/web
  done
  expect_refusal "nor see another lease" "^no" may get leases/other
  expect_refusal "nor all leases" "^no" may list leases
  expect_refusal "nor the pods" "^no" may list pods
}

check_priority() {
  expect "its requests have the priority level leader-election" \
    eventually priority_is_in_force
  expect_equal "those of a service account without an election have not" \
    workload-low "$(priority_level_of elsewhere-web-0)"
}

priority_level_of() { # who
  local uid
  request GET "$leases/web" "$1" >/dev/null 2>&1
  uid=$(tr -d '\r' <"$work/answer-headers" |
    sed -n 's/^x-kubernetes-pf-prioritylevel-uid: //Ip')
  k get prioritylevelconfiguration -o json |
    jq -r --arg uid "$uid" '.items[] | select(.metadata.uid == $uid).metadata.name'
}

check_life_of_a_lease() {
  check_creation
  check_taking
  check_held
  check_release
  check_people
}

check_creation() {
  local forbidden="is created empty"
  expect_refusal "a pod may not create the lease held" "$forbidden" \
    request PUT "$leases/web" guarded-web-0 "$(new_lease web ".spec.holderIdentity = $web0")"
  expect_refusal "nor may a person by POST" "$forbidden" \
    request POST "$leases" editor "$(new_lease web '.spec.holderIdentity = "me"')"
  expect "a pod creates it empty" \
    request PUT "$leases/web" guarded-web-0 "$(new_lease web .)"
  expect "another lease is nobody's business" \
    request POST "$leases" editor "$(new_lease other '.spec.holderIdentity = "me"')"
}

check_taking() {
  expect_refusal "a pod may not take it in another pod's name" \
    "holderIdentity is web-1_abcdefghij; pod web-0 may only write web-0_ and a nonce" \
    edit guarded-web-0 "$take$web1"
  expect_refusal "nor with a name like its own" "pod web-0 may only write" \
    edit guarded-web-0 "$take"'"web-0-1_0123456789"'
  expect_refusal "nor without a nonce" "pod web-0 may only write" \
    edit guarded-web-0 "$take"'"web-0"'
  expect_refusal "nor as client-go names itself" "pod web-0 may only write" \
    edit guarded-web-0 "$take"'"web-0_5d7c9f4e-2b1a-4c3d-8e9f-0a1b2c3d4e5f"'
  expect_refusal "nor without raising leaseTransitions" "must rise with each holder; it is 0" \
    edit guarded-web-0 ".spec.leaseTransitions = 0 | .spec.holderIdentity = $web0"
  expect_refusal "a token of no pod may not take it" "only a pod, with a token that is bound to it" \
    edit unbound "$take$web0"
  expect_refusal "nor a pod of that name in another namespace" "only a pod" \
    edit elsewhere-web-0 "$take$web0"
  expect "a pod takes it in its own name" edit guarded-web-0 "$take$web0"
}

check_held() {
  local other="and nothing else"
  expect "the holder renews it" \
    edit guarded-web-0 '.spec.renewTime = "2026-01-01T00:00:02.000000Z"'
  expect_refusal "leaseTransitions do not fall" "must not fall from 1 to 0" \
    edit guarded-web-0 '.spec.leaseTransitions = 0'
  expect_refusal "another pod may not renew it" "$other" \
    edit guarded-web-1 '.spec.renewTime = "2026-01-01T00:00:04.000000Z"'
  expect_refusal "nor empty it" "only the holder, web-0_0123456789, may empty" \
    edit guarded-web-1 "$release"
  expect_refusal "nor label it" "$other" edit guarded-web-1 '.metadata.labels.a = "b"'
  expect_refusal "nor change others' annotations" "$other" \
    edit guarded-web-1 '.metadata.annotations.a = "b"'
  expect_refusal "nor give it an owner" "$other" edit guarded-web-1 \
    '.metadata.ownerReferences = [{apiVersion: "v1", kind: "Pod", name: "web-1", uid: "1"}]'
  expect_refusal "nor hold its deletion up" "$other" \
    edit guarded-web-1 '.metadata.finalizers = ["example.org/never"]'
  expect_refusal "nor prepare a release mark" "released-by is written by the holder" \
    edit guarded-web-1 "$mark"'.metadata.uid + "/web-0_0123456789/1"'
  expect "but it may change annotations of leader-elector.io" \
    edit guarded-web-1 '.metadata.annotations["leader-elector.io/wish"] = "web-1"'
  expect "and take them off again" \
    edit guarded-web-1 'del(.metadata.annotations["leader-elector.io/wish"])'
  expect_refusal "the holder may not mark it released and keep it" "released-by is written by" \
    edit guarded-web-0 "$mark"'.metadata.uid + "/web-0_0123456789/1"'
  expect "another pod takes it over, with more transitions" edit guarded-web-1 "$take$web1"
  expect_refusal "the one before may not empty it any more" "only the holder, web-1_abcdefghij" \
    edit guarded-web-0 "$release"
}

check_release() {
  local wrong="released-by is written by the holder that empties"
  expect_refusal "the holder does not empty it without the mark" "$wrong" \
    edit guarded-web-1 '.spec.holderIdentity = ""'
  expect_refusal "nor with the mark of another term" "$wrong" \
    edit guarded-web-1 "$mark"'.metadata.uid + "/web-1_abcdefghij/1" | .spec.holderIdentity = ""'
  expect_refusal "nor with more transitions than it had" "$wrong" \
    edit guarded-web-1 ".spec.leaseTransitions += 1 | $release"
  expect "the holder empties it with its mark" edit guarded-web-1 "$release"
  expect_refusal "nobody changes the mark of an empty lease" "$wrong" \
    edit guarded-web-0 "$mark"'.metadata.uid + "/web-0_0123456789/2"'
  expect_refusal "nor takes it off" "$wrong" \
    edit guarded-web-0 'del(.metadata.annotations["leader-elector.io/released-by"])'
  expect_refusal "nor takes the lease and keeps the mark" "$wrong" \
    edit guarded-web-0 ".spec.leaseTransitions += 1 | .spec.holderIdentity = $web0"
  expect "the next one takes it and the mark goes" edit guarded-web-0 "$take$web0"
}

check_people() {
  expect_refusal "a person may not empty it, whatever RBAC says" "only the holder" \
    edit editor '.spec.holderIdentity = ""'
  expect_refusal "nor give it to anybody" "only a pod" edit editor '.spec.holderIdentity = "me"'
  expect_refusal "nor label it" "and nothing else" edit editor '.metadata.labels.a = "b"'
  expect "one of a listed group may do all that" \
    edit mender '.spec.holderIdentity = "me" | .spec.leaseTransitions = 0
    | .metadata.labels.a = "b" | .metadata.annotations.a = "b"'
  expect_refusal "which others may not take off again" "and nothing else" \
    edit editor 'del(.metadata.annotations.a)'
  edit mender '.spec.holderIdentity = "web-0_5d7c9f4e-2b1a-4c3d-8e9f-0a1b2c3d4e5f"' >/dev/null
  expect_refusal "a pod does not empty what another kind of candidate in it holds" \
    "only the holder" edit guarded-web-0 "$release"
  edit mender '.spec.holderIdentity = "" | .spec.leaseTransitions = 2147483647' >/dev/null
  expect "a lease counted up to its end can still be taken" \
    edit guarded-web-0 ".spec.holderIdentity = $web0"
  edit mender '.metadata.finalizers = ["example.org/wait"]' >/dev/null
  expect "the garbage collector takes finalizers off" k -n guarded patch lease web --type merge \
    --patch '{"metadata":{"finalizers":null}}' \
    --as system:serviceaccount:kube-system:generic-garbage-collector
}

# The program itself, as two pods would run it.
start_agent() { # pod; its log is $work/<pod>.log
  sed -e "s#client-certificate: .*#tokenFile: $work/guarded-$1.token}}]#" \
    -e 's#cluster: c, user: u#&, namespace: guarded#' "$kubeconfig" >"$work/$1.kubeconfig"
  POD_NAME=$1 "$agent" --kubeconfig="$work/$1.kubeconfig" --lease-name=web \
    --lease-duration=3s --renew-deadline=2s --retry-period=500ms \
    --stop-order=sidecar-last --http-address="127.0.0.1:$(free_port)" \
    --metrics-address=off >"$work/$1.log" 2>&1 &
}

holder_begins_with() { # text
  local holder
  holder=$(k -n guarded get lease web -o 'jsonpath={.spec.holderIdentity}' 2>&1)
  [[ $holder == "$1"* ]] || { echo "the holder is $holder"; cat "$work"/web-?.log; return 1; }
}

log_has() { # pod, text
  grep -q -- "$2" "$work/$1.log" || { cat "$work/$1.log"; return 1; }
}

check_agents_under_guard() {
  local first second
  [ -x "$agent" ] || { failed "there is a program to try" "no $agent: make build"; return; }
  edit mender '.spec.holderIdentity = "" | .spec.leaseTransitions = 0' >/dev/null
  k -n guarded delete lease web >/dev/null
  start_agent web-0
  first=$!
  expect "an agent makes the lease, waits it out and leads" eventually holder_begins_with web-0_
  start_agent web-1
  second=$!
  expect "the next one is watching" eventually log_has web-1 'holder=web-0_'
  kill -TERM $first && wait $first
  expect "after a release the next agent leads" eventually holder_begins_with web-1_
  expect_equal "by one term more" 2 \
    "$(k -n guarded get lease web -o 'jsonpath={.spec.leaseTransitions}')"
  kill -TERM $second && wait $second
  expect_equal "and nothing was amiss in their logs" "" \
    "$(grep -hE 'level=(warn|error)' "$work"/web-?.log)"
}
