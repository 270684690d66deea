{{/* The sidecar: what it runs, what it may do, where the main container finds it.
     Every template here takes (dict "root" $ "election" .Values.<alias>). */}}

{{/* A native sidecar, an item of initContainers: it starts before the main
     container and gets SIGTERM after that has ended. Kubernetes 1.29 or newer. */}}
{{- define "leader-elector.sidecar" -}}
{{- include "leader-elector.check" . -}}
- {{ include "leader-elector.container" (dict "election" .election "stopOrder" "sidecar-last") | nindent 2 | trim }}
{{- end -}}

{{/* An ordinary container, an item of containers, for clusters older than 1.29.
     It gets SIGTERM together with the main container. */}}
{{- define "leader-elector.classicSidecar" -}}
{{- include "leader-elector.check" . -}}
- {{ include "leader-elector.container" (dict "election" .election "stopOrder" "together") | nindent 2 | trim }}
{{- end -}}

{{/* One container, as a map. (dict "election" ... "stopOrder" ...) */}}
{{- define "leader-elector.container" -}}
{{- $native := eq .stopOrder "sidecar-last" -}}
{{- with .election -}}
name: leader-elector
image: {{ include "leader-elector.image" .image | quote }}
{{- with .image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- if $native }}
restartPolicy: Always
{{- end }}
args:
  - --lease-name={{ .leaseName }}
  - --stop-order={{ $.stopOrder }}
  {{- with .leaseDuration }}
  - --lease-duration={{ . }}
  {{- end }}
  {{- with .renewDeadline }}
  - --renew-deadline={{ . }}
  {{- end }}
  {{- with .retryPeriod }}
  - --retry-period={{ . }}
  {{- end }}
  {{- with .stopGrace }}
  - --stop-grace={{ . }}
  {{- end }}
  {{- if ne (int .ports.leader) 4040 }}
  - --http-address=localhost:{{ int .ports.leader }}
  {{- end }}
  {{- if ne (int .ports.metrics) 4041 }}
  - --metrics-address=[::]:{{ int .ports.metrics }}
  {{- end }}
  {{- if ne .log.level "info" }}
  - --log-level={{ .log.level }}
  {{- end }}
  {{- if ne .log.format "logfmt" }}
  - --log-format={{ .log.format }}
  {{- end }}
env:
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  {{- /* Equal with hostNetwork, which the program then sees. */}}
  - name: POD_IP
    valueFrom:
      fieldRef:
        fieldPath: status.podIP
  - name: HOST_IP
    valueFrom:
      fieldRef:
        fieldPath: status.hostIP
ports:
  - name: leader-metrics
    containerPort: {{ int .ports.metrics }}
    protocol: TCP
{{- if $native }}
{{- /* The main container starts once /leader is there to be asked. */}}
startupProbe:
  httpGet:
    path: /readyz
    port: leader-metrics
  periodSeconds: 1
  failureThreshold: 30
{{- end }}
livenessProbe:
  httpGet:
    path: /livez
    port: leader-metrics
  periodSeconds: 10
  timeoutSeconds: 5
{{- with .resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - name: leader-elector-token
    mountPath: /var/run/secrets/kubernetes.io/serviceaccount
    readOnly: true
{{- end -}}
{{- end -}}

{{- define "leader-elector.image" -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end -}}

{{/* An item of volumes: the service account's token, for the sidecar alone. With
     automountServiceAccountToken: false no other container has one. */}}
{{- define "leader-elector.tokenVolume" -}}
{{- include "leader-elector.check" . -}}
- name: leader-elector-token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: {{ int .election.token.expirationSeconds }}
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end -}}

{{/* An item of env of the main container: where to ask. */}}
{{- define "leader-elector.mainEnv" -}}
{{- include "leader-elector.check" . -}}
- name: LEADER_URL
  value: http://127.0.0.1:{{ int .election.ports.leader }}/leader
{{- end -}}
