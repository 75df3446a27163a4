package app

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

// declareMesos declares the flags of the connection to a Mesos master.
func (o *options) declareMesos(fs *flag.FlagSet) {
	fs.StringVar(&o.mesosMaster, "mesos_master", "local", "the Mesos `master`: host:port, a comma-separated list of these, http(s)://host:port, "+
		"zk://host:port,host:port/path, or file:///path of a file that holds one of these; local or local(N) for a Mesos with N agents inside this process; none to host the API only and schedule nothing")
	fs.StringVar(&o.principal, "mesos_authentication_principal", "", "`principal` to authenticate as to the master")
	fs.StringVar(&o.secretFile, "mesos_authentication_secret_file", "", "`file` that holds the principal's secret; only its owner and group may read it")
	fs.StringVar(&o.mesosTLS.CA, "mesos_ca_file", "", "`file` with the certificates of the authorities that sign masters' certificates; with it, or with a client certificate, masters are reached by https (default with https: those of the system)")
	fs.StringVar(&o.mesosTLS.Cert, "mesos_cert_file", "", "`file` with the client certificate for masters")
	fs.StringVar(&o.mesosTLS.Key, "mesos_key_file", "", "`file` with the key of -mesos_cert_file; only its owner and group may read it")
	fs.BoolVar(&o.mesosTLS.RSAKeyExchange, "mesos_tls_rsa_key_exchange", false, "also offer ciphers with RSA key exchange, which have no forward secrecy, to https masters; a Mesos with default LIBPROCESS_SSL_CIPHERS has no other ciphers that Go has")
}

func (o *options) checkMesos() error {
	if (o.principal == "") != (o.secretFile == "") {
		return errors.New("-mesos_authentication_principal and -mesos_authentication_secret_file are given together or not at all")
	}
	if o.mesosTLS.Key != "" {
		if err := private(o.mesosTLS.Key); err != nil {
			return fmt.Errorf("-mesos_key_file: %w", err)
		}
	}
	var err error
	o.master, err = parseMaster(o.mesosMaster, o.mesosTLS)
	return err
}

// secret reads the principal's secret, "" when there is none. A final newline,
// as editors leave it, does not belong to the secret.
func (o *options) secret() (string, error) {
	if o.secretFile == "" {
		return "", nil
	}
	if err := private(o.secretFile); err != nil {
		return "", fmt.Errorf("-mesos_authentication_secret_file: %w", err)
	}
	b, err := os.ReadFile(o.secretFile)
	if err != nil {
		return "", fmt.Errorf("-mesos_authentication_secret_file: %w", err)
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" {
		return "", fmt.Errorf("-mesos_authentication_secret_file: %s is empty", o.secretFile)
	}
	return s, nil
}

// private refuses a file that everybody on this machine may read or write.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		return fmt.Errorf("%s is open to everybody (%04o); close it: chmod o= %[1]s", path, mode)
	}
	return nil
}
