{{/* The name of what belongs to the whole cluster. Two releases never share it: a
     namespace has no dot. */}}
{{- define "leader-elector.clusterName" -}}
{{- printf "%s.%s" .Release.Namespace .Release.Name -}}
{{- end -}}

{{/* "<namespace>/<lease>" of every election, as a JSON list. */}}
{{- define "leader-elector.leases" -}}
{{- $leases := list -}}
{{- range .Values.elections -}}
  {{- $namespace := default $.Release.Namespace .namespace -}}
  {{- range .leaseNames -}}
    {{- $leases = append $leases (printf "%s/%s" $namespace .) -}}
  {{- end -}}
{{- end -}}
{{- $leases | uniq | toJson -}}
{{- end -}}

{{- define "leader-elector.namespaces" -}}
{{- $namespaces := list -}}
{{- range .Values.elections -}}
  {{- $namespaces = append $namespaces (default $.Release.Namespace .namespace) -}}
{{- end -}}
{{- $namespaces | uniq | toJson -}}
{{- end -}}

{{/* A value as an expression of CEL, whose lists and maps want one type: so each
     member is called dyn. */}}
{{- define "leader-elector.cel" -}}
{{- if kindIs "map" . -}}
{{- $members := list -}}
{{- range $key, $value := . -}}
{{- $members = append $members (printf "%s: dyn(%s)" (toJson $key) (include "leader-elector.cel" $value)) -}}
{{- end -}}
{ {{- join ", " $members -}} }
{{- else if kindIs "slice" . -}}
{{- $members := list -}}
{{- range . -}}
{{- $members = append $members (printf "dyn(%s)" (include "leader-elector.cel" .)) -}}
{{- end -}}
[ {{- join ", " $members -}} ]
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}
