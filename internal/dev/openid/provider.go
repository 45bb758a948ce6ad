// Package openid is a real OpenID Connect provider for development and tests: discovery, the authorization code flow with PKCE, signed ID
// tokens, a key set. zitadel's op package implements the protocol; this package adds people to choose from instead of passwords, and
// links that sign in once. It keeps everything in memory. It imports no other package of Farebook.
package openid

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// Options configure a provider. The zero value listens on a free port of this machine, for the four people of development.
type Options struct {
	Addr string // host:port; "127.0.0.1:0" when empty
	// People can sign in; nil for those that the function People returns.
	People []Person
	// Now replaces the machine's clock for the life of links; nil in development.
	Now func() time.Time
}

// Provider is a running provider with one client, the console.
type Provider struct {
	options  Options
	issuer   string
	storage  *storage
	protocol *op.Provider
	links    *links
	server   *http.Server
	serving  sync.WaitGroup
}

// Start starts a provider, which serves until Close.
func Start(options Options) (*Provider, error) {
	if options.Addr == "" {
		options.Addr = "127.0.0.1:0"
	}
	if options.People == nil {
		options.People = People()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	listener, err := net.Listen("tcp", options.Addr)
	if err != nil {
		return nil, fmt.Errorf("openid: listen: %w", err)
	}
	p := &Provider{options: options, links: newLinks(options.Now)}
	// The console is at 127.0.0.1: browsers then take the two for different sites, as they are in production.
	p.issuer = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	if err := p.prepare(); err != nil {
		_ = listener.Close() // nothing was accepted
		return nil, err
	}
	p.server = &http.Server{Handler: p.handler(), ReadHeaderTimeout: 10 * time.Second}
	p.serving.Go(func() { _ = p.server.Serve(listener) }) // always http.ErrServerClosed after Close
	return p, nil
}

func (p *Provider) prepare() (err error) {
	if p.storage, err = newStorage(p.options); err != nil {
		return err
	}
	config := &op.Config{CodeMethodS256: true, AuthMethodPost: true, SupportedUILocales: []language.Tag{language.English}}
	_, _ = rand.Read(config.CryptoKey[:]) // never fails (crypto/rand)
	p.protocol, err = op.NewProvider(config, p.storage, op.StaticIssuer(p.issuer), op.WithAllowInsecure())
	if err != nil {
		return fmt.Errorf("openid: %w", err)
	}
	return nil
}

// Issuer returns the provider's address, without a trailing slash.
func (p *Provider) Issuer() string { return p.issuer }

// ClientID returns the name by which the console is registered.
func (p *Provider) ClientID() string { return clientID }

// ClientSecret returns the console's secret, which lives as long as the provider.
func (p *Provider) ClientSecret() string { return p.storage.secret }

// Close ends the provider and all connections at once.
func (p *Provider) Close() error {
	err := p.server.Close()
	p.serving.Wait()
	return err
}
