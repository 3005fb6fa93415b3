package controllers

import (
	"crypto/tls"

	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// MetricsOptions serves the operator's metrics at an address. Where secure,
// they are served by HTTPS, and to those alone whom the API server knows and
// lets read them.
func MetricsOptions(address string, secure bool) metricsserver.Options {
	o := metricsserver.Options{BindAddress: address}
	if secure {
		o.SecureServing = true
		o.FilterProvider = filters.WithAuthenticationAndAuthorization
		o.TLSOpts = []func(*tls.Config){harden}
	}
	return o
}

// harden avoids HTTP/2 with its rapid-reset class of attacks, and whatever a
// default of older TLS might become.
func harden(c *tls.Config) {
	c.NextProtos = []string{"http/1.1"}
	c.MinVersion = tls.VersionTLS12
}
