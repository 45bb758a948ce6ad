package guards

// strangers has the guards between strangers and Farebook: signatures, links, addresses, bounds.
var strangers = []Suite{
	{Package: "./internal/paylink", Guards: []Guard{
		{
			Name: "paylink.signature", File: "internal/paylink/paylink.go", Func: "Links.signedBy",
			Cut: "hmac.Equal([]byte(key.sign(text)), []byte(signature))", Put: "true",
		},
		{
			Name: "paylink.expiry", File: "internal/paylink/paylink.go", Func: "Links.Claim",
			Cut: "!time.Unix(ends, 0).After(now)", Put: "ends < 0",
		},
		{
			Name: "paylink.length", File: "internal/paylink/paylink.go", Func: "Links.Claim",
			Cut: "len(token) > maxToken", Put: "false",
			Equivalent: "no longer token has a valid signature; the bound spares its hash",
		},
		{
			Name: "paylink.secret-length", File: "internal/paylink/paylink.go", Func: "ParseKeys",
			Cut: "len(secret) < minSecret", Put: "false",
		},
		{
			Name: "paylink.key-id-once", File: "internal/paylink/paylink.go", Func: "ParseKeys",
			Cut: "known.id == id", Put: `known.id == ""`,
		},
		{
			Name: "paylink.secret-not-printed", File: "internal/paylink/paylink.go", Func: "Key.String",
			Cut: `"key " + k.id`, Put: `"key " + k.id + string(k.secret)`,
		},
	}},
	{Package: "./internal/outbound", Guards: []Guard{
		{
			Name: "outbound.private-networks", File: "internal/outbound/address.go", Func: "Guard.Check",
			Cut: "return refusalOf(err)", Put: "continue",
		},
		{
			Name: "outbound.checked-at-connection", File: "internal/outbound/address.go", Func: "Guard.Control",
			Cut: "return g.guardian.Safe(network, address, conn)", Put: "return nil",
		},
		{
			Name: "outbound.https-only", File: "internal/outbound/address.go", Func: "Guard.parse",
			Cut: `parsed.Scheme != "https" && (!g.allowLoopback || parsed.Scheme != "http")`, Put: "false",
		},
		{
			Name: "outbound.no-user", File: "internal/outbound/address.go", Func: "Guard.parse",
			Cut: "parsed.User != nil", Put: "false",
		},
		{
			Name: "outbound.url-length", File: "internal/outbound/address.go", Func: "Guard.parse",
			Cut: "len(raw) > maxURL", Put: "false",
		},
		{
			Name: "outbound.ports", File: "internal/outbound/address.go", Func: "NewGuard",
			Cut: "ssrf.WithPorts(ports...)", Put: "ssrf.WithAnyPort()",
		},
		{
			Name: "outbound.http-to-loopback-only", File: "internal/outbound/address.go", Func: "Guard.Check",
			Cut: `parsed.Scheme == "http" && !address.IsLoopback()`, Put: "false",
		},
		{
			Name: "outbound.no-redirect", File: "internal/outbound/sender.go", Func: "NewSender",
			Cut: "return http.ErrUseLastResponse", Put: "return nil",
		},
		{
			Name: "outbound.answer-bounded", File: "internal/outbound/sender.go", Func: "Sender.Send",
			Cut: "io.LimitReader(response.Body, maxAnswer)", Put: "response.Body",
		},
		{
			Name: "outbound.answer-redacted", File: "internal/outbound/sender.go", Func: "excerpt",
			Cut: "logging.Redact(strings.TrimSpace(text))", Put: `logging.Redact("") + strings.TrimSpace(text)`,
		},
	}},
	{Package: "./webhook", Guards: []Guard{
		{
			Name: "webhook.key-length", File: "webhook/secret.go", Func: "ParseKeys", Cut: "len(key) < keySize",
			Put: "false",
		},
		{
			Name: "webhook.secret-of-its-key", File: "webhook/secret.go", Func: "Keys.Secret",
			Cut: "one.id == version.KeyID", Put: "true",
		},
		{
			Name: "webhook.secret-of-its-endpoint", File: "webhook/secret.go", Func: "Keys.Secret", Cut: "endpointID",
			Put: `""`,
		},
		{
			Name: "webhook.retries-end", File: "webhook/retry.go", Func: "RetryAfter", Cut: "attempts > len(retries)",
			Put: "attempts > len(retries)+1",
		},
	}},
	{Package: "./starter/limit", Guards: []Guard{
		{
			Name: "limit.untrusted-proxy", File: "starter/limit/address.go", Func: "Client",
			Cut: "!trusted.Contain(client)", Put: "false",
		},
		{Name: "limit.slash-64", File: "starter/limit/address.go", Func: "Source", Cut: "addr.Is6()", Put: "false"},
		{
			Name: "limit.bytes-in-total", File: "starter/limit/budget.go", Func: "Hold.grow",
			Cut: "b.held+n > b.total", Put: "false",
		},
		{
			Name: "limit.bytes-of-a-source", File: "starter/limit/budget.go", Func: "Hold.grow",
			Cut: "b.bySource[h.source]+n > b.share", Put: "false",
		},
		{
			Name: "limit.connections-of-an-address", File: "starter/limit/connections.go", Func: "Listener.enter",
			Cut: "l.open[source] >= l.bounds.PerAddress", Put: "false",
		},
		{
			Name: "limit.burst", File: "starter/limit/rate.go", Func: "Buckets.Take", Cut: "bucket.AllowN(now, 1)",
			Put: "true",
		},
	}},
	{Package: "./internal/payload", Guards: []Guard{
		{
			Name: "payload.tampering", File: "internal/payload/codec.go", Func: "Codec.Decode",
			Cut: "return nil, &TamperedError{id}", Put: "text = nil",
		},
		{
			Name: "payload.missing-key", File: "internal/payload/codec.go", Func: "Codec.Decode",
			Cut: "return nil, &MissingKeyError{id}", Put: "continue",
		},
		{
			Name: "payload.key-length", File: "internal/payload/keyring.go", Func: "newAEAD",
			Cut: "len(key) != keySize", Put: "false",
		},
		{
			Name: "payload.key-id-once", File: "internal/payload/keyring.go", Func: "Parse",
			Cut: "ring.keys[id] != nil", Put: "false",
		},
		{
			Name: "payload.first-key-encrypts", File: "internal/payload/keyring.go", Func: "Parse",
			Cut: "ring.first = id", Put: "",
		},
	}},
}
