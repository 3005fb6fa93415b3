// Package credentials keeps the certificates of TLS, read from files and read
// again when they were replaced. Sessions that are held keep what they began
// with.
package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// Files name what a Store reads, as PEM. Certificate and Key go together;
// each may be empty.
type Files struct {
	Certificate, Key string
	CA               string // authorities that the peer's certificate must come from
}

// A FileError says which file cannot be used.
type FileError struct {
	File string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s: %v", e.File, e.Err) }

// Unwrap returns what is wrong with the file.
func (e *FileError) Unwrap() error { return e.Err }

// A Store holds what its files last said. It is safe for use by several
// goroutines at once.
type Store struct {
	files Files
	log   *slog.Logger

	mu     sync.Mutex // held while files are read, which is seldom
	stamps []stamp
	failed string           // why the last refresh failed; empty: it did not
	tried  []stamp          // what could not be used
	pair   *tls.Certificate // nil without
	pool   *x509.CertPool   // nil without
	// config is pair and pool for a server.
	config *tls.Config
}

// A stamp tells one version of a file from the next. Kubernetes replaces a
// mounted Secret by turning a symbolic link, which gives another file.
type stamp struct{ info os.FileInfo }

func (s stamp) same(other stamp) bool {
	return os.SameFile(s.info, other.info) && s.info.Size() == other.info.Size() && s.info.ModTime().Equal(other.info.ModTime())
}

// New reads the files. Its error is a *FileError.
func New(files Files, log *slog.Logger) (*Store, error) {
	s := &Store{files: files, log: log}
	stamps, err := s.look()
	if err != nil {
		return nil, err
	}
	return s, s.readLocked(stamps)
}

// ForServer returns a configuration that asks s anew for each handshake.
// Clients need a certificate where there are authorities for it.
func (s *Store) ForServer() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refreshLocked()
		return s.config, nil
	}}
}

// ForClient returns the configuration for one attempt at a server whose
// certificate must be for name.
func (s *Store) ForClient(name string) *tls.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refreshLocked()
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name, RootCAs: s.pool}
	if s.pair != nil {
		config.Certificates = []tls.Certificate{*s.pair}
	}
	return config
}

// Expiry is when our own certificate expires; zero without one.
func (s *Store) Expiry() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refreshLocked()
	if s.pair == nil {
		return time.Time{}
	}
	return s.pair.Leaf.NotAfter
}

// refreshLocked reads the files again if one was replaced. What cannot be
// used leaves the old in force: half of a replacement may still be to come.
// It is read, and logged, once: every handshake and every scrape come here.
func (s *Store) refreshLocked() {
	stamps, err := s.look()
	if err == nil && slices.EqualFunc(stamps, s.stamps, stamp.same) {
		s.tried, s.failed = nil, "" // as it was, or put back
		return
	}
	if err == nil && slices.EqualFunc(stamps, s.tried, stamp.same) {
		return
	}
	if err == nil {
		err = s.readLocked(stamps)
	}
	if err == nil {
		s.tried, s.failed = nil, ""
		s.log.Info("Certificates read again")
		return
	}
	if s.tried = stamps; s.failed != err.Error() {
		s.failed = err.Error()
		s.log.Warn("Certificates cannot be read again, the old ones stay in force", "error", err)
	}
}

// look returns the stamps of all files.
func (s *Store) look() ([]stamp, error) {
	var stamps []stamp
	for _, file := range []string{s.files.Certificate, s.files.Key, s.files.CA} {
		if file == "" {
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			return nil, &FileError{file, plain(err)}
		}
		stamps = append(stamps, stamp{info})
	}
	return stamps, nil
}

// readLocked reads all files, and takes them over if all can be used.
func (s *Store) readLocked(stamps []stamp) error {
	pair, err := readPair(s.files)
	if err != nil {
		return err
	}
	pool, err := readPool(s.files.CA)
	if err != nil {
		return err
	}
	s.stamps, s.pair, s.pool = stamps, pair, pool
	s.config = &tls.Config{MinVersion: tls.VersionTLS12, ClientCAs: pool}
	if pool != nil {
		s.config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if pair != nil {
		s.config.Certificates = []tls.Certificate{*pair}
	}
	return nil
}

func readPair(files Files) (*tls.Certificate, error) {
	if files.Certificate == "" {
		return nil, nil
	}
	certificate, err := os.ReadFile(files.Certificate)
	if err != nil {
		return nil, &FileError{files.Certificate, plain(err)}
	}
	key, err := os.ReadFile(files.Key)
	if err != nil {
		return nil, &FileError{files.Key, plain(err)}
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, &FileError{files.Certificate, err}
	}
	return &pair, nil
}

func readPool(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, &FileError{file, plain(err)}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, &FileError{file, errors.New("holds no certificate in PEM")}
	}
	return pool, nil
}

// plain is err without the file's name, which a FileError says already.
func plain(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}
