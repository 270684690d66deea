{{- define "leader-elector-demo.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "leader-elector-demo.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: candidate
{{- end -}}

{{/* The library's argument, as JSON: the lease is named after the release. */}}
{{- define "leader-elector-demo.election" -}}
{{- $name := include "leader-elector-demo.name" . -}}
{{- $election := deepCopy .Values.leaderElection -}}
{{- $_ := set $election "leaseName" (default $name $election.leaseName) -}}
{{- $_ := set $election "serviceAccountName" $name -}}
{{- toJson $election -}}
{{- end -}}

{{/* What both kinds of pods of this chart have. */}}
{{- define "leader-elector-demo.podSettings" -}}
serviceAccountName: {{ include "leader-elector-demo.name" . }}
# Only the sidecar has a token, and main needs none.
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "leader-elector-demo.main" -}}
name: main
image: {{ printf "%s:%s" .Values.main.image.repository .Values.main.image.tag | quote }}
{{- with .Values.main.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
resources:
  {{- toYaml .Values.main.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}
