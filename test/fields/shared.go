package fields

import (
	"fmt"
	"strings"
)

// sharedFields are the fields that both kinds have.
var sharedFields = map[string]Field{
	"framing":             {Set: `"Line"`, Change: `"LengthPrefixed"`, Effect: `\"framing\":\"Line\"`},
	"greeting":            {Set: `"hi"`, Change: `"ho {time}"`, Effect: `\"greeting\":\"hi\"`},
	"reply.delay":         {Set: `"7s"`, Change: `"8s"`, Min: `"0s"`, Max: `"1h"`, Effect: `\"delay\":\"7s\"`},
	"reply.text":          {Set: `"yes"`, Change: `"yes {sequence}"`, Effect: `\"text\":\"yes\"`},
	"reply.exceptionText": {Set: `"no"`, Change: `"no {peer}"`, Effect: `\"exceptionText\":\"no\"`},

	"limits.messageBytes":   {Set: `77`, Change: `78`, Needs: map[string]string{"framing": `"Line"`}, Effect: `\"messageBytes\":77`},
	"limits.pendingReplies": {Set: `7`, Change: `8`, Effect: `\"pendingReplies\":7`},
	"limits.idleTimeout":    anyDuration(`\"idleTimeout\":\"7s\"`),
	"limits.messageTimeout": anyDuration(`\"messageTimeout\":\"7s\"`),
	"limits.writeTimeout":   anyDuration(`\"writeTimeout\":\"7s\"`),

	"tcp.nagle":              {Set: `"Enabled"`, Change: `"Disabled"`, Effect: `\"nagle\":\"Enabled\"`},
	"tcp.userTimeout":        anyDuration(`\"userTimeout\":\"7s\"`),
	"tcp.keepAlive.mode":     {Set: `"Enabled"`, Change: `"Disabled"`, Effect: `\"mode\":\"Enabled\"`},
	"tcp.keepAlive.idle":     {Set: `"7s"`, Change: `"8s"`, Min: `"1s"`, Max: `"32767s"`, Effect: `\"idle\":\"7s\"`},
	"tcp.keepAlive.interval": {Set: `"7s"`, Change: `"8s"`, Min: `"1s"`, Max: `"32767s"`, Effect: `\"interval\":\"7s\"`},
	"tcp.keepAlive.count":    {Set: `7`, Change: `8`, Effect: `\"count\":7`},

	"replicas": {Set: `3`, Change: `2`, Effect: `"replicas":3`},

	"networkPolicy.mode": {Set: `"Restrict"`, Change: `"None"`, Alone: true,
		Needs: map[string]string{"networkPolicy.from": `null`, "networkPolicy.adminFrom": `null`}, Effect: `"policyTypes":`},
	"networkPolicy.adminFrom": peers("10.9.0.0/16"),

	"pod.resources": {Set: `{"limits":{"memory":"99Mi"}}`, Change: `{"requests":{"cpu":"20m"},"limits":{"cpu":"1"}}`, Min: `{}`,
		Max:    `{"requests":{"cpu":"64","memory":"1Ti","ephemeral-storage":"1Gi"},"limits":{"cpu":"64","memory":"1Ti","ephemeral-storage":"1Gi"}}`,
		Effect: `"memory":"99Mi"`},
	"pod.nodeSelector": {Set: `{"disk":"ssd"}`, Change: `{"zone":"a"}`, Min: `{}`, Max: entries(32, 63), Effect: `"nodeSelector":{"disk":"ssd"}`},
	"pod.tolerations": {Set: `[{"key":"spot","operator":"Exists"}]`,
		Change: `[{"key":"spot","operator":"Equal","value":"yes","effect":"NoExecute","tolerationSeconds":5},{"operator":"Exists"}]`,
		Min:    `[]`, Max: items(32, `{"key":"taint-%d","operator":"Exists"}`), Effect: `"key":"spot"`},
	"pod.affinity": {Set: `{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"rack"}]}}`,
		Change: `{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"preference":{"matchExpressions":[{"key":"disk","operator":"Exists"}]}}]}}`,
		Min:    `{}`,
		Max: `{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":` +
			items(20, `{"weight":100,"podAffinityTerm":{"topologyKey":"key-%d"}}`) + `}}`, Effect: `"topologyKey":"rack"`},
	"pod.topologySpreadConstraints": {Set: `[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule"}]`,
		Change: `[{"maxSkew":2,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway","labelSelector":{"matchLabels":{"team":"red"}}}]`,
		Min:    `[]`, Max: items(8, `{"maxSkew":1,"topologyKey":"key-%d","whenUnsatisfiable":"ScheduleAnyway"}`),
		Effect: `"topologyKey":"zone"`},
	"pod.labels":            {Set: `{"team":"red"}`, Change: `{"tier":"edge"}`, Min: `{}`, Max: entries(32, 63), Effect: `"team":"red"`},
	"pod.annotations":       {Set: `{"note":"blue"}`, Change: `{"hint":"green"}`, Min: `{}`, Max: entries(32, 4096), Effect: `"note":"blue"`},
	"pod.priorityClassName": {Set: `"high"`, Change: `"low"`, Effect: `"priorityClassName":"high"`},
	"pod.imagePullSecrets.name": {At: "pod.imagePullSecrets", Set: `[{"name":"pull"}]`, Change: `[{"name":"other"},{"name":"pull"}]`,
		Min: `[]`, Max: items(8, `{"name":"pull-%d"}`), Effect: `"imagePullSecrets":[{"name":"pull"}]`},
	"pod.serviceAccountName": {Set: `"robot"`, Change: `"another"`, Effect: `"serviceAccountName":"robot"`},
}

// anyDuration is a field that takes every duration; the effect is that of 7s.
func anyDuration(effect string) Field {
	return Field{Set: `"7s"`, Change: `"8s"`, Min: `"0s"`, Max: `"99999h"`, Effect: effect}
}

// peers is a list of peers of a NetworkPolicy; the block is an address range.
func peers(block string) Field {
	return Field{
		Set: `[{"ipBlock":{"cidr":"` + block + `"}}]`, Change: `[{"podSelector":{"matchLabels":{"team":"red"}}},{"namespaceSelector":{}}]`,
		Min: `[{"podSelector":{}}]`, Max: items(16, `{"ipBlock":{"cidr":"10.1.%d.0/24"}}`),
		Needs: map[string]string{"networkPolicy.mode": `"Restrict"`}, Effect: `"cidr":"` + block + `"`,
	}
}

// items is a list with n items, each of them the format with its number.
func items(n int, format string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return "[" + strings.Join(all, ",") + "]"
}

// entries is a map with n entries, whose values have so many bytes.
func entries(n, bytes int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%q:%q", fmt.Sprintf("example.com/key-%d", i), strings.Repeat("v", bytes))
	}
	return "{" + strings.Join(all, ",") + "}"
}
