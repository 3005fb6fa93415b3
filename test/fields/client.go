package fields

// anotherTarget stands for an address that is taken away.
var anotherTarget = map[string]string{"address": `null`, "serverRef": `{"name":"target"}`}

var clientFields = map[string]Field{
	"address.host": {Set: `"db.example.com"`, Change: `"10.0.0.9"`, Unset: anotherTarget,
		Needs: map[string]string{"serverRef": `null`, "address.port": `5432`}, Effect: `\"host\":\"db.example.com\"`},
	"address.port": {Set: `7002`, Change: `7003`, Unset: anotherTarget,
		Needs: map[string]string{"serverRef": `null`, "address.host": `"db.example.com"`}, Effect: `\"port\":7002`},
	"serverRef.name": {Set: `"target"`, Change: `"another"`, Alone: true, Needs: map[string]string{"address": `null`},
		Unset: map[string]string{"serverRef": `null`, "address": `{"host":"old.example.com","port":1}`}, Effect: `\"host\":\"target.`},

	"tls.caSecretName": {Set: `"roots"`, Change: `"others"`, Unset: map[string]string{"tls": `null`},
		Effect: `"mountPath":"/etc/tcp-workload/ca"`},
	"tls.serverName": {Set: `"db.internal"`, Change: `"db.example.com"`, Needs: map[string]string{"tls.caSecretName": `"roots"`},
		Effect: `\"serverName\":\"db.internal\"`},
	"tls.certificateSecretName": {Set: `"mine"`, Change: `"ours"`, Needs: map[string]string{"tls.caSecretName": `"roots"`},
		Effect: `"mountPath":"/etc/tcp-workload/certificate"`},

	"sessions":            {Set: `7`, Change: `8`, Effect: `\"sessions\":7`},
	"connect.timeout":     {Set: `"7s"`, Change: `"8s"`, Min: `"1ms"`, Max: `"99999h"`, Effect: `\"timeout\":\"7s\"`},
	"connect.bindAddress": {Set: `"10.0.0.8"`, Change: `"fd00::8"`, Max: longestAddress, Effect: `\"bindAddress\":\"10.0.0.8\"`},

	"reconnect.initialDelay": {Set: `"7s"`, Change: `"8s"`, Min: `"10ms"`, Max: `"99999h"`,
		Needs: map[string]string{"reconnect.maxDelay": `"99999h"`}, Effect: `\"initialDelay\":\"7s\"`},
	"reconnect.maxDelay": {Set: `"77s"`, Change: `"78s"`, Min: `"10ms"`, Max: `"99999h"`,
		Needs: map[string]string{"reconnect.initialDelay": `"10ms"`}, Effect: `\"maxDelay\":\"1m17s\"`},
	"reconnect.jitterPercent": {Set: `7`, Change: `8`, Effect: `\"jitterPercent\":7`},

	"expect.connect": {Set: `"Blocked"`, Change: `"Allowed"`, Alone: true,
		Needs: map[string]string{"expect.maxOutages": `null`, "expect.recoverWithin": `null`}, Effect: `\"connect\":\"Blocked\"`},
	"expect.maxOutages":    {Set: `7`, Change: `6`, Effect: `\"maxOutages\":7`},
	"expect.window":        {Set: `"7m"`, Change: `"8m"`, Min: `"1s"`, Max: `"99999h"`, Effect: `\"window\":\"7m\"`},
	"expect.recoverWithin": {Set: `"7s"`, Change: `"8s"`, Min: `"0s"`, Max: `"99999h"`, Effect: `\"recoverWithin\":\"7s\"`},
}
