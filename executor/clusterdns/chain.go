package clusterdns

import (
	"context"
	"fmt"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	_ "github.com/coredns/coredns/plugin/cache"   // by its name in chain
	_ "github.com/coredns/coredns/plugin/forward" // by its name in resolvers
	"github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance" // by its name in chain
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// serverType is what CoreDNS calls itself among the servers that caddy can start.
const serverType = "dns"

// newNames returns what answers the names of services and pods. Reverse names of others
// are passed on.
func (s *Server) newNames(ctx context.Context) (*kubernetes.Kubernetes, error) {
	text := fmt.Sprintf("kubernetes %s in-addr.arpa ip6.arpa {\n pods insecure\n fallthrough in-addr.arpa ip6.arpa\n}", s.cfg.Domain)
	c := caddy.NewTestController(serverType, text)
	c.Next()
	names, err := kubernetes.ParseStanza(c)
	if err != nil {
		return nil, err
	}
	names.ClientConfig = given{rest: s.cfg.Client}
	if _, _, err = names.InitKubeCache(ctx); err != nil {
		return nil, err
	}
	names.APIConn = sieve{known: names.APIConn, leads: s.led}
	return names, nil
}

// given is a client configuration that is not read from a file.
type given struct {
	file
	rest *rest.Config
}

type file = clientcmd.ClientConfig

// ClientConfig implements clientcmd.ClientConfig; its other methods are not called.
func (g given) ClientConfig() (*rest.Config, error) { return g.rest, nil }

// chain returns the handlers of a query, in order. What is known of the cluster is not
// cached: it would be late.
func (s *Server) chain(names *kubernetes.Kubernetes, resolvers *resolvers) (*dnsserver.Config, error) {
	cache := fmt.Sprintf("cache 30 . {\n disable success %[1]s\n disable denial %[1]s\n serve_stale 1h verify\n}", s.cfg.Domain)
	config := &dnsserver.Config{Zone: ".", ListenHosts: []string{""}}
	config.AddPlugin(func(next plugin.Handler) plugin.Handler {
		return &source{next: next, allows: s.allows, log: s.cfg.Log}
	})
	for _, part := range []struct{ name, text string }{{"loadbalance", "loadbalance round_robin"}, {"cache", cache}} {
		made, err := setUp(part.name, part.text)
		if err != nil {
			return nil, err
		}
		config.AddPlugin(made)
	}
	config.AddPlugin(func(next plugin.Handler) plugin.Handler {
		names.Next = next
		return names
	})
	config.AddPlugin(func(plugin.Handler) plugin.Handler { return resolvers })
	return config, nil
}

// setUp returns a plugin of CoreDNS that is configured by text, as a Corefile has it.
func setUp(name, text string) (plugin.Plugin, error) {
	set, err := caddy.DirectiveAction(serverType, name)
	if err != nil {
		return nil, err
	}
	c := caddy.NewTestController(serverType, text)
	if err := set(c); err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	return dnsserver.GetConfig(c).Plugin[0], nil
}
