{{/* A job that Helm runs as a hook. Call with a dict: root, component, suffix, command, hooks, weight. */}}
{{- define "farebook.job" -}}
{{- $ := .root -}}
{{- $of := list $ .component -}}
{{- $values := get $.Values .component -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "farebook.name" $ }}-{{ .component }}{{ .suffix }}
  namespace: {{ $.Release.Namespace }}
  labels: {{ include "farebook.labels" $of | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .hooks }}
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: {{ $values.backoffLimit }}
  activeDeadlineSeconds: {{ $values.activeDeadlineSeconds }}
  template:
    metadata:
      labels: {{ include "farebook.labels" $of | nindent 8 }}
        {{- with $.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $.Values.podAnnotations }}
      annotations: {{ toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "farebook.pod" $ | nindent 6 }}
      restartPolicy: Never
      containers:
        - name: {{ .component }}
          image: {{ include "farebook.image" $ }}
          imagePullPolicy: {{ $.Values.image.pullPolicy }}
          command: {{ toJson .command }}
          env: {{ include "farebook.env" $of | trim | nindent 12 }}
          resources: {{ toYaml $values.resources | nindent 12 }}
          securityContext: {{ include "farebook.containerSecurity" $ | nindent 12 }}
          {{- with include "farebook.mounts" $of | trim }}
          volumeMounts: {{ . | nindent 12 }}
          {{- end }}
      {{- with include "farebook.volumes" $of | trim }}
      volumes: {{ . | nindent 8 }}
      {{- end }}
{{- end }}
