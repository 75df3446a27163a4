package convert

import (
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// amountFromCore converts cores to a decimal number as text, and everything else to
// an integer.
func amountFromCore(name corev1.ResourceName, q resource.Quantity) wire.Amount {
	if name == corev1.ResourceCPU {
		return wire.TextAmount(strconv.FormatFloat(float64(q.MilliValue())/1000, 'f', -1, 64))
	}
	return wire.IntAmount(q.Value())
}

func amountToCore(name string, a wire.Amount) resource.Quantity {
	if name == string(corev1.ResourceCPU) && !a.IsInt() {
		return *resource.NewMilliQuantity(a.Milli(), resource.DecimalSI)
	}
	if name == string(corev1.ResourceMemory) {
		return *resource.NewQuantity(a.Whole(), resource.BinarySI)
	}
	return *resource.NewQuantity(a.Whole(), resource.DecimalSI)
}

func resourcesFromCore(in corev1.ResourceList) wire.ResourceList {
	if len(in) == 0 {
		return nil
	}
	out := make(wire.ResourceList, len(in))
	for name, q := range in {
		out[string(name)] = amountFromCore(name, q)
	}
	return out
}

// resourcesToCore keeps a stored quantity, however precise, if v1beta1 still shows it
// as what was sent.
func resourcesToCore(in wire.ResourceList, stored corev1.ResourceList) corev1.ResourceList {
	if len(in) == 0 {
		if len(stored) == 0 {
			return stored
		}
		return nil
	}
	out := make(corev1.ResourceList, len(in))
	for name, a := range in {
		n := corev1.ResourceName(name)
		if q, ok := stored[n]; ok && amountFromCore(n, q).String() == a.String() {
			out[n] = q
			continue
		}
		out[n] = amountToCore(name, a)
	}
	return out
}

// requirementsFromCore leaves out a request that equals its limit, unless the
// client set it: core/v1 defaults requests to limits, v1beta1 did not. If shown,
// it would prevent a client from lowering the limit.
func requirementsFromCore(in *corev1.ResourceRequirements, original *containerOriginals) wire.ResourceRequirements {
	r := wire.ResourceRequirements{Limits: resourcesFromCore(in.Limits), Requests: resourcesFromCore(in.Requests)}
	for name := range in.Requests {
		if impliedRequest(name, in) && !slices.Contains(original.Requests, string(name)) {
			delete(r.Requests, string(name))
		}
	}
	if len(r.Requests) == 0 {
		r.Requests = nil
	}
	return r
}

func impliedRequest(name corev1.ResourceName, r *corev1.ResourceRequirements) bool {
	limit, limited := r.Limits[name]
	request, requested := r.Requests[name]
	return limited && requested && limit.Cmp(request) == 0
}

// requirementsToCore applies the aliases (cpu and memory override the limits with
// these names) and restores the requests that were left out.
func requirementsToCore(in *wire.Container, out *corev1.ResourceRequirements, original *containerOriginals) {
	stored := *out
	limits := maps.Clone(in.Resources.Limits)
	alias := func(name corev1.ResourceName, shown, sent int64, value wire.Amount) {
		q, ok := stored.Limits[name]
		if l, stated := limits[string(name)]; sent <= 0 || ok && shown == sent && stated && amountFromCore(name, q).String() == l.String() {
			return // absent or unchanged
		}
		if limits == nil {
			limits = wire.ResourceList{}
		}
		limits[string(name)] = value
	}
	alias(corev1.ResourceCPU, stored.Limits.Cpu().MilliValue(), in.CPU, milliCores(in.CPU))
	alias(corev1.ResourceMemory, stored.Limits.Memory().Value(), in.Memory, wire.IntAmount(in.Memory))
	out.Limits = resourcesToCore(limits, stored.Limits)
	requests := resourcesToCore(in.Resources.Requests, stored.Requests)
	for name, limit := range out.Limits {
		if _, stated := requests[name]; stated {
			if impliedRequest(name, &corev1.ResourceRequirements{Limits: out.Limits, Requests: requests}) {
				original.Requests = append(original.Requests, string(name))
			}
			continue
		}
		if !impliedRequest(name, &stored) {
			continue
		}
		if requests == nil {
			requests = corev1.ResourceList{}
		}
		if limit.Cmp(stored.Limits[name]) == 0 {
			limit = stored.Requests[name]
		}
		requests[name] = limit
	}
	slices.Sort(original.Requests)
	out.Requests = requests
}

// milliCores returns the amount of m thousandths of a core.
func milliCores(m int64) wire.Amount {
	return wire.TextAmount(strconv.FormatFloat(float64(m)/1000, 'f', -1, 64))
}
