package app

import (
	"crypto/rand"
	"fmt"
	"os"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
)

// readCredentials reads the credentials that a local Mesos knows.
func (o *options) readCredentials() error {
	if o.localCredentials == "" {
		return nil
	}
	if o.master.kind != masterLocal {
		return fmt.Errorf("-local_credentials are for -mesos_master=local or local(N), not %q: towards a master there is -mesos_authentication_principal", o.mesosMaster)
	}
	if err := private(o.localCredentials); err != nil {
		return fmt.Errorf("-local_credentials: %w", err)
	}
	b, err := os.ReadFile(o.localCredentials)
	if err != nil {
		return fmt.Errorf("-local_credentials: %w", err)
	}
	if o.credentials, err = local.ParseCredentials(b); err != nil {
		return fmt.Errorf("-local_credentials: %s: %w", o.localCredentials, err)
	}
	return nil
}

// login identifies us to the master.
type login struct{ principal, secret string }

// setLogin sets our identity towards the master. A Mesos inside this process,
// which other users of this machine can reach too, knows us by a secret that no
// other process has: one made for this run, unless the user chose a principal.
func (o *options) setLogin() error {
	secret, err := o.secret()
	o.login = login{o.principal, secret}
	if err != nil || o.master.kind != masterLocal || o.serveLocalMesos != "" {
		return err
	}
	if o.principal == "" {
		o.login = login{"framework_runner", rand.Text()}
	}
	if o.credentials == nil {
		o.credentials = map[string]string{}
	}
	if other, named := o.credentials[o.login.principal]; named && other != o.login.secret {
		return fmt.Errorf("-local_credentials: this process itself is %q, but by another secret than that file has; choose another principal there", o.login.principal)
	}
	o.credentials[o.login.principal] = o.login.secret
	return nil
}
