package v1alpha1

// SecretName names a Secret of the resource's namespace. The operator never
// reads it: the kubelet mounts it, and a changed one reaches the pods without
// a restart.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
type SecretName string

// ServerTLS makes a server speak TLS.
type ServerTLS struct {
	// secretName names the Secret of type kubernetes.io/tls that holds the
	// server's certificate and key, as cert-manager writes it.
	// +required
	SecretName SecretName `json:"secretName"`
	// clientCASecretName names the Secret whose ca.crt holds the authorities
	// that a client's certificate must come from. Left out, clients need none.
	// +optional
	ClientCASecretName SecretName `json:"clientCASecretName,omitempty"`
}

// ClientTLS makes a client speak TLS.
type ClientTLS struct {
	// caSecretName names the Secret whose ca.crt holds the authorities that the
	// server's certificate must come from.
	// +required
	CASecretName SecretName `json:"caSecretName"`
	// serverName is what the server's certificate must be for. Left out, it is
	// the host that the client connects to.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ServerName string `json:"serverName,omitempty"`
	// certificateSecretName names the Secret of type kubernetes.io/tls that
	// holds the client's own certificate and key, for servers that ask for one.
	// +optional
	CertificateSecretName SecretName `json:"certificateSecretName,omitempty"`
}
