package controlplane

import (
	"context"
	"io"
	"slices"

	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/pkg/apis/networking"
)

// unenforced is an admission plugin. It adds a warning to the answer to each write of a
// NetworkPolicy: nothing enforces it. The warning is a header, which kubectl prints.
type unenforced struct {
	*admission.Handler
	warning string
}

const unenforcedPlugin = "UnenforcedNetworkPolicy"

// Validate lets everything pass.
func (u unenforced) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if a.GetResource().GroupResource() == networking.Resource("networkpolicies") {
		warning.AddWarning(ctx, "", u.warning)
	}
	return nil
}

// warnOfPolicies adds the plugin to the API server's own.
func warnOfPolicies(o *options.ServerRunOptions, text string) {
	addAdmission(o, unenforcedPlugin, unenforced{admission.NewHandler(admission.Create, admission.Update), text})
}

// addAdmission adds an admission plugin of ours behind the API server's own.
func addAdmission(o *options.ServerRunOptions, name string, plugin admission.Interface) {
	a := o.Admission.GenericAdmission
	a.Plugins.Register(name, func(io.Reader) (admission.Interface, error) { return plugin, nil })
	a.RecommendedPluginOrder = append(slices.Clone(a.RecommendedPluginOrder), name)
	a.EnablePlugins = append(a.EnablePlugins, name)
}
