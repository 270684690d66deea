{{/* What the schema cannot say about the values, said in sentences. */}}

{{- define "leader-elector.check" -}}
{{- if not (and (kindIs "map" .) (hasKey . "root") (hasKey . "election")) -}}
  {{- fail "leader-elector: call the template with (dict \"root\" $ \"election\" .Values.leaderElection)" -}}
{{- end -}}
{{- $election := .election -}}
{{- if not (and (kindIs "map" $election) (hasKey $election "securityContext") (hasKey $election "image")) -}}
  {{- fail "leader-elector: \"election\" must be the values of the dependency leader-elector-lib, under its alias in Chart.yaml" -}}
{{- end -}}
{{- if not $election.leaseName -}}
  {{- fail "leader-elector: leaseName is empty; it must name the Lease that all replicas compete for, such as web" -}}
{{- end -}}
{{- if and (not $election.image.tag) (not $election.image.digest) -}}
  {{- fail "leader-elector: image has neither a tag nor a digest" -}}
{{- end -}}
{{- if eq (int $election.ports.leader) (int $election.ports.metrics) -}}
  {{- fail (printf "leader-elector: ports.leader and ports.metrics are both %d" (int $election.ports.leader)) -}}
{{- end -}}
{{- include "leader-elector.checkTiming" $election -}}
{{- end -}}

{{- define "leader-elector.checkTiming" -}}
{{- $lease := include "leader-elector.milliseconds" (default "15s" .leaseDuration) | int64 -}}
{{- $deadline := include "leader-elector.milliseconds" (default "10s" .renewDeadline) | int64 -}}
{{- $retry := include "leader-elector.milliseconds" (default "2s" .retryPeriod) | int64 -}}
{{- if mod $lease 1000 -}}
  {{- fail (printf "leader-elector: leaseDuration is %s; it must be whole seconds" .leaseDuration) -}}
{{- end -}}
{{- if le $lease $deadline -}}
  {{- fail (printf "leader-elector: leaseDuration is %s; it must be longer than renewDeadline (%s)" (default "15s" .leaseDuration) (default "10s" .renewDeadline)) -}}
{{- end -}}
{{- if le (mul $deadline 10) (mul $retry 12) -}}
  {{- fail (printf "leader-elector: renewDeadline is %s; it must be longer than 1.2 times retryPeriod (%s)" (default "10s" .renewDeadline) (default "2s" .retryPeriod)) -}}
{{- end -}}
{{- end -}}

{{/* 1m30s -> 90000 */}}
{{- define "leader-elector.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+(ms|s|m|h)" . -1 -}}
  {{- $unit := regexFind "[a-z]+" . -}}
  {{- $sum = add $sum (mul (trimSuffix $unit . | int64) (get $units $unit)) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}
