package etcd

import (
	"errors"
	"slices"
	"testing"

	"github.com/go-logr/logr/funcr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// request prints its stored value, as etcd's own requests do.
type request struct{ value string }

func (r request) String() string { return r.value }

// Requests are not logged at any verbosity: neither etcd's debug lines nor values that
// print a request.
func TestWhatIsStoredIsNotLogged(t *testing.T) {
	c := newLogCore(funcr.New(func(_, _ string) {}, funcr.Options{Verbosity: 10}))
	if c.Enabled(zapcore.DebugLevel) || !c.Enabled(zapcore.InfoLevel) {
		t.Error("debugging is logged, or nothing is")
	}
	var kept []string
	for _, f := range plainOnes([]zapcore.Field{
		zap.String("name", "n"), zap.Int("size", 3), zap.Error(errors.New("no")),
		zap.Stringer("stringer", request{"hidden"}), zap.Any("any", &request{"hidden"}), zap.Reflect("reflect", request{"hidden"}),
		zap.ByteString("bytes", []byte("hidden")), zap.Binary("binary", []byte("hidden")), zap.Strings("keys", []string{"hidden"}),
	}) {
		kept = append(kept, f.Key)
	}
	if want := []string{"name", "size", "error"}; !slices.Equal(kept, want) {
		t.Errorf("kept %q, want %q", kept, want)
	}
}
