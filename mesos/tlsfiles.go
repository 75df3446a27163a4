package mesos

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
)

// TLSFiles says how to speak TLS with masters or agents. The zero value is not
// to speak it unless an address says https, and then as Go does.
type TLSFiles struct {
	// CA is a PEM file with the authorities by which the other side is known;
	// "" stands for those of the system.
	CA string
	// Cert and Key are PEM files with what we show to those who ask for a
	// client certificate; both or none.
	Cert, Key string
	// RSAKeyExchange also offers the cipher suites without forward secrecy. A
	// Mesos whose LIBPROCESS_SSL_CIPHERS is not set has no other that Go knows,
	// while Go offers them only when told to. They come last, so that a side
	// that knows better ones uses those.
	RSAKeyExchange bool
}

// Config reads the files and returns a new configuration, nil for the zero
// value. The error names the file and what is wrong with it.
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

// withRSAKeyExchange returns what Go offers by itself, and then the AES suites that
// send the key under the server's RSA key.
func withRSAKeyExchange() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	return append(ids,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)
}

// explainTLS adds what helps to an error that does not say it: the other side
// finds no cipher suite to agree on. Package tls has no type for that alert.
func explainTLS(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "remote error" && op.Err.Error() == "tls: handshake failure" {
		return fmt.Errorf("%w: no cipher suite in common, most likely; a Mesos with default ciphers wants RSA key exchange, which is off unless allowed (-mesos_tls_rsa_key_exchange)", err)
	}
	return err
}
