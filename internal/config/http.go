package config

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// maxConnections and maxRate are limits above what one process can serve.
const (
	maxConnections = 100_000
	maxRate        = 1_000_000
)

// errMapped refuses an IPv4 network in IPv6 notation, because addresses are compared in IPv4 notation.
var errMapped = errors.New("is an IPv4 network in IPv6 notation")

func (r *reader) readHTTP() {
	v := r.vars
	r.config.HTTP = HTTP{
		MaxConnections:           r.count("HTTP_MAX_CONNECTIONS", v.MaxConnections, maxConnections),
		MaxConnectionsPerAddress: r.count("HTTP_MAX_CONNECTIONS_PER_ADDRESS", v.MaxPerAddress, maxConnections),
		TrustedProxies:           r.networks("HTTP_TRUSTED_PROXIES", v.TrustedProxies),
		ProbeNetworks:            r.networks("HTTP_PROBE_NETWORKS", v.ProbeNetworks),
		ReadsPerSecond:           r.rate("RATE_READS_PER_SECOND", v.ReadsPerSecond),
		WritesPerSecond:          r.rate("RATE_WRITES_PER_SECOND", v.WritesPerSecond),
		WebhooksPerSecond:        r.rate("RATE_WEBHOOKS_PER_SECOND", v.WebhooksPerSec),
		StrangersPerSecond:       r.rate("RATE_STRANGERS_PER_SECOND", v.StrangersPerSec),
		WrongKeysPerMinute:       r.count("RATE_WRONG_KEYS_PER_MINUTE", v.WrongKeysPerMin, maxRate),
	}
	for _, network := range r.config.HTTP.TrustedProxies {
		if network.Bits() == 0 {
			r.problem("HTTP_TRUSTED_PROXIES has %s, which is every address: everybody could choose the address that they are counted by; "+
				"name your proxies' own", network)
		}
	}
	if r.config.HTTP.MaxConnectionsPerAddress > r.config.HTTP.MaxConnections {
		r.problem("HTTP_MAX_CONNECTIONS_PER_ADDRESS is above HTTP_MAX_CONNECTIONS: one address could take every connection; set it lower")
	}
}

func (r *reader) count(name, value string, most int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > most {
		r.problem("%s is %q: set it to a whole number from 1 to %d", name, value, most)
	}
	return n
}

func (r *reader) rate(name, value string) float64 {
	rate, err := strconv.ParseFloat(value, 64)
	if err != nil || !(rate >= 0.1 && rate <= maxRate) {
		r.problem("%s is %q: set it to a number from 0.1 to %d", name, value, maxRate)
	}
	return rate
}

// networks parses comma-separated addresses and networks; "none" and an empty value mean no network.
func (r *reader) networks(name, value string) []netip.Prefix {
	if value == "" || value == "none" {
		return nil
	}
	var networks []netip.Prefix
	for text := range strings.SplitSeq(value, ",") {
		network, err := parseNetwork(strings.TrimSpace(text))
		if err != nil {
			r.problem("%s has %q: set it to addresses or networks such as 10.0.0.5,10.1.0.0/16,fd00::/8", name, strings.TrimSpace(text))
			continue
		}
		networks = append(networks, network)
	}
	return networks
}

func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		network, err := netip.ParsePrefix(text)
		if err == nil && network.Addr().Is4In6() {
			err = errMapped
		}
		return network.Masked(), err
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return addr.Unmap().Prefix(addr.Unmap().BitLen())
}
