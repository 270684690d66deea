# What can be said about the charts without installing them. Sourced by check.sh.
all_charts="leader-elector leader-elector-demo consumer"
kube_version=1.36.3

# The values that a chart is tried with: its own, and each file in ci/.
values_of() { # chart
  local file
  echo
  for file in "$charts/$1"/ci/*.yaml; do
    [ ! -f "$file" ] || echo "$file"
  done
}

check_static() {
  local chart values
  check_documents
  write_schemas pod-v1 serviceaccount-v1 deployment-apps-v1 role-rbac-v1 \
    rolebinding-rbac-v1 flowschema-flowcontrol-v1 \
    {validating,mutating}admissionpolicy{,binding}-admissionregistration-v1
  check_that_schemas_bite
  for chart in $all_charts; do
    expect "$chart: unit tests" "$helm_unittest" --strict "$charts/$chart"
    while read -r values; do
      check_with_both_helms "$chart" "$values"
    done < <(values_of "$chart")
  done
  for values in leaseDurration=1s leaseDuration=8s; do
    expect_refusal "wrong values of the library fail: $values" "${values%%=*}" \
      rendered consumer helm --set "leaderElection.$values"
    expect_refusal "and by Helm 3: $values" "${values%%=*}" \
      rendered consumer "$helm3" --set "leaderElection.$values"
  done
  expect "the program takes every argument that the library can write" \
    program_takes "$(consumer_with_every_value)"
  expect "leader-elector-lib: lint" helm lint --strict "$charts/leader-elector-lib"
}

consumer_with_every_value() {
  rendered consumer helm --set 'leaderElection.leaseDuration=1m,leaderElection.renewDeadline=40s' \
    --set 'leaderElection.retryPeriod=5s,leaderElection.stopGrace=1500ms' \
    --set 'leaderElection.log.level=debug,leaderElection.log.format=json' \
    --set 'leaderElection.ports.leader=5040,leaderElection.ports.metrics=5041' |
    yaml_documents | jq 'select(.kind == "Deployment").spec.template'
}

check_documents() {
  local chart
  "$helm_docs" --chart-search-root "$charts" --sort-values-order file \
    --log-level error
  for chart in leader-elector leader-elector-lib leader-elector-demo; do
    expect "$chart: README.md is made from its values; make chart-docs makes it anew" \
      diff -u "$root/charts/$chart/README.md" "$charts/$chart/README.md"
  done
  expect_equal "all charts have the version of the program" \
    "$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")" \
    "$(sed -n 's/^ *\(version\|appVersion\): //p' "$root"/charts/*/Chart.yaml | sort -u)"
}

check_with_both_helms() { # chart, file with values or nothing
  local chart=$1 flags=() name
  [ -z "$2" ] || flags=(--values "$2")
  name="$chart${2:+ with $(basename "$2")}"
  expect "$name: lint" helm lint --strict --kube-version "$kube_version" \
    "${flags[@]}" "$charts/$chart"
  expect "$name: lint by Helm 3" "$helm3" lint --strict \
    --kube-version "$kube_version" "${flags[@]}" "$charts/$chart"
  rendered "$chart" helm "${flags[@]}" >"$work/by4.yaml" 2>&1 ||
    failed "$name: renders" "$(cat "$work/by4.yaml")"
  rendered "$chart" "$helm3" "${flags[@]}" >"$work/by3.yaml" 2>&1
  expect "$name: Helm 3 and 4 render the same" \
    diff <(without_comments "$work/by3.yaml") <(without_comments "$work/by4.yaml")
  expect_refusal "$name: no Lease is rendered" "^ *$" grep '^kind: Lease$' "$work/by4.yaml"
  expect "$name: conforms to the API server's schemas" conforms "$work/by4.yaml"
}

rendered() { # chart, helm, flags...
  "$2" template demo "$charts/$1" --namespace shop \
    --kube-version "$kube_version" "${@:3}"
}

without_comments() { # file; Helm 4 sets documents apart by other blank lines
  grep -v -e '^#' -e '^$' "$1"
}

# JSON schemas of the kinds that we render, from the API server's own OpenAPI,
# closed: a field that the server does not know is an error.
write_schemas() { # kinds as kind-group-version, as kubeconform asks for them
  k get --raw /openapi/v2 | jq '
    .definitions
    | with_entries(if .value.properties and (.value.additionalProperties | not)
        then .value.additionalProperties = false else . end)
    | .["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] =
        {oneOf: [{type: "integer"}, {type: "string"}]}
    | .["io.k8s.apimachinery.pkg.api.resource.Quantity"] =
        {oneOf: [{type: "number"}, {type: "string"}]}' >"$work/definitions.json"
  mkdir -p "$work/schemas"
  jq -r 'to_entries[] | .key as $name
    | .value["x-kubernetes-group-version-kind"][]?
    | [$name, (.kind + "-" + (.group | split(".")[0]) + "-" + .version
        | sub("--"; "-") | ascii_downcase)] | @tsv' "$work/definitions.json" |
    while IFS=$'\t' read -r name file; do
      printf '%s\n' "$@" | grep -qx "$file" || continue
      jq --arg name "$name" '{"$ref": ("#/definitions/" + $name), definitions: .}' \
        "$work/definitions.json" >"$work/schemas/$file.json"
    done
}

# The Prometheus operator's kinds are not the API server's.
conforms() { # file
  "$kubeconform" -strict -summary -skip PodMonitor \
    -schema-location "$work/schemas/{{.ResourceKind}}{{.KindSuffix}}.json" "$1"
}

check_that_schemas_bite() {
  rendered consumer helm | sed 's/restartPolicy:/restartPolice:/' >"$work/wrong.yaml"
  expect_refusal "the schemas notice a misspelt field" "restartPolice" \
    conforms "$work/wrong.yaml"
}
