{{/*
The manifests in files/ are copies of those in config/. These templates do to
them what config/default has kustomize do: prefix names, set the namespace.
*/}}

{{- define "tcp-operator.prefix" -}}tcp-operator-{{- end -}}

{{/* tcp-operator.labels are those of everything the chart installs. */}}
{{- define "tcp-operator.labels" -}}
app.kubernetes.io/name: tcp-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* tcp-operator.objects renders the objects of a file, save those whose kind
and name are in the list "without". Arguments: root, file, without. */}}
{{- define "tcp-operator.objects" -}}
{{- $without := .without | default list -}}
{{- range regexSplit "(?m)^---$" (.root.Files.Get .file) -1 -}}
{{- $object := fromYaml . -}}
{{- if and $object (not (has (printf "%s/%s" $object.kind $object.metadata.name) $without)) }}
---
{{ include "tcp-operator.object" (dict "root" $.root "object" $object) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* tcp-operator.fullName is a name with the prefix, which it may have. */}}
{{- define "tcp-operator.fullName" -}}
{{- $prefix := include "tcp-operator.prefix" . -}}
{{- printf "%s%s" $prefix (trimPrefix $prefix .) -}}
{{- end -}}

{{/* tcp-operator.object renders one object. Arguments: root, object. */}}
{{- define "tcp-operator.object" -}}
{{- $namespace := .root.Release.Namespace -}}
{{- $object := .object -}}
{{- $_ := set $object.metadata "name" (include "tcp-operator.fullName" $object.metadata.name) -}}
{{- $_ := set $object.metadata "labels" (merge ($object.metadata.labels | default dict) (include "tcp-operator.labels" .root | fromYaml)) -}}
{{- if not (hasPrefix "Cluster" $object.kind) -}}
{{- $_ := set $object.metadata "namespace" $namespace -}}
{{- end -}}
{{- with $object.roleRef -}}
{{- $_ := set . "name" (include "tcp-operator.fullName" .name) -}}
{{- end -}}
{{- range $object.subjects -}}
{{- $_ := set . "name" (include "tcp-operator.fullName" .name) -}}
{{- $_ := set . "namespace" $namespace -}}
{{- end -}}
{{- toYaml $object -}}
{{- end -}}

{{/* tcp-operator.watched renders the rights in one watched namespace, as
config/namespaced does: the ClusterRoles as Roles. Arguments: root, namespace. */}}
{{- define "tcp-operator.watched" -}}
{{- $root := .root -}}
{{- $namespace := .namespace -}}
{{- $names := dict "manager-role" "manager-watched" "viewer" "viewer" "editor" "editor" -}}
{{- range $file := list "files/rbac/role.yaml" "files/rbac/user_roles.yaml" -}}
{{- range regexSplit "(?m)^---$" ($root.Files.Get $file) -1 -}}
{{- $role := fromYaml . -}}
{{- if eq ($role.kind | default "") "ClusterRole" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ include "tcp-operator.prefix" $root }}{{ get $names $role.metadata.name }}
  namespace: {{ $namespace }}
  labels: {{- include "tcp-operator.labels" $root | nindent 4 }}
rules: {{- toYaml $role.rules | nindent 2 }}
{{- end -}}
{{- end -}}
{{- end }}
{{- include "tcp-operator.roleBinding" (dict "root" $root "namespace" $namespace "kind" "Role" "name" "manager-watched") }}
{{- end -}}

{{/* tcp-operator.roleBinding gives the manager a role in one namespace.
Arguments: root, namespace, kind and name of the role. */}}
{{- define "tcp-operator.roleBinding" }}
{{- $prefix := include "tcp-operator.prefix" .root }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $prefix }}{{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "tcp-operator.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ $prefix }}{{ .name }}
subjects:
- kind: ServiceAccount
  name: {{ $prefix }}manager
  namespace: {{ .root.Release.Namespace }}
{{- end -}}
