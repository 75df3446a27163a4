// Package pki makes the certificates and keys that a cluster needs, once, and
// keeps them in a directory of their own.
//
// Authorities and the service account key are made at the first start and
// never again: agents and tokens in the world rely on them, so a broken one is
// an error for a person to look at. Leaf certificates are remade whenever what
// they should say has changed, or half of their life is over.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Dir is a directory of certificates and keys. Only one process at a time may use
// it.
type Dir struct {
	path string
	now  time.Time
}

// Open creates the directory at path if it is missing, readable only by its owner.
// Certificates are checked and made as of now.
func Open(path string, now time.Time) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	return &Dir{path, now}, nil
}

// CertFile returns the path of the certificate called name.
func (d *Dir) CertFile(name string) string { return filepath.Join(d.path, name+".crt") }

// KeyFile returns the path of the key called name.
func (d *Dir) KeyFile(name string) string { return filepath.Join(d.path, name+".key") }

// Authority is a certificate authority stored in a Dir.
type Authority struct {
	authority
	dir *Dir
	pem []byte
}

// PEM returns the authority's certificate, with which others verify what it signed.
func (a *Authority) PEM() []byte { return a.pem }

// Authority returns the authority stored under name, making it if there is none.
func (d *Dir) Authority(name string) (*Authority, error) {
	pair, err := d.read(name)
	if errors.Is(err, fs.ErrNotExist) && !d.has(d.CertFile(name)) {
		return d.newAuthority(name)
	}
	if err != nil {
		return nil, fmt.Errorf("certificates: %w: %s and its key belong together, restore it from a backup", err, d.CertFile(name))
	}
	cert, key, err := pair.decode()
	switch {
	case err != nil:
	case !cert.IsCA:
		err = errors.New("not an authority's certificate")
	case d.now.After(cert.NotAfter):
		err = fmt.Errorf("over since %s", cert.NotAfter.Format(time.DateOnly))
	}
	if err != nil {
		return nil, fmt.Errorf("certificates: %s: %w: restore it from a backup, or remove it and %s to start over (every agent must then join again)",
			d.CertFile(name), err, d.KeyFile(name))
	}
	return &Authority{authority{cert, key}, d, pair.Cert}, nil
}

// newAuthority makes the authority called name. It keeps an existing key without a
// certificate: a start was interrupted between writing the two.
func (d *Dir) newAuthority(name string) (*Authority, error) {
	path, err := d.Key(name)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	key, err := decodeKey(b)
	if err != nil {
		return nil, fmt.Errorf("certificates: %s: %w", path, err)
	}
	made, err := newAuthority("kubernetes-mesos "+name, key, d.now)
	if err != nil {
		return nil, fmt.Errorf("certificates: making %s: %w", name, err)
	}
	cert := encodeCert(made.cert)
	return &Authority{made, d, cert}, WriteFile(d.CertFile(name), cert, 0o644)
}

// Keep returns the certificate stored under name, first making it if there is none
// that fits l.
func (a *Authority) Keep(name string, l Leaf) (Pair, error) {
	if pair, err := a.dir.read(name); err == nil {
		if cert, _, err := pair.decode(); err == nil && l.fits(cert, a.cert, a.dir.now) {
			return pair, nil
		}
	}
	pair, err := a.Issue(l)
	if err != nil {
		return Pair{}, err
	}
	return pair, a.dir.write(name, pair)
}

// Issue makes a certificate without storing it.
func (a *Authority) Issue(l Leaf) (Pair, error) {
	pair, err := a.issue(l, a.dir.now)
	if err != nil {
		return Pair{}, fmt.Errorf("certificates: %w", err)
	}
	return pair, nil
}

// Key makes the key called name if there is none, and returns its path.
func (d *Dir) Key(name string) (string, error) {
	path := d.KeyFile(name)
	b, err := os.ReadFile(path)
	if err == nil {
		if _, err := decodeKey(b); err != nil {
			return "", fmt.Errorf("%s: %w: restore it from a backup, or remove it to start over (every token it signed is then void)", path, err)
		}
		return path, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("certificates: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("certificates: making %s: %w", name, err)
	}
	if b, err = encodeKey(key); err != nil {
		return "", fmt.Errorf("certificates: %w", err)
	}
	return path, WriteFile(path, b, 0o600)
}
