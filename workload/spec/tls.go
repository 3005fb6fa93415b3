package spec

import "errors"

// ServerTLS makes a server speak TLS where CertificateFile is set. The files
// are PEM and are read again when they change: sessions that are held stay.
type ServerTLS struct {
	// CertificateFile holds the server's certificate and what leads from it to
	// its authority; empty: plain TCP.
	CertificateFile string `json:"certificateFile"`
	// KeyFile holds the certificate's key.
	KeyFile string `json:"keyFile"`
	// ClientCAFile holds the authorities that a client's certificate must come
	// from; empty: clients need none.
	ClientCAFile string `json:"clientCAFile"`
}

// ClientTLS makes a client speak TLS where CAFile is set. The files are PEM
// and are read again for each attempt.
type ClientTLS struct {
	// CAFile holds the authorities that the server's certificate must come
	// from; empty: plain TCP.
	CAFile string `json:"caFile"`
	// ServerName is what the server's certificate must be for; empty: the host
	// of the address.
	ServerName string `json:"serverName"`
	// CertificateFile and KeyFile are the client's own; empty: none.
	CertificateFile string `json:"certificateFile"`
	KeyFile         string `json:"keyFile"`
}

// Enabled tells whether the server speaks TLS.
func (t ServerTLS) Enabled() bool { return t.CertificateFile != "" }

// Enabled tells whether the client speaks TLS.
func (t ClientTLS) Enabled() bool { return t.CAFile != "" }

func (t ServerTLS) validate() error {
	var ca error
	if t.ClientCAFile != "" && !t.Enabled() {
		ca = wrong("tls.clientCAFile", "clients are asked for a certificate only with TLS: set certificateFile and keyFile, or remove it")
	}
	return errors.Join(pair(t.CertificateFile, t.KeyFile), ca)
}

func (t ClientTLS) validate() error {
	var ca error
	if !t.Enabled() && (t.ServerName != "" || t.CertificateFile != "") {
		ca = wrong("tls.caFile", "is empty, and so there is no TLS: name the file of the server's authorities, or remove the rest of tls")
	}
	return errors.Join(pair(t.CertificateFile, t.KeyFile), ca)
}

// pair demands both of a certificate and its key, or neither.
func pair(certificate, key string) error {
	switch {
	case certificate != "" && key == "":
		return wrong("tls.keyFile", "is empty: name the file of the certificate's key")
	case certificate == "" && key != "":
		return wrong("tls.certificateFile", "is empty: name the file of the key's certificate")
	}
	return nil
}
