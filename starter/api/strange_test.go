package api_test

import "strings"

// What strangers send in the place of what is expected.

var strangeMethods = []string{
	"PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "GET", "POST", "CONNECT", "PRI", "FOO", "get", "G@T",
	"",
}

var strangeIDs = []string{
	"FB-22222222", "fb-7k2m9qxa", "FB-7K2M9QXA0", "0", "-1", "..", "%2e%2e", "%00", "a%0ab", "'", "\"", ";", "*", "%", "%zz", "recon_x",
	"RF-22222222", "RF-7K2M9QXI", strings.Repeat("A", 3000), "%F0%9F%9B%AB", "%ff", "é", "\xff", "FB-7K2M9QXA?x=1", "FB-7K2M9QXA#",
	"{reference}",
	"FB-７K2M9QXA", "a b", "",
}

var junkValues = []string{
	`null`, `true`, `0`, `-1`, `1e400`, `1e-400`, `9223372036854775808`, `-9223372036854775809`, `0.1`, `-0`, `1.0`, `1E2`, `00`, `NaN`,
	`Infinity`,
	`""`, `"\u0000"`, `"\ud800"`, `"\u202e"`, `"\r\nX: y"`, `"🛫"`, `"ＵＳＤ"`, `"USD "`, `"\ufeffUSD"`, `'x'`, "\xff", "\x00", "\r\n", "\ufeff",
	`[]`, `{}`, `[[[[[[[[[[]]]]]]]]]]`, `{"__proto__":1}`, `"' OR 1=1 -- "`, `"%s%n%x"`, `"../../etc/passwd"`, `"{{7*7}}"`,
	`"${jndi:ldap://x}"`,
	`"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59Z"`, `"2027-05-01T14:20:60+01:00"`, `"2027-02-29T00:00:00Z"`,
	`"` + strings.Repeat("A", 5000) + `"`,
}

// strangeRequestHeaders are what requests have beside, or in the place of, good headers. An empty value removes one.
var strangeRequestHeaders = append([]struct{ name, value string }{
	{"Idempotency-Key", ""},
	{"Idempotency-Key", " "},
	{"Idempotency-Key", "same"},
	{"Idempotency-Key", strings.Repeat("k", 255)},
	{"Idempotency-Key", strings.Repeat("é", 128)},
	{"Idempotency-Key", "\xff"},
	{"Idempotency-Key", "a\tb"},
	{"Content-Type", ""},
	{"Content-Type", "text/plain"},
	{"Content-Type", "application/json; charset=utf-16"},
	{"Content-Type", "application/json;;"},
	{"Content-Type", "application/json; charset*=utf-8''%ff"},
	{"Content-Type", "APPLICATION/JSON"},
	{"Content-Type", "multipart/form-data; boundary=\""},
	{"Content-Type", "application/x-www-form-urlencoded"},
	{"Content-Type", strings.Repeat("a/b;c=d,", 500)},
	{"Authorization", ""},
	{"Authorization", "Bearer"},
	{"Authorization", "Bearer "},
	{"Authorization", "Bearer \xff\xfe"},
	{"Authorization", "Basic eDp5"},
	{"Authorization", strings.Repeat("B", 8000)},
	{"X-Correlation-ID", "short"},
	{"X-Correlation-ID", strings.Repeat("x", 65)},
	{"X-Correlation-ID", "ok-correlation-1"},
	{"X-Correlation-ID", "a@b.example.com"},
	{"X-Correlation-ID", "\xff\xfe"},
	{"Stripe-Signature", "t=1,v1=00"},
	{"Stripe-Signature", "t=,v1="},
	{"Stripe-Signature", "v1="},
	{"Stripe-Signature", strings.Repeat("t=1,", 400)},
	{"Stripe-Signature", "t=-1,v1=x"},
	{"Stripe-Signature", "t=99999999999,v1=zz"},
	{"Host", ""},
	{"Host", "a b"},
	{"Host", "[::1"},
	{"Expect", "100-continue"},
	{"Expect", "a-miracle"},
	{"Connection", "close"},
	{"Connection", "keep-alive, upgrade"},
	{"X\x00Y", "1"},
	{"X-Null", "1\x00"},
	{"X-Large", strings.Repeat("l", 100_000)},
}, strangeHeaders...)
