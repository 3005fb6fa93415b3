package cli

import (
	"errors"
	"log/slog"

	"tcp-operator.io/workload/credentials"
	"tcp-operator.io/workload/spec"
)

// credentials reads the files of TLS, of which the settings name ca by
// caField. One that cannot be used is a wrong setting.
func (l *loader) credentials(certificate, key, ca, caField string, log *slog.Logger) (*credentials.Store, error) {
	store, err := credentials.New(credentials.Files{Certificate: certificate, Key: key, CA: ca}, log)
	if wrong, ok := errors.AsType[*credentials.FileError](err); ok {
		field := "tls.certificateFile"
		switch wrong.File {
		case ca:
			field = caField
		case key:
			field = "tls.keyFile"
		}
		err = l.explain(&spec.FieldError{Field: field, Problem: wrong.Error() + ": name a file in PEM that can be used"})
	}
	return store, err
}
