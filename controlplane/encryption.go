package controlplane

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/pki"
)

// secretsKeyBytes is the length of a key of NaCl's secretbox.
const secretsKeyBytes = 32

// madeSuffix, appended to the name of a key's file, names the file that records that
// a key was made.
const madeSuffix = ".made"

// newSecretsKey makes a key for secrets in the format that the API server reads.
func newSecretsKey() []byte {
	key := make([]byte, secretsKeyBytes)
	rand.Read(key) // never fails: crypto/rand ends the process first
	return []byte(base64.StdEncoding.EncodeToString(key) + "\n")
}

// secretsKeyFile returns the path of the key for secrets.
func (s resolved) secretsKeyFile() string { return filepath.Join(s.DataDir, "pki", "secrets.key") }

// secretsKey returns the key in the file at path. It makes one if there is none, even
// where secrets are not encrypted, so secrets stay readable when encryption is
// switched on or off on one framework_runner after another. It does not replace a
// key that existed once.
func secretsKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, gone := os.Stat(path + madeSuffix); gone == nil {
			return nil, fmt.Errorf("key for secrets: %s is missing: restore it from a backup, or, if no secret was ever encrypted, delete %s", path, path+madeSuffix)
		}
		key = newSecretsKey()
		err = pki.WriteFile(path, key, 0o600)
	}
	if err == nil {
		err = pki.WriteFile(path+madeSuffix, []byte("secrets.key has been made; secrets may be encrypted with it\n"), 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("key for secrets: %w", err)
	}
	key = bytes.TrimSpace(key)
	if raw, err := base64.StdEncoding.DecodeString(string(key)); err != nil || len(raw) != secretsKeyBytes {
		return nil, fmt.Errorf("key for secrets: %s does not hold %d bytes in base64: restore it from a backup (encrypted secrets cannot be read without it)", path, secretsKeyBytes)
	}
	return key, nil
}

// encryptionConfiguration makes both encrypted and plain secrets readable; the
// provider that it lists first writes them.
func encryptionConfiguration(key []byte, encrypt bool) any {
	providers := []object{
		{"secretbox": object{"keys": []object{{"name": "kubernetes-mesos", "secret": string(key)}}}},
		{"identity": object{}},
	}
	if !encrypt {
		providers[0], providers[1] = providers[1], providers[0]
	}
	return object{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
		"resources": []object{{"resources": []string{"secrets"}, "providers": providers}},
	}
}
