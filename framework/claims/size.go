package claims

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// largest is the most bytes that a volume of ours may have. It is more than a node's disk
// has, and so little that sums of sizes do not overflow.
const largest = 1 << 48

// Size returns how many bytes a claim asks for, or a volume has. What is larger than any
// volume of ours may be counts as the largest.
func Size(storage *resource.Quantity) int64 {
	if storage.CmpInt64(largest) > 0 {
		return largest
	}
	return storage.Value()
}

// TooLarge returns an error if a claim asks for more than any volume of ours may have.
func TooLarge(c *v1.PersistentVolumeClaim) error {
	if asked := c.Spec.Resources.Requests.Storage(); asked.CmpInt64(largest) > 0 {
		return fmt.Errorf("a volume of %s is not possible: the largest has %s", asked, resource.NewQuantity(largest, resource.BinarySI))
	}
	return nil
}
