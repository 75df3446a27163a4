package controlplane

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// grants returns the rights that our cluster needs in addition to those that the API
// server creates itself.
func grants(c Config) []rbacv1.ClusterRoleBinding {
	all := []rbacv1.ClusterRoleBinding{
		// An agent with a bootstrap token may request its certificate.
		grant("node-bootstrapper", "system:node-bootstrapper", rbacv1.Subject{Kind: rbacv1.GroupKind, Name: "system:bootstrappers"}),
		// The API server may fetch logs from kubelets and run commands there.
		grant("kubelet-api", "system:kubelet-api-admin", rbacv1.Subject{Kind: rbacv1.UserKind, Name: kubeletClientUser}),
	}
	nodes := rbacv1.Subject{Kind: rbacv1.GroupKind, Name: "system:nodes"}
	if c.ServicesOnNodes {
		// An executor makes rules for services, and routes to other nodes.
		all = append(all, grant("node-proxier", "system:node-proxier", nodes))
	}
	if c.ClusterDNS != "" {
		// It answers names of services, which are those of namespaces too.
		all = append(all, grant("cluster-dns", clusterDNSRole, nodes))
	}
	if c.PoliciesOnNodes {
		// It enforces policies, which select the pods and namespaces of the whole cluster.
		all = append(all, grant("network-policies", networkPolicyRole, nodes))
	}
	return all
}

// The roles of ours.
const (
	networkPolicyRole = "kubernetes-mesos:network-policies"
	clusterDNSRole    = "kubernetes-mesos:cluster-dns"
	metricsRole       = "system:aggregated-metrics-reader" // as in other clusters
)

// roles returns the roles that grants refers to and the API server does not have, and the
// one by which those who may view, edit or administer see what pods and Nodes use.
func roles(c Config) []rbacv1.ClusterRole {
	all := []rbacv1.ClusterRole{{
		ObjectMeta: metav1.ObjectMeta{Name: metricsRole, Labels: map[string]string{
			"rbac.authorization.k8s.io/aggregate-to-view":  "true",
			"rbac.authorization.k8s.io/aggregate-to-edit":  "true",
			"rbac.authorization.k8s.io/aggregate-to-admin": "true",
		}},
		Rules: []rbacv1.PolicyRule{{Verbs: []string{"get", "list"}, APIGroups: []string{metrics.GroupName}, Resources: []string{"pods", "nodes"}}},
	}}
	read := []string{"list", "watch"}
	if c.ClusterDNS != "" {
		all = append(all, rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: clusterDNSRole}, Rules: []rbacv1.PolicyRule{
			{Verbs: read, APIGroups: []string{""}, Resources: []string{"services", "namespaces"}},
			{Verbs: read, APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}},
		}})
	}
	if c.PoliciesOnNodes {
		all = append(all, rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: networkPolicyRole}, Rules: []rbacv1.PolicyRule{
			{Verbs: read, APIGroups: []string{""}, Resources: []string{"pods", "namespaces"}},
			{Verbs: read, APIGroups: []string{"networking.k8s.io"}, Resources: []string{"networkpolicies"}},
		}})
	}
	return all
}

func grant(name, role string, to rbacv1.Subject) rbacv1.ClusterRoleBinding {
	to.APIGroup = rbacv1.GroupName
	return rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "kubernetes-mesos:" + name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{to},
	}
}

// giveGrants creates the missing roles and bindings. It leaves existing ones alone: a
// change to them was intended.
func giveGrants(ctx context.Context, client kubernetes.Interface, c Config) error {
	for _, r := range roles(c) {
		_, err := client.RbacV1().ClusterRoles().Create(ctx, &r, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("cluster role %s: %w", r.Name, err)
		}
	}
	for _, g := range grants(c) {
		_, err := client.RbacV1().ClusterRoleBindings().Create(ctx, &g, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("cluster role binding %s: %w", g.Name, err)
		}
	}
	return nil
}
