package pki

import (
	"crypto/x509"
	"net"
	"slices"
	"time"
)

// Leaf describes a certificate: whom it is for and what it may be used for. One with
// names or addresses is a server's, any other is a client's.
type Leaf struct {
	User     string // common name; for clients, the user name
	Groups   []string
	DNSNames []string
	IPs      []net.IP
}

// usage returns server authentication for a leaf with names, else client authentication.
func (l Leaf) usage() x509.ExtKeyUsage {
	if len(l.DNSNames)+len(l.IPs) > 0 {
		return x509.ExtKeyUsageServerAuth
	}
	return x509.ExtKeyUsageClientAuth
}

// fits reports whether cert, signed by ca, still matches l and has more than half of
// its life left.
func (l Leaf) fits(cert, ca *x509.Certificate, now time.Time) bool {
	half := cert.NotBefore.Add(cert.NotAfter.Sub(cert.NotBefore) / 2)
	return now.After(cert.NotBefore) && now.Before(half) &&
		cert.CheckSignatureFrom(ca) == nil &&
		cert.Subject.CommonName == l.User &&
		sameSet(cert.Subject.Organization, l.Groups) &&
		sameSet(cert.DNSNames, l.DNSNames) &&
		sameSet(texts(cert.IPAddresses), texts(l.IPs)) &&
		slices.Contains(cert.ExtKeyUsage, l.usage())
}

// sameSet reports whether a and b are equal apart from order and repetition.
func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

func texts(ips []net.IP) []string {
	s := make([]string, len(ips))
	for i, ip := range ips {
		s[i] = ip.String()
	}
	return s
}
