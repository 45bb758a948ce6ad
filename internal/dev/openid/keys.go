package openid

import (
	"crypto/rsa"

	jose "github.com/go-jose/go-jose/v4"
)

// signingKey signs ID tokens; it lives as long as the provider.
type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                    { return k.private }

// publicKey is what the key set shows of it.
type publicKey struct{ signing signingKey }

func (k publicKey) ID() string                         { return k.signing.id }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.signing.private.PublicKey }
