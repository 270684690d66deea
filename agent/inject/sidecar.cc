#include "agent/inject/sidecar.h"

namespace inject {
namespace {

constexpr std::string_view kMetricsPort = "leader-metrics";

Value T(std::string_view text) { return Value::Text(text); }

Value Probe(std::string_view path, std::vector<Field> timing) {
  std::vector<Field> fields{
      {"httpGet", Value::Map({{"path", T(path)}, {"port", T(kMetricsPort)}})}};
  for (Field& field : timing) fields.push_back(std::move(field));
  return Value::Map(std::move(fields));
}

Value FromField(std::string_view path) {
  return Value::Map({{"fieldPath", T(path)}});
}

Value EnvironmentField(std::string_view name, std::string_view path) {
  return Value::Map(
      {{"name", T(name)},
       {"valueFrom", Value::Map({{"fieldRef", FromField(path)}})}});
}

// The IPs are equal on the node's network, which the sidecar then refuses: a
// controller or webhook may set hostNetwork where the manifest does not.
Value Environment() {
  return Value::List({EnvironmentField("POD_NAME", "metadata.name"),
                      EnvironmentField("POD_IP", "status.podIP"),
                      EnvironmentField("HOST_IP", "status.hostIP")});
}

// No CPU limit: being throttled would make a leader renew late.
Value Resources() {
  return Value::Map(
      {{"requests", Value::Map({{"cpu", T("10m")}, {"memory", T("16Mi")}})},
       {"limits", Value::Map({{"memory", T("64Mi")}})}});
}

// Passes the `restricted` standard whatever the pod says.
Value SecurityContext() {
  return Value::Map(
      {{"runAsNonRoot", Value::Bool(true)},
       {"runAsUser", Value::Number(65532)},
       {"runAsGroup", Value::Number(65532)},
       {"allowPrivilegeEscalation", Value::Bool(false)},
       {"readOnlyRootFilesystem", Value::Bool(true)},
       {"capabilities", Value::Map({{"drop", Value::TextList({"ALL"})}})},
       {"seccompProfile", Value::Map({{"type", T("RuntimeDefault")}})}});
}

std::string RoleName(const Election& election) {
  return election.lease_name + "-leader-election";
}

Value Metadata(const Election& election) {
  Value metadata = Value::Map({{"name", T(RoleName(election))}});
  if (!election.name_space.empty()) {
    metadata.fields.push_back({"namespace", T(election.name_space)});
  }
  return metadata;
}

}  // namespace

Value SidecarContainer(const SidecarOptions& options,
                       const std::string& lease_name) {
  std::vector<std::string> arguments{
      "--lease-name=" + lease_name,
      options.classic ? "--stop-order=together" : "--stop-order=sidecar-last"};
  arguments.insert(arguments.end(), options.arguments.begin(),
                   options.arguments.end());
  Value container =
      Value::Map({{"name", T(kContainerName)}, {"image", T(options.image)}});
  const auto add = [&](std::string key, Value value) {
    container.fields.push_back({std::move(key), std::move(value)});
  };
  if (!options.classic) add("restartPolicy", T("Always"));
  add("args", Value::TextList(arguments));
  add("env", Environment());
  add("ports", Value::List({Value::Map(
                   {{"name", T(kMetricsPort)},
                    {"containerPort", Value::Number(options.metrics_port)},
                    {"protocol", T("TCP")}})}));
  if (!options.classic) {
    // The main container starts once /leader is there to be asked.
    add("startupProbe",
        Probe("/readyz", {{"periodSeconds", Value::Number(1)},
                          {"failureThreshold", Value::Number(30)}}));
  }
  add("livenessProbe", Probe("/livez", {{"periodSeconds", Value::Number(10)},
                                        {"timeoutSeconds", Value::Number(5)}}));
  add("resources", Resources());
  add("securityContext", SecurityContext());
  add("terminationMessagePolicy", T("FallbackToLogsOnError"));
  add("volumeMounts",
      Value::List({Value::Map(
          {{"name", T(kVolumeName)},
           {"mountPath", T("/var/run/secrets/kubernetes.io/serviceaccount")},
           {"readOnly", Value::Bool(true)}})}));
  return container;
}

Value TokenVolume() {
  const Value token = Value::Map(
      {{"path", T("token")}, {"expirationSeconds", Value::Number(3600)}});
  const Value authority = Value::Map(
      {{"name", T("kube-root-ca.crt")},
       {"items", Value::List({Value::Map(
                     {{"key", T("ca.crt")}, {"path", T("ca.crt")}})})}});
  const Value name_space = Value::Map(
      {{"items", Value::List({Value::Map(
                     {{"path", T("namespace")},
                      {"fieldRef", FromField("metadata.namespace")}})})}});
  return Value::Map(
      {{"name", T(kVolumeName)},
       {"projected",
        Value::Map(
            {{"sources",
              Value::List({Value::Map({{"serviceAccountToken", token}}),
                           Value::Map({{"configMap", authority}}),
                           Value::Map({{"downwardAPI", name_space}})})}})}});
}

Value UrlVariable(const SidecarOptions& options) {
  return Value::Map(
      {{"name", T(kUrlVariable)},
       {"value", T("http://" + options.leader_address + "/leader")}});
}

// `create` can be limited to a name because the sidecar creates by PUT.
Value LeaseRole(const Election& election) {
  return Value::Map(
      {{"apiVersion", T("rbac.authorization.k8s.io/v1")},
       {"kind", T("Role")},
       {"metadata", Metadata(election)},
       {"rules", Value::List({Value::Map(
                     {{"apiGroups", Value::TextList({"coordination.k8s.io"})},
                      {"resources", Value::TextList({"leases"})},
                      {"resourceNames", Value::TextList({election.lease_name})},
                      {"verbs", Value::TextList({"get", "watch", "update",
                                                 "create"})}})})}});
}

Value LeaseRoleBinding(const Election& election) {
  Value subject = Value::Map(
      {{"kind", T("ServiceAccount")}, {"name", T(election.service_account)}});
  if (!election.name_space.empty()) {
    subject.fields.push_back({"namespace", T(election.name_space)});
  }
  return Value::Map(
      {{"apiVersion", T("rbac.authorization.k8s.io/v1")},
       {"kind", T("RoleBinding")},
       {"metadata", Metadata(election)},
       {"roleRef", Value::Map({{"apiGroup", T("rbac.authorization.k8s.io")},
                               {"kind", T("Role")},
                               {"name", T(RoleName(election))}})},
       {"subjects", Value::List({subject})}});
}

}  // namespace inject
