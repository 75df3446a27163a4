package detector

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/go-logr/logr"
)

// A Config says which masters there are and how their URLs are made.
type Config struct {
	// Master is host:port, a comma separated list of these, http(s)://host:port,
	// zk://[user:password@]host:port,…/path, or file:///path of a file whose first line
	// is one of these.
	Master string
	// Path is that of the masters' API, appended to each URL.
	Path string
	// Encrypted makes https the scheme of masters found through ZooKeeper and of
	// addresses without one, and refuses http.
	Encrypted bool
	// Dial connects to ZooKeeper; nil is the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Log receives the messages of the ZooKeeper client, at verbosity 2.
	Log logr.Logger
}

// A Detector returns where masters may be.
type Detector struct {
	source      source
	description string
}

type source interface {
	detect(ctx context.Context) ([]*url.URL, error)
}

// New returns a Detector that has not connected to anything yet. The error says what is
// wrong with cfg.Master.
func New(cfg Config) (*Detector, error) {
	master, by := strings.TrimSpace(cfg.Master), ""
	if path, ok := strings.CutPrefix(master, "file://"); ok {
		line, err := firstLine(path)
		if err != nil {
			return nil, fmt.Errorf("mesos master %q: %w", master, err)
		}
		if strings.HasPrefix(line, "file://") {
			return nil, fmt.Errorf("mesos master %q: the file names another file, %q", master, line)
		}
		master, by = line, " (named in the file "+path+")"
	}
	if strings.HasPrefix(master, "zk://") {
		z, err := parseZooKeeper(master)
		if err != nil {
			return nil, err
		}
		z.apiPath, z.dial, z.log = cfg.Path, cfg.Dial, cfg.Log
		if cfg.Encrypted {
			z.scheme = "https"
		}
		return &Detector{z, "that registers at zk://" + strings.Join(z.servers, ",") + z.path + by}, nil
	}
	l, err := parseAddresses(master, cfg.Path, cfg.Encrypted)
	if err != nil {
		return nil, err
	}
	return &Detector{l, master + by}, nil
}

// Detect returns the URLs of the API at the masters, the likeliest leader first.
func (d *Detector) Detect(ctx context.Context) ([]*url.URL, error) { return d.source.detect(ctx) }

// String describes the masters and how they are found, for people.
func (d *Detector) String() string { return d.description }
