// Package sharedpki gives all framework_runners on one etcd the same authorities and
// the same key for service account tokens, so a certificate or token of one is valid
// for every other.
//
// They are kept in etcd; the first framework_runner provides or makes them. Each data
// directory has a copy, for the components that read files. This package does not
// handle leaf certificates: each framework_runner has its own.
package sharedpki

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/pki"
)

// Prefix is the prefix of the keys in etcd; the rest of each is a file's name.
const Prefix = "/kubernetes-mesos/pki/"

// names are the shared files. A key comes before its certificate: on disk, a
// certificate exists only if its key does.
var names = [...]string{"ca.key", "ca.crt", "front-proxy-ca.key", "front-proxy-ca.crt", "service-account.key"}

// bundle maps the names of all shared files to their contents.
type bundle map[string][]byte

// A MismatchError reports that a data directory belongs to a different cluster from
// the one in etcd.
type MismatchError struct{ File, Key string }

// Error names both, and says what to do.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s is not what etcd keeps under %s: this data directory and that etcd are of two clusters; "+
		"use an empty data directory to join the one in etcd, or the etcd that this one belongs to", e.File, e.Key)
}

// Share makes the authorities and the service account key in dir those that kv holds
// for the cluster. If kv has none yet, Share stores those of dir there, after making
// what is missing as of now. A *MismatchError leaves both unchanged.
func Share(ctx context.Context, kv clientv3.KV, dir string, now time.Time) error {
	kept, err := load(ctx, kv)
	if err == nil && kept == nil {
		kept, err = offer(ctx, kv, dir, now)
	}
	if err != nil {
		return fmt.Errorf("shared authorities: %w", err)
	}
	if err := adopt(dir, kept); err != nil {
		return fmt.Errorf("shared authorities: %w", err)
	}
	return nil
}

// load returns what kv has, or nil if it has nothing.
func load(ctx context.Context, kv clientv3.KV) (bundle, error) {
	got, err := kv.Get(ctx, Prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, fmt.Errorf("etcd %s: %w", Prefix, err)
	}
	if len(got.Kvs) == 0 {
		return nil, nil
	}
	b := bundle{}
	for _, kv := range got.Kvs {
		b[string(kv.Key[len(Prefix):])] = kv.Value
	}
	for _, name := range names {
		if len(b[name]) == 0 {
			return nil, fmt.Errorf("etcd has lost %s: put it back from the pki folder of a framework_runner's data directory", Prefix+name)
		}
	}
	return b, nil
}

// offer stores the completed bundle of dir in kv, unless another process was faster.
// It returns what kv then has.
func offer(ctx context.Context, kv clientv3.KV, dir string, now time.Time) (bundle, error) {
	own, err := draft(dir, now)
	if err != nil {
		return nil, err
	}
	var absent []clientv3.Cmp
	var puts []clientv3.Op
	for _, name := range names {
		absent = append(absent, clientv3.Compare(clientv3.CreateRevision(Prefix+name), "=", 0))
		puts = append(puts, clientv3.OpPut(Prefix+name, string(own[name])))
	}
	done, err := kv.Txn(ctx).If(absent...).Then(puts...).Commit()
	if err != nil {
		return nil, fmt.Errorf("etcd %s: %w", Prefix, err)
	}
	if !done.Succeeded {
		return load(ctx, kv)
	}
	return own, nil
}

// draft returns what dir has, completed with what is missing, without writing to dir:
// another process's bundle may win.
func draft(dir string, now time.Time) (bundle, error) {
	temporary, err := os.MkdirTemp(filepath.Dir(dir), "pki.draft-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(temporary, name), content, 0o600)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := complete(temporary, now); err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), temporary, dir)) // it tells people what to restore
	}
	b := bundle{}
	for _, name := range names {
		if b[name], err = os.ReadFile(filepath.Join(temporary, name)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// complete makes what is missing in dir; broken content is an error.
func complete(dir string, now time.Time) error {
	d, err := pki.Open(dir, now)
	if err != nil {
		return err
	}
	for _, authority := range []string{"ca", "front-proxy-ca"} {
		if _, err := d.Authority(authority); err != nil {
			return err
		}
	}
	_, err = d.Key("service-account")
	return err
}

// adopt writes to dir what is missing there, after checking that nothing differs.
func adopt(dir string, kept bundle) error {
	missing := map[string]bool{}
	for _, name := range names {
		path := filepath.Join(dir, name)
		own, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing[name] = true
		case err != nil:
			return err
		case !bytes.Equal(bytes.TrimSpace(own), bytes.TrimSpace(kept[name])):
			return &MismatchError{File: path, Key: Prefix + name}
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, name := range names {
		if !missing[name] {
			continue
		}
		mode := fs.FileMode(0o600)
		if filepath.Ext(name) == ".crt" {
			mode = 0o644
		}
		if err := pki.WriteFile(filepath.Join(dir, name), kept[name], mode); err != nil {
			return err
		}
	}
	return nil
}
