{{/* The pods of a Deployment. Call with a dict: root, component, command, readinessPath, readinessPort, grace (seconds), and controlled: true
     for pods of the Temporal Worker Controller. */}}
{{- define "farebook.podTemplate" -}}
{{- $ := .root -}}
{{- $of := list $ .component (default false .controlled) -}}
{{- $values := get $.Values .component -}}
metadata:
  labels: {{ include "farebook.labels" $of | nindent 4 }}
    {{- with $.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $.Values.podAnnotations }}
  annotations: {{ toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "farebook.pod" $ | nindent 2 }}
  terminationGracePeriodSeconds: {{ .grace }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: {{ $.Values.topologyKey }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{ include "farebook.selector" $of | nindent 10 }}
  containers:
    - name: {{ .component }}
      image: {{ include "farebook.image" $ }}
      imagePullPolicy: {{ $.Values.image.pullPolicy }}
      command: {{ toJson .command }}
      env: {{ include "farebook.env" $of | trim | nindent 8 }}
      ports:
        {{- if ne .component "worker" }}
        - name: http
          containerPort: 8080
        {{- end }}
        - name: admin
          containerPort: 9090
      startupProbe:
        httpGet: {path: /healthz, port: admin}
        periodSeconds: 2
        failureThreshold: 30
      livenessProbe:
        httpGet: {path: /healthz, port: admin}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: {{ .readinessPath }}, port: {{ .readinessPort }}}
        periodSeconds: 5
        timeoutSeconds: 4
        failureThreshold: 2
      {{- if ne .component "worker" }}
      lifecycle:
        preStop: # until no proxy sends new requests any more
          sleep: {seconds: 5}
      {{- end }}
      resources: {{ toYaml $values.resources | nindent 8 }}
      securityContext: {{ include "farebook.containerSecurity" $ | nindent 8 }}
      volumeMounts: {{ include "farebook.mounts" $of | trim | nindent 8 }}
  volumes: {{ include "farebook.volumes" $of | trim | nindent 4 }}
{{- end }}

{{/* A Deployment. Call with a dict: root, component, command, readinessPath, readinessPort, grace (seconds). */}}
{{- define "farebook.deployment" -}}
{{- $ := .root -}}
{{- $of := list $ .component -}}
{{- $values := get $.Values .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "farebook.name" $ }}-{{ .component }}
  namespace: {{ $.Release.Namespace }}
  labels: {{ include "farebook.labels" $of | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  selector:
    matchLabels: {{ include "farebook.selector" $of | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    {{- include "farebook.podTemplate" . | nindent 4 }}
{{- if $values.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "farebook.name" $ }}-{{ .component }}
  namespace: {{ $.Release.Namespace }}
  labels: {{ include "farebook.labels" $of | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "farebook.name" $ }}-{{ .component }}
  minReplicas: {{ $values.autoscaling.minReplicas }}
  maxReplicas: {{ $values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $values.autoscaling.targetCPUPercent }}
{{- end }}
{{- if $values.disruption.enabled }}
---
{{ include "farebook.disruption" . }}
{{- end }}
{{- if ne .component "worker" }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "farebook.name" $ }}-{{ .component }}
  namespace: {{ $.Release.Namespace }}
  labels: {{ include "farebook.labels" $of | nindent 4 }}
  {{- with $values.service.annotations }}
  annotations: {{ toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $values.service.type }}
  selector: {{ include "farebook.selector" $of | nindent 4 }}
  ports:
    - name: http
      port: {{ $values.service.port }}
      targetPort: http
{{- end }}
{{- end }}

{{/* A PodDisruptionBudget. Call with the dict of farebook.deployment. */}}
{{- define "farebook.disruption" -}}
{{- $ := .root -}}
{{- $of := list $ .component -}}
{{- $values := get $.Values .component -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "farebook.name" $ }}-{{ .component }}
  namespace: {{ $.Release.Namespace }}
  labels: {{ include "farebook.labels" $of | nindent 4 }}
spec:
  maxUnavailable: {{ $values.disruption.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{ include "farebook.selector" $of | nindent 6 }}
{{- end }}
