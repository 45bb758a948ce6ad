package booking

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// MaxReturnURL is the longest address of a booking, and MaxRegisteredURL that of a client's list, in bytes.
const (
	MaxReturnURL     = 1000
	MaxRegisteredURL = 500
)

var (
	// plainASCII are the characters that an address may be written in (RFC 3986, 2), without the backslash that browsers read as a slash.
	plainASCII = regexp.MustCompile(`^[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+$`)
	hostName   = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

// ReturnURL is where the payment page leads back to.
type ReturnURL struct {
	// Base is the address without its query: what a client has to have registered, byte by byte.
	Base string
	// Full is the address with its query.
	Full string
}

// ParseReturnURL reads an address that a browser may be led to: https, or http on the machine of the reader (RFC 8252, 7.3), without user,
// password and fragment. The error says what is wrong, and never quotes the address.
func ParseReturnURL(text string) (ReturnURL, error) {
	if len(text) > MaxReturnURL || !plainASCII.MatchString(text) {
		return ReturnURL{}, errors.New("must be an address of 1 to 1,000 ASCII characters, such as https://shop.example/paid")
	}
	parsed, err := url.Parse(text)
	switch {
	case err != nil || parsed.Opaque != "" || parsed.Host == "":
		return ReturnURL{}, errors.New("must be a whole address, such as https://shop.example/paid")
	case parsed.User != nil || strings.Contains(text, "#"):
		return ReturnURL{}, errors.New("must have no user, password or fragment")
	}
	host := strings.ToLower(parsed.Hostname())
	address := net.ParseIP(host)
	local := host == "localhost" || address != nil && address.IsLoopback()
	switch {
	case address == nil && !hostName.MatchString(host):
		return ReturnURL{}, errors.New("must name a host in letters, digits, dots and dashes")
	case parsed.Scheme != "https" && (parsed.Scheme != "http" || !local):
		return ReturnURL{}, errors.New("must begin with https://")
	}
	path := parsed.EscapedPath()
	if path == "" {
		path = "/"
	}
	base := parsed.Scheme + "://" + strings.ToLower(parsed.Host) + path
	if parsed.RawQuery == "" {
		return ReturnURL{Base: base, Full: base}, nil
	}
	return ReturnURL{Base: base, Full: base + "?" + parsed.RawQuery}, nil
}

// ParseRegisteredURL reads an address for a client's list: without a query, which each booking chooses.
func ParseRegisteredURL(text string) (string, error) {
	address, err := ParseReturnURL(text)
	switch {
	case err != nil:
		return "", err
	case strings.Contains(text, "?"):
		return "", errors.New("must have no query: a booking's returnUrl may add one")
	case len(address.Base) > MaxRegisteredURL:
		return "", errors.New("must be at most 500 characters long")
	}
	return address.Base, nil
}
