package sharedpki

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/pki"
)

// ShareKey makes the key in the file at path the one that kv holds under the file's
// name. If kv has none yet, ShareKey stores the file's there, or fresh if there is no
// file either. A *MismatchError leaves both unchanged. It is for keys that were
// introduced in a later version than those of Share.
func ShareKey(ctx context.Context, kv clientv3.KV, path string, fresh []byte) error {
	own, err := os.ReadFile(path)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return fmt.Errorf("shared key: %w", err)
	}
	if missing {
		own = fresh
	}
	key := Prefix + filepath.Base(path)
	done, err := kv.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(key), "=", 0)).
		Then(clientv3.OpPut(key, string(own))).
		Else(clientv3.OpGet(key)).
		Commit()
	if err != nil {
		return fmt.Errorf("shared key: etcd %s: %w", key, err)
	}
	kept := own
	if !done.Succeeded {
		kept = done.Responses[0].GetResponseRange().Kvs[0].Value
	}
	if missing {
		return pki.WriteFile(path, kept, 0o600)
	}
	if !bytes.Equal(bytes.TrimSpace(own), bytes.TrimSpace(kept)) {
		return fmt.Errorf("shared key: %w", &MismatchError{File: path, Key: key})
	}
	return nil
}
