{{- define "farebook.name" -}}
{{- if contains "farebook" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-farebook" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels that select pods; they never change. Call with (list $ "api"). */}}
{{- define "farebook.selector" -}}
app.kubernetes.io/name: farebook
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "farebook.labels" -}}
{{- $ := index . 0 -}}
{{ include "farebook.selector" . }}
app.kubernetes.io/version: {{ $.Values.image.tag | default $.Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version }}
{{- end }}

{{- define "farebook.image" -}}
{{- $repository := required "image.repository is not set: set it to the registry and repository of your image, without a tag" .Values.image.repository -}}
{{- if .Values.image.digest }}{{ $repository }}@{{ .Values.image.digest }}{{ else }}{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Whether the Temporal Worker Controller runs the pods, and so sets the variables of Temporal. Call with (list $ "worker" true). */}}
{{- define "farebook.controlled" -}}
{{- if and (gt (len .) 2) (index . 2) }}true{{ end }}
{{- end }}

{{/* The secrets that a component reads. Call with (list $ "api"). */}}
{{- define "farebook.secretNames" -}}
{{- $keys := (index . 0).Values.secrets.keys -}}
{{- $wanted := list "DATABASE_DSN" "STRIPE_SECRET_KEY" "STRIPE_WEBHOOK_SECRET" "SMTP_PASSWORD" "TEMPORAL_API_KEY" "TEMPORAL_PAYLOAD_KEYS" "PAY_LINK_KEYS" -}}
{{- if eq (index . 1) "api" }}{{ $wanted = append $wanted "CONSOLE_CLIENT_SECRET" }}{{ end -}}
{{- if eq (index . 1) "migrate" }}{{ $wanted = list "DATABASE_DSN" }}{{ end -}}
{{- if include "farebook.controlled" . }}{{ $wanted = without $wanted "TEMPORAL_API_KEY" }}{{ end -}}
{{- if eq (index . 1) "setup" }}{{ $wanted = list "TEMPORAL_API_KEY" "TEMPORAL_PAYLOAD_KEYS" }}{{ end -}}
{{- $wanted = append $wanted "OTEL_EXPORTER_OTLP_HEADERS" -}}
{{- range $name := $wanted }}{{ if get $keys $name }}{{ $name }} {{ end }}{{ end }}
{{- end }}

{{/* Variables: those of values.yaml, then those that the chart sets itself. Call with (list $ "api"). */}}
{{- define "farebook.env" -}}
{{- $ := index . 0 -}}
{{- $component := index . 1 -}}
{{- $controlled := include "farebook.controlled" . -}}
{{- $injected := list -}}
{{- if $controlled }}{{ $injected = list "TEMPORAL_ADDRESS" "TEMPORAL_NAMESPACE" "TEMPORAL_TLS_SERVER_NAME" }}{{ end -}}
{{- if and $controlled $.Values.secrets.temporalTLSName }}{{ $injected = append $injected "TEMPORAL_TLS" }}{{ end -}}
{{- /* The webhook receivers take no bookings. With the controller the pods of the API are of no build, so their worker would get none. */ -}}
{{- $workerless := or (eq $component "webhooks") (and (eq $component "api") $.Values.worker.controller.enabled) -}}
{{- range $name, $value := $.Values.config }}
{{- if or (hasKey $.Values.secrets.keys ($name | trimSuffix "_FILE")) (has $name (list "DATABASE_ADMIN_DSN" "DATABASE_ADMIN_DSN_FILE" "TEMPORAL_TLS_CLIENT_KEY_DATA")) }}
{{- fail (printf "config.%s is a secret: put it into the Secret that secrets.name or secrets.adminName names" $name) }}
{{- end }}
{{- if has $name (list "APP_ENV" "HTTP_ADDR" "ADMIN_ADDR" "LEDGER_SEAL_KEY_FILE" "WEBHOOK_KEY_FILE" "TEMPORAL_TLS_CLIENT_CERT_PATH" "TEMPORAL_TLS_CLIENT_KEY_PATH" "TEMPORAL_TLS_SERVER_CA_CERT_PATH") }}
{{- fail (printf "config.%s is set by the chart: remove it" $name) }}
{{- end }}
{{- if has $name (list "TEMPORAL_DEPLOYMENT_NAME" "TEMPORAL_WORKER_BUILD_ID") }}
{{- fail (printf "config.%s is set by the Temporal Worker Controller: remove it, and set worker.controller.enabled for Worker Versioning" $name) }}
{{- end }}
{{- /* The API's pods alone serve the console. */ -}}
{{- $elsewhere := and (hasPrefix "CONSOLE_" $name) (ne $component "api") -}}
{{- if not (or (has $name $injected) $elsewhere (and (eq $name "API_WORKER") $workerless)) }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- range $name := list "SMTP_HOST" "SMTP_FROM" "FINANCE_EMAIL" "TEMPORAL_ADDRESS" }}
{{- $_ := required (printf "config.%s is not set: docs/configuration.md says what it is" $name) (get $.Values.config $name) }}
{{- end }}
- name: APP_ENV
  value: production
{{- if $workerless }}
- name: API_WORKER
  value: "false"
{{- end }}
{{- if has $component (list "api" "webhooks" "worker") }}
- name: HTTP_ADDR
  value: 0.0.0.0:8080
