package node

import (
	"errors"
	"net"
	"strings"
	"testing"
)

// The address is the named one, or the machine's address in the named network.
func TestChosenAddress(t *testing.T) {
	t.Parallel()
	own := []net.Addr{
		&net.IPNet{IP: net.IPv4(127, 0, 0, 1), Mask: net.CIDRMask(8, 32)},
		&net.IPNet{IP: net.IPv4(192, 168, 0, 5), Mask: net.CIDRMask(24, 32)},
		&net.IPNet{IP: net.IPv4(10, 1, 2, 3), Mask: net.CIDRMask(16, 32)},
		&net.IPNet{IP: net.ParseIP("fd00::3"), Mask: net.CIDRMask(64, 128)},
	}
	for text, want := range map[string]string{
		"10.9.9.9": "10.9.9.9", "10.1.0.0/16": "10.1.2.3", "192.168.0.0/16": "192.168.0.5", "fd00::/8": "fd00::3",
		"172.16.0.0/12": "no address in 172.16.0.0/12", "127.0.0.0/8": "no address", "10.1": "neither",
	} {
		ip, err := chosen(text, own)
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if ip.String() != want {
			t.Errorf("%s: %s, want %s", text, ip, want)
		}
	}
}

// What is wrong with an address is an error about that setting.
func TestAddressErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"10.1.0.0/33", "host", "1.2.3", "10.1.0.0/"} {
		var bad *ConfigError
		if _, err := New(Config{RootDir: "/r", Address: text}); !errors.As(err, &bad) || bad.Setting != nodeAddress {
			t.Errorf("%q: %v", text, err)
		}
	}
	var bad *ConfigError
	if _, err := chosen("198.51.100.0/24", nil); !errors.As(err, &bad) || bad.Setting != nodeAddress {
		t.Errorf("a network without an address here: %v", err)
	}
}
