package detector

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

const zkPort = "2181"

// parseZooKeeper reads zk://[user:password@]host:port,…/path.
func parseZooKeeper(master string) (*zookeeper, error) {
	// Errors show only what follows the password.
	rest := strings.TrimPrefix(master, "zk://")
	auth, hosts := "", rest
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		auth, hosts = rest[:at], rest[at+1:]
	}
	fail := func(what string) (*zookeeper, error) {
		return nil, fmt.Errorf("mesos master zk://…%s: %s; wanted is zk://[user:password@]host:port,host:port/path", hosts, what)
	}
	if auth == "" && hosts != rest || auth != "" && !strings.Contains(auth, ":") {
		return fail("the credentials are not user:password")
	}
	hosts, path, _ := strings.Cut(hosts, "/")
	path = "/" + strings.TrimSuffix(path, "/")
	if path == "/" || strings.Contains(path, "//") {
		return fail("it lacks the path below which the masters register, as /mesos")
	}
	z := &zookeeper{path: path, auth: auth, scheme: "http"}
	for _, server := range strings.Split(hosts, ",") {
		u, err := url.Parse("zk://" + strings.TrimSpace(server))
		if err != nil || u.Hostname() == "" || u.Path != "" {
			return fail("a server is not host:port")
		}
		port := u.Port()
		if port == "" {
			port = zkPort
		}
		z.servers = append(z.servers, net.JoinHostPort(u.Hostname(), port))
	}
	return z, nil
}
