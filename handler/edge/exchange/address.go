package exchange

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Address is from where a request comes, as a short text: the address that the
// proxy in front saw, where there is one on this machine (the Functions host),
// else the other end of the connection. Of IPv6 it is the network, /64, since one
// host has as many addresses there as it likes. It is "" if there is none to be
// read. What a caller writes into X-Forwarded-For itself stands before what the
// proxy adds and is not read.
func Address(r *http.Request) string {
	peer := parseAddress(r.RemoteAddr)
	forwarded := r.Header.Values("X-Forwarded-For")
	if peer.IsLoopback() && len(forwarded) > 0 {
		list := forwarded[len(forwarded)-1]
		peer = parseAddress(strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:]))
	}
	switch {
	case !peer.IsValid():
		return ""
	case peer.Is4():
		return peer.String()
	}
	network, err := peer.Prefix(64)
	if err != nil {
		return ""
	}
	return network.String()
}

// parseAddress reads an address with or without a port; Azure's front end sends
// one with it.
func parseAddress(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}
