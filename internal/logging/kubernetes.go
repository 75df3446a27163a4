package logging

import (
	"fmt"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
)

// Kubernetes' log lines may contain secrets: from level 6 on clients log requests,
// from 8 on with their bodies, and messages of any level have objects as values.
// Whatever -v is, only what is known to be harmless is shown: messages up to
// mostDetail, with the values that describe admits.
const mostDetail = 5

// describe replaces values that are not known to be harmless by their types.
func describe(keysAndValues []any) []any {
	told := make([]any, len(keysAndValues))
	for i, v := range keysAndValues {
		if told[i] = v; i%2 == 1 && !harmless(v) {
			told[i] = fmt.Sprintf("(%T)", v)
		}
	}
	return told
}

// harmless reports whether a value is plain, or the name of something. An object would
// print its contents, directly or through its String method.
func harmless(v any) bool {
	switch v.(type) {
	case nil, error, time.Time, []string,
		types.NamespacedName, schema.GroupVersionKind, schema.GroupVersionResource, schema.GroupResource, schema.GroupKind:
		return true
	}
	t := reflect.TypeOf(v)
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return t.PkgPath() == reflect.TypeFor[klog.ObjectRef]().PkgPath() // references by name
}
