package desired_test

import "tcp-operator.io/test/crd"

// What an API server does with manifests.
var (
	serverSchema, clientSchema = crd.ServerSchema, crd.ClientSchema
	server, client             = crd.Server, crd.Client
	decode                     = crd.Decode
)

const (
	classicServer = `{"metadata": {"name": "greeter", "namespace": "default", "uid": "11"}, "spec": {}}`
	classicClient = `{"metadata": {"name": "caller", "namespace": "default", "uid": "22"}, "spec": {"serverRef": {"name": "greeter"}}}`
)
