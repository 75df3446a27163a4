package cluster

import (
	"os"
	"path/filepath"
	"testing"
)

// Principal and Secret are the credentials of frameworks at a test's local Mesos.
const (
	Principal = "e2e"
	Secret    = "e2e-secret"
)

// Login writes the secret to a file and returns the flags with which a framework_runner
// authenticates to a local Mesos.
func Login(t testing.TB) []string {
	t.Helper()
	return []string{"-mesos_authentication_principal=" + Principal, "-mesos_authentication_secret_file=" + file(t, "secret", Secret)}
}

// Credentials writes a credentials file for a local Mesos and returns its flag.
func Credentials(t testing.TB) string {
	t.Helper()
	return "-local_credentials=" + file(t, "credentials", Principal+" "+Secret)
}

func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