- name: ADMIN_ADDR
  value: 0.0.0.0:9090
{{- if $.Values.secrets.sealName }}
- name: LEDGER_SEAL_KEY_FILE
  value: /run/secrets/farebook-seal/seal-key.pem
{{- end }}
{{- if $.Values.secrets.webhookName }}
- name: WEBHOOK_KEY_FILE
  value: /run/secrets/farebook-webhook/webhook-keys
{{- end }}
{{- end }}
{{- range $name := include "farebook.secretNames" . | trim | splitList " " }}
{{- if $name }}
- name: {{ $name }}_FILE
  value: /run/secrets/farebook/{{ $name }}
{{- end }}
{{- end }}
{{- if eq $component "migrate" }}
- name: DATABASE_ADMIN_DSN_FILE
  value: /run/secrets/farebook-admin/DATABASE_ADMIN_DSN
{{- else if $.Values.secrets.temporalTLSName }}
{{- if not $controlled }}
- name: TEMPORAL_TLS_CLIENT_CERT_PATH
  value: /run/secrets/temporal/tls.crt
- name: TEMPORAL_TLS_CLIENT_KEY_PATH
  value: /run/secrets/temporal/tls.key
{{- end }}
- name: TEMPORAL_TLS_SERVER_CA_CERT_PATH
  value: /run/secrets/temporal/ca.crt
{{- end }}
{{- end }}

{{/* Volumes without subPath: Kubernetes replaces the files of a Secret that has changed. */}}
{{- define "farebook.volumes" -}}
{{- $ := index . 0 -}}
{{- $component := index . 1 -}}
{{- $names := include "farebook.secretNames" . | trim -}}
{{- if $names }}
- name: secrets
  secret:
    secretName: {{ required "secrets.name is not set: set it to the Secret that holds DATABASE_DSN and the other secrets" $.Values.secrets.name }}
    defaultMode: 0440
    items:
      {{- range $name := splitList " " $names }}
      - key: {{ get $.Values.secrets.keys $name }}
        path: {{ $name }}
      {{- end }}
{{- end }}
{{- if eq $component "migrate" }}
- name: admin
  secret:
    secretName: {{ required "secrets.adminName is not set: set it to the Secret that holds DATABASE_ADMIN_DSN, or set migrate.enabled to false and migrate yourself" $.Values.secrets.adminName }}
    defaultMode: 0440
    items:
      - key: DATABASE_ADMIN_DSN
        path: DATABASE_ADMIN_DSN
{{- end }}
{{- if and $.Values.secrets.sealName (has $component (list "api" "webhooks" "worker")) }}
- name: seal
  secret:
    secretName: {{ $.Values.secrets.sealName }}
    defaultMode: 0440
    items:
      - key: {{ $.Values.secrets.sealKey }}
        path: seal-key.pem
{{- end }}
{{- if and $.Values.secrets.webhookName (has $component (list "api" "webhooks" "worker")) }}
- name: webhook
  secret:
    secretName: {{ $.Values.secrets.webhookName }}
    defaultMode: 0440
    items:
      - key: {{ $.Values.secrets.webhookKeys }}
        path: webhook-keys
{{- end }}
{{- if and $.Values.secrets.temporalTLSName (ne $component "migrate") }}
- name: temporal
  secret:
    secretName: {{ $.Values.secrets.temporalTLSName }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{- define "farebook.mounts" -}}
{{- $ := index . 0 -}}
{{- $component := index . 1 -}}
{{- if include "farebook.secretNames" . | trim }}
- name: secrets
  mountPath: /run/secrets/farebook
  readOnly: true
{{- end }}
{{- if eq $component "migrate" }}
- name: admin
  mountPath: /run/secrets/farebook-admin
  readOnly: true
{{- end }}
{{- if and $.Values.secrets.sealName (has $component (list "api" "webhooks" "worker")) }}
- name: seal
  mountPath: /run/secrets/farebook-seal
  readOnly: true
{{- end }}
{{- if and $.Values.secrets.webhookName (has $component (list "api" "webhooks" "worker")) }}
- name: webhook
  mountPath: /run/secrets/farebook-webhook
  readOnly: true
{{- end }}
{{- if and $.Values.secrets.temporalTLSName (ne $component "migrate") }}
- name: temporal
  mountPath: /run/secrets/temporal
  readOnly: true
{{- end }}
{{- end }}

{{/* What is the same in every pod. The user is the image's. */}}
{{- define "farebook.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "farebook.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
