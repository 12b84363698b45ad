package login

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// Trust returns the TLS configuration that verifies a server's certificate. Certificates in a PEM file are trusted in addition to the system's;
// an empty name means none.
func Trust(file string) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return t, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the certificates: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", file)
	}
	t.RootCAs = pool
	return t, nil
}
