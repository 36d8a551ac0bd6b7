{{- define "headgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "headgate.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "headgate.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "headgate.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "headgate.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "headgate.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "headgate.shiftRecord" -}}
{{- printf "%s-shifts" (include "headgate.fullname" . | trunc 56 | trimSuffix "-") }}
{{- end }}

{{- define "headgate.selector" -}}
app.kubernetes.io/name: {{ include "headgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "headgate.labels" -}}
{{ include "headgate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "headgate.image" -}}
{{- $name := .Values.image.repository }}
{{- with .Values.image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $name .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $name (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- /* The configuration file: what the chart knows, and the user's own keys on top. */ -}}
{{- define "headgate.config" -}}
{{- $config := dict
  "http" (list (printf "0.0.0.0:%d" (int .Values.ports.http)))
  "admin" (printf "0.0.0.0:%d" (int .Values.ports.admin))
  "workers" (int .Values.workers)
  "ingress-class" .Values.ingressClass.name
  "controller-name" .Values.ingressClass.controllerName
  "watch-ingress-without-class" .Values.watchIngressWithoutClass
  "state-dir" "/var/lib/headgate"
  "access-log" "-"
  "drain-delay" (int .Values.drain.delay)
  "drain-timeout" (int .Values.drain.timeout) }}
{{- if .Values.service.https.enabled }}
{{- $_ := set $config "https" (list (printf "0.0.0.0:%d" (int .Values.ports.https))) }}
{{- end }}
{{- with .Values.defaultCertificate }}
{{- $_ := set $config "default-certificate" . }}
{{- end }}
{{- with .Values.namespaces }}
{{- $_ := set $config "namespaces" . }}
{{- end }}
{{- if .Values.shiftRecord.enabled }}
{{- $_ := set $config "shift-record" (printf "kubernetes:%s/%s" .Release.Namespace (include "headgate.shiftRecord" .)) }}
{{- end }}
{{- toYaml (mergeOverwrite $config (deepCopy .Values.config)) }}
{{- end }}

{{- /* What Headgate reads in a namespace; there it writes nothing. */ -}}
{{- define "headgate.rules" -}}
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [secrets]
  {{- with .Values.rbac.secretNames }}
  resourceNames: {{ toJson . }}
  {{- end }}
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch]
{{- end }}
