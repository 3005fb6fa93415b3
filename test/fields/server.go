package fields

import "strings"

var nodePortType = map[string]string{"service.type": `"NodePort"`}

var serverFields = map[string]Field{
	"port":            {Set: `7000`, Change: `7001`, Effect: `"containerPort":7000`},
	"bindAddress":     {Set: `"10.0.0.7"`, Change: `"fd00::7"`, Max: longestAddress, Effect: `\"bindAddress\":\"10.0.0.7\"`},
	"backlog":         {Set: `77`, Change: `78`, Effect: `\"backlog\":77`},
	"limits.sessions": {Set: `77`, Change: `78`, Effect: `\"sessions\":77`},

	"networkPolicy.from": peers("10.8.0.0/16"),

	"tls.secretName": {Set: `"pair"`, Change: `"another"`, Unset: map[string]string{"tls": `null`},
		Effect: `"mountPath":"/etc/tcp-workload/certificate"`},
	"tls.clientCASecretName": {Set: `"roots"`, Change: `"others"`, Needs: map[string]string{"tls.secretName": `"pair"`},
		Effect: `"mountPath":"/etc/tcp-workload/ca"`},

	"service.type": {Set: `"NodePort"`, Change: `"LoadBalancer"`, Alone: true, Effect: `"type":"NodePort"`, Needs: map[string]string{
		"service.nodePort": `null`, "service.externalTrafficPolicy": `null`, "service.loadBalancerClass": `null`}},
	"service.port": {Set: `7001`, Change: `7002`, Effect: `"port":7001`},
	// The schema knows no cluster's range: these are the bounds of the
	// default one.
	"service.nodePort":              {Set: `30777`, Change: `30778`, Min: `30000`, Max: `32767`, Needs: nodePortType, Effect: `"nodePort":30777`},
	"service.annotations":           {Set: `{"lb":"internal"}`, Change: `{"class":"fast"}`, Min: `{}`, Max: entries(32, 4096), Effect: `"lb":"internal"`},
	"service.labels":                {Set: `{"tier":"edge"}`, Change: `{"team":"red"}`, Min: `{}`, Max: entries(32, 63), Effect: `"tier":"edge"`},
	"service.externalTrafficPolicy": {Set: `"Local"`, Change: `"Cluster"`, Needs: nodePortType, Effect: `"externalTrafficPolicy":"Local"`},
	"service.internalTrafficPolicy": {Set: `"Local"`, Change: `"Cluster"`, Effect: `"internalTrafficPolicy":"Local"`},
	"service.sessionAffinity":       {Set: `"ClientIP"`, Change: `"None"`, Effect: `"sessionAffinity":"ClientIP"`},
	// The test's API server has one IP family. What is held is that asking
	// for what it has is accepted.
	"service.ipFamilyPolicy": {Set: `"PreferDualStack"`, Change: `"SingleStack"`, Max: `"PreferDualStack"`, Effect: `"ipFamilyPolicy":"PreferDualStack"`},
	"service.ipFamilies":     {Set: `["IPv4"]`, Change: `["IPv4"]`, Min: `[]`, Max: `["IPv4"]`},
	"service.loadBalancerClass": {Set: `"example.com/lb"`, Change: `"example.com/another"`, Min: `"a"`, Max: longestName, Alone: true,
		Needs:   map[string]string{"service.type": `"LoadBalancer"`},
		Between: map[string]string{"service.type": `"ClusterIP"`, "service.loadBalancerClass": `null`, "service.nodePort": `null`, "service.externalTrafficPolicy": `null`},
		Effect:  `"loadBalancerClass":"example.com/lb"`},
}

// longestAddress is the longest way to write an IP address.
const longestAddress = `"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"`

// longestName is a qualified name as long as the schema allows.
var longestName = `"` + strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "." + strings.Repeat("c", 61) + "/" + strings.Repeat("d", 63) + `"`
