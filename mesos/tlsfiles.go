package mesos

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
)

// TLSFiles configures TLS with masters or agents. The zero value uses TLS only if an
// address says https, and then with Go's defaults.
type TLSFiles struct {
	// CA is a PEM file with the authorities to trust; "" stands for those of the
	// system.
	CA string
	// Cert and Key are PEM files with our client certificate, for peers that ask for
	// one; set both or none.
	Cert, Key string
	// RSAKeyExchange also offers the cipher suites without forward secrecy. A Mesos
	// whose LIBPROCESS_SSL_CIPHERS is not set has no others in common with Go, which
	// offers them only on request. They come last, so a peer that knows better ones
	// uses those.
	RSAKeyExchange bool
}

// Config reads the files and returns a new configuration, or nil for the zero value.
// The error names the file and what is wrong with it.
func (f TLSFiles) Config() (*tls.Config, error) {
	if f == (TLSFiles{}) {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.RSAKeyExchange {
		c.CipherSuites = withRSAKeyExchange()
	}
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, fmt.Errorf("certificates of the Mesos authority: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificates of the Mesos authority: %s has no PEM certificate", f.CA)
		}
	}
	if (f.Cert == "") != (f.Key == "") {
		return nil, errors.New("client certificate for Mesos: certificate and key are given together or not at all")
	}
	if f.Cert != "" {
		own, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, fmt.Errorf("client certificate for Mesos, %s with %s: %w", f.Cert, f.Key, err)
		}
		c.Certificates = []tls.Certificate{own}
	}
	return c, nil
}

// withRSAKeyExchange returns Go's default suites, followed by the AES suites that
// encrypt the key with the server's RSA key.
func withRSAKeyExchange() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	return append(ids,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)
}

// explainTLS adds a hint to an error that lacks it: the other side found no common
// cipher suite. Package tls has no type for that alert.
func explainTLS(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "remote error" && op.Err.Error() == "tls: handshake failure" {
		return fmt.Errorf("%w: no cipher suite in common, most likely; a Mesos with default ciphers wants RSA key exchange, which is off unless the configuration of TLS with Mesos allows it", err)
	}
	return err
}
