package nodecerts

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	certv1 "k8s.io/api/certificates/v1"
)

const (
	nodeUser       = "system:node:"
	nodeGroup      = "system:nodes"
	bootstrapUser  = "system:bootstrap:"
	bootstrapGroup = "system:bootstrappers"
)

// nodeFacts provides what is known about nodes without trusting their kubelets.
type nodeFacts interface {
	// tokenNode returns the node whose bootstrap token has that id.
	tokenNode(id string) (node string, ok bool)

	// addresses returns the names and addresses that a node may certify.
	addresses(node string) (names []string, ips []net.IP)

	// refuse returns why a node may not certify an address as its second, nil if it may.
	refuse(node string, ip net.IP) error
}

// errNotOurs means that a request is not from a kubelet of ours: it is left to
// others.
var errNotOurs = errors.New("not a kubelet's request")

// approve decides whether a certificate may be signed: nil means yes, and the
// string says why.
//
// A client certificate is for the node that the bootstrap token belongs to, or
// renews the requesting node's own. A serving certificate is for the requesting
// node itself, with no name or address but its own; in a cluster of two IP families one
// may be the node's own word, see [Second]. Both ask for nothing beyond
// what their signers are for (see kube-apiserver-client-kubelet and
// kubelet-serving in Kubernetes' documentation on certificate signing requests).
func approve(csr *certv1.CertificateSigningRequest, facts nodeFacts) (string, error) {
	client := csr.Spec.SignerName == certv1.KubeAPIServerClientKubeletSignerName
	serving := csr.Spec.SignerName == certv1.KubeletServingSignerName
	if !client && !serving {
		return "", errNotOurs
	}
	req, err := parseRequest(csr.Spec.Request)
	if err != nil {
		return "", err
	}
	node, err := requester(csr, facts, client)
	if err != nil {
		return "", err
	}
	if req.Subject.CommonName != nodeUser+node {
		return "", fmt.Errorf("%s may have a certificate for %s only, asks for %q", csr.Spec.Username, nodeUser+node, req.Subject.CommonName)
	}
	if !slices.Equal(req.Subject.Organization, []string{nodeGroup}) {
		return "", fmt.Errorf("organization must be %s alone, is %q", nodeGroup, req.Subject.Organization)
	}
	if len(req.EmailAddresses) > 0 || len(req.URIs) > 0 {
		return "", errors.New("a kubelet has no e-mail addresses or URIs")
	}
	if client {
		return "the bootstrap token or certificate of node " + node, clientRules(csr, req)
	}
	return "its own names and addresses, asked for by node " + node, servingRules(csr, req, node, facts)
}

// requester returns the requesting node.
func requester(csr *certv1.CertificateSigningRequest, facts nodeFacts, client bool) (string, error) {
	if node, ok := strings.CutPrefix(csr.Spec.Username, nodeUser); ok && slices.Contains(csr.Spec.Groups, nodeGroup) {
		return node, nil
	}
	id, ok := strings.CutPrefix(csr.Spec.Username, bootstrapUser)
	if !ok || !client || !slices.Contains(csr.Spec.Groups, bootstrapGroup) {
		return "", fmt.Errorf("%s is not a node: %w", csr.Spec.Username, errNotOurs)
	}
	node, ok := facts.tokenNode(id)
	if !ok {
		return "", fmt.Errorf("%s has a bootstrap token that belongs to no node: %w", csr.Spec.Username, errNotOurs)
	}
	return node, nil
}

func clientRules(csr *certv1.CertificateSigningRequest, req *x509.CertificateRequest) error {
	if len(req.DNSNames) > 0 || len(req.IPAddresses) > 0 {
		return errors.New("a client certificate has no names or addresses")
	}
	return usages(csr, certv1.UsageClientAuth)
}

func servingRules(csr *certv1.CertificateSigningRequest, req *x509.CertificateRequest, node string, facts nodeFacts) error {
	if len(req.DNSNames)+len(req.IPAddresses) == 0 {
		return errors.New("a serving certificate needs a name or an address")
	}
	names, ips := facts.addresses(node)
	for _, name := range req.DNSNames {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%q is not a name of node %s (%q)", name, node, names)
		}
	}
	var second net.IP
	for _, ip := range req.IPAddresses {
		if slices.ContainsFunc(ips, ip.Equal) {
			continue
		}
		if err := facts.refuse(node, ip); err != nil {
			return fmt.Errorf("%w (%s)", err, ips)
		}
		if second != nil {
			return fmt.Errorf("%s and %s are not both addresses of node %s (%s)", second, ip, node, ips)
		}
		second = ip
	}
	return usages(csr, certv1.UsageServerAuth)
}

func usages(csr *certv1.CertificateSigningRequest, main certv1.KeyUsage) error {
	for _, u := range csr.Spec.Usages {
		if u != main && u != certv1.UsageDigitalSignature && u != certv1.UsageKeyEncipherment {
			return fmt.Errorf("usage %q is not for this signer", u)
		}
	}
	if !slices.Contains(csr.Spec.Usages, main) {
		return fmt.Errorf("usage %q is missing", main)
	}
	return nil
}

func parseRequest(b []byte) (*x509.CertificateRequest, error) {
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("no PEM block of type CERTIFICATE REQUEST")
	}
	req, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	if err := req.CheckSignature(); err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	return req, nil
}
