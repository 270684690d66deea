{{/* Objects beside the pods: who may touch the lease, who scrapes the metrics. */}}

{{/* Role and RoleBinding of one election.
     (dict "root" $ "election" .Values.<alias>) */}}
{{- define "leader-elector.rbac" -}}
{{- include "leader-elector.check" . -}}
{{- include "leader-elector.rbacFor" (dict
      "root" .root
      "name" (printf "%s-leader-election" .election.leaseName)
      "namespace" .root.Release.Namespace
      "serviceAccountName" (default "default" .election.serviceAccountName)
      "leaseNames" (list .election.leaseName)) -}}
{{- end -}}

{{/* The one rule that the sidecar needs. `create` can be limited to a name
     because the sidecar creates by PUT. No verb deletes, none sees another lease.
     (dict "root" "name" "namespace" "serviceAccountName" "leaseNames") */}}
{{- define "leader-elector.rbacFor" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "leader-elector.labels" .root | nindent 4 }}
rules:
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: {{ toJson .leaseNames }}
    verbs: [get, watch, update, create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "leader-elector.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .serviceAccountName }}
    namespace: {{ .namespace }}
{{- end -}}

{{/* A PodMonitor (monitoring.coreos.com/v1) for the sidecars' metrics. */}}
{{- define "leader-elector.podMonitor" -}}
{{- include "leader-elector.check" . -}}
{{- $election := .election -}}
{{- if not $election.podMonitor.selectorLabels -}}
  {{- fail "leader-elector: podMonitor.selectorLabels is empty; it must be the labels of the pods" -}}
{{- end -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ $election.leaseName }}-leader-election
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "leader-elector.labels" .root | nindent 4 }}
    {{- with $election.podMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- toYaml $election.podMonitor.selectorLabels | nindent 6 }}
  podMetricsEndpoints:
    - port: leader-metrics
      {{- with $election.podMonitor.interval }}
      interval: {{ . }}
      {{- end }}
{{- end -}}

{{- define "leader-elector.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
