package connector

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Transport makes connections to public addresses and to those in the networks
// that are allowed. An address is looked at when it is dialled, after the name
// was resolved, so that no name can lead to the deployment's own network. There
// is no proxy, which would resolve names itself.
func Transport(allowed []netip.Prefix) *http.Transport {
	dialer := &net.Dialer{
		Timeout: 10 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error { return checkAddress(address, allowed) },
	}
	return &http.Transport{
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: callTimeout,
		IdleConnTimeout: 90 * time.Second, MaxIdleConns: 100, MaxIdleConnsPerHost: 8,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// checkAddress refuses what is not public, unless it is allowed.
func checkAddress(address string, allowed []netip.Prefix) error {
	place, err := netip.ParseAddrPort(address)
	if err != nil {
		return refused("the business application's address cannot be read; correct the url of its connector or webhook").WithCause(err)
	}
	ip := place.Addr().Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(ip) }
	if slices.ContainsFunc(allowed, within) || ip.IsGlobalUnicast() && !slices.ContainsFunc(notPublic(), within) {
		return nil
	}
	return refused("the business application's name leads to an address that is not public; its network must be listed in HANDOVER_CONNECTOR_NETWORKS")
}

// notPublic are networks that look like public ones and are not: private (RFC
// 1918, 4193), shared (6598), of IANA's registries of special addresses (6890),
// those that hide an IPv4 address (6052, 3056, 4380), and the one at which every
// virtual machine of Azure finds its host.
func notPublic() []netip.Prefix {
	var list []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "168.63.129.16/32",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fec0::/10",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}
