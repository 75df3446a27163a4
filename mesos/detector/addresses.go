package detector

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

// addresses are a fixed list of masters.
type addresses []*url.URL

func (l addresses) detect(context.Context) ([]*url.URL, error) { return l, nil }

// parseAddresses parses comma-separated addresses.
func parseAddresses(master, apiPath string, encrypted bool) (l addresses, err error) {
	for _, one := range strings.Split(master, ",") {
		u, err := parseAddress(strings.TrimSpace(one), encrypted)
		if err != nil {
			return nil, fmt.Errorf("mesos master %q: %w; wanted are host:port, a comma separated list of these, http(s)://host:port or zk://host:port/path", master, err)
		}
		l = append(l, u.JoinPath(apiPath))
	}
	return l, nil
}

// parseAddress parses host, host:port or a URL. A path is kept in front of the API's
// own, for masters behind a proxy. If encryption is wanted, an address without a
// scheme uses https, and one with http is refused: it would get our secret in the
// clear.
func parseAddress(s string, encrypted bool) (*url.URL, error) {
	if s == "" {
		return nil, errors.New("an empty address")
	}
	bare := !strings.Contains(s, "://")
	if bare {
		scheme := "http"
		if encrypted {
			scheme = "https"
		}
		s = scheme + "://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.Unwrap(err) // without the URL, which may hold a secret
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q is not a scheme of a master", u.Scheme)
	case encrypted && u.Scheme == "http":
		return nil, errors.New("http, although certificates for TLS are given; say https, or give none")
	case u.User != nil:
		return nil, errors.New("credentials in the address would be shown in logs; pass principal and secret on their own")
	case u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || bare && u.Path != "":
		return nil, errors.New("not host:port")
	case bare && u.Port() == "":
		u.Host = net.JoinHostPort(u.Hostname(), "5050") // the port of mesos-master
	}
	return u, nil
}

func firstLine(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	if !s.Scan() {
		return "", errors.Join(s.Err(), errors.New("the file is empty"))
	}
	return strings.TrimSpace(s.Text()), nil
}
