package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
)

// mutant is a request that a stranger might send, as bytes.
type mutant struct {
	operation string
	method    string
	raw       []byte
	// framed says that the request has its end where it says: it gets exactly one answer. Another one gets any number,
	// none among them.
	framed bool
}

// mutator makes requests from operations, the same ones from the same seed.
type mutator struct {
	*rand.Rand
	operations []operation
	ids        []string // of what is in the database
	token      string
	name       string // begins its Idempotency-Keys
	made       int
}

func newMutator(seed, worker uint64, operations []operation, ids []string, token string) *mutator {
	return &mutator{
		Rand: rand.New(rand.NewPCG(seed, worker)), operations: operations, ids: ids, token: token,
		name: fmt.Sprintf("mutant-%d-%d", seed, worker),
	}
}

func (m *mutator) pick(from ...string) string { return from[m.IntN(len(from))] }

func (m *mutator) oneIn(n int) bool { return m.IntN(n) == 0 }

// plain is the operation's request as the document has it.
func (m *mutator) plain(o operation, id string) mutant {
	r := m.request(o, id)
	return mutant{operation: o.String(), method: r.method, raw: r.bytes(), framed: true}
}

func (m *mutator) next() mutant {
	o := m.operations[m.IntN(len(m.operations))]
	id := m.pick(m.ids...)
	if m.oneIn(4) {
		id = m.pick(strangeIDs...)
	}
	r := m.request(o, id)
	if m.oneIn(12) {
		r.method = m.pick(strangeMethods...)
	}
	if m.oneIn(8) {
		r.path += m.query(o)
	}
	if r.body != "" && !m.oneIn(4) {
		r.body = m.mutateBody(r.body)
	} else if m.oneIn(12) {
		r.body = m.noise(1 + m.IntN(2000))
	}
	if o.path == webhookPath && !m.oneIn(6) {
		r.set("Stripe-Signature", signed(r.body))
	}
	for range m.IntN(3) {
		h := strangeRequestHeaders[m.IntN(len(strangeRequestHeaders))]
		r.set(h.name, h.value)
	}
	r.chunked = m.oneIn(10)
	made := mutant{operation: o.String(), method: r.method, raw: r.bytes(), framed: true}
	if m.oneIn(12) && r.method != http.MethodHead {
		made.raw, made.framed = []byte(m.mutateText(string(made.raw))), false
	}
	return made
}

const webhookPath = "/webhooks/stripe"

// request is the operation as it is documented, for a thing that may exist.
func (m *mutator) request(o operation, id string) *rawRequest {
	m.made++
	path := o.path
	if before, rest, ok := strings.Cut(path, "{"); ok {
		_, after, _ := strings.Cut(rest, "}")
		path = before + id + after
	}
	r := &rawRequest{method: o.method, path: path, body: o.body}
	r.set("Host", "farebook.example")
	r.set("Authorization", "Bearer "+m.token)
	r.set("Idempotency-Key", fmt.Sprintf("%s-%d", m.name, m.made))
	if o.body != "" {
		r.set("Content-Type", "application/json")
	}
	if o.path == webhookPath {
		r.body = fmt.Sprintf(m.pick(
			`{"id":"evt_%d","object":"event","type":"payment_intent.succeeded","api_version":"2023-10-16","created":1763859723,"livemode":false,"data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{"booking_reference":"FB-7K2M9QXA","correlation_id":"request-0001"}}}}`,
			`{"id":"evt_%d","object":"event","type":"charge.refunded","created":1763859723,"livemode":false,"data":{"object":{"id":"ch_1","object":"charge","payment_intent":"pi_1","captured":true,"amount_refunded":5}}}`,
			`{"id":"evt_%d","object":"event","type":"charge.dispute.created","created":1763859723,"livemode":false,"data":{"object":{"id":"dp_1","object":"dispute","charge":"ch_1","payment_intent":"pi_1"}}}`,
			`{"id":"evt_%d","object":"event","type":"payout.paid","created":1763859723,"livemode":false,"data":{"object":{"id":"po_1","object":"payout"}}}`,
		), m.Uint32())
		r.set("Stripe-Signature", signed(r.body))
	}
	return r
}

func signed(body string) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(body), Secret: webhookSecret, Timestamp: time.Now(), Scheme: "v1",
	}).Header
}

func (m *mutator) query(o operation) string {
	names := append([]string{"a", "limit", "", "%00", "a[b]", "id"}, o.parameters...)
	values := []string{"", "=", "=b", "=-1", "=%ff", "=%zz", "=9999999999999999999", "=;", "=" + strings.Repeat("9", 500), "=%00", "=🛫"}
	query := "?"
	for range 1 + m.IntN(3) {
		query += m.pick(names...) + m.pick(values...) + m.pick("&", "&", "&&", ";")
	}
	return m.pick(query, query, "/", "//", "/..", "#", ";x=1")
}

func (m *mutator) noise(n int) string {
	noise := make([]byte, n)
	for i := range noise {
		noise[i] = byte(m.Uint32())
	}
	return string(noise)
}

// mutateBody breaks the JSON, or leaves it JSON and changes what it says.
func (m *mutator) mutateBody(body string) string {
	var tree any
	if m.oneIn(3) || json.Unmarshal([]byte(body), &tree) != nil {
		return m.mutateText(body)
	}
	for range 1 + m.IntN(2) {
		tree = m.mutateTree(tree)
	}
	changed, err := json.Marshal(tree)
	if err != nil {
		return body
	}
	return string(changed)
}

// mutateTree changes one value somewhere below node.
func (m *mutator) mutateTree(node any) any {
	switch v := node.(type) {
	case map[string]any:
		if len(v) == 0 || m.oneIn(8) {
			v[m.pick("status", "id", "amount", "__proto__", "")] = m.junk()
			return v
		}
		names := slices.Sorted(maps.Keys(v))
		name := names[m.IntN(len(names))]
		if m.oneIn(8) {
			delete(v, name)
		} else {
			v[name] = m.mutateTree(v[name])
		}
		return v
	case []any:
		if len(v) == 0 || m.oneIn(4) {
			return append(v, m.junk())
		}
		i := m.IntN(len(v))
		v[i] = m.mutateTree(v[i])
		return v
	case string:
		if m.oneIn(3) {
			return m.mutateText(v)
		}
	case float64:
		if m.oneIn(2) {
			return m.Int64N(1<<30) - 1<<28
		}
	}
	return m.junk()
}

// junk is one of junkValues that is JSON, or the id of something that exists.
func (m *mutator) junk() any {
	if m.oneIn(8) {
		return m.pick(m.ids...)
	}
	for {
		if raw := m.pick(junkValues...); json.Valid([]byte(raw)) {
			return json.RawMessage(raw)
		}
	}
}

// mutateText changes a text in one to three places.
func (m *mutator) mutateText(text string) string {
	for range 1 + m.IntN(3) {
		if text == "" {
			return m.pick(junkValues...)
		}
		from, to := m.IntN(len(text)), m.IntN(len(text))
		if from > to {
			from, to = to, from
		}
		switch m.IntN(9) {
		case 0, 1:
			text = m.replaceValue(text)
		case 2:
			flipped := []byte(text)
			flipped[from] ^= 1 << m.IntN(8)
			text = string(flipped)
		case 3:
			text = text[:from] // cut off
		case 4:
			text = text[:to] + text[from:] // a part twice
		case 5:
			text = text[:from] + m.pick(junkValues...) + text[from:]
		case 6:
			text = text[:from] + text[to:] // a part less
		case 7:
			text = text[:from] + m.noise(m.IntN(20)) + text[from:]
		case 8:
			text = strings.Replace(text, "USD", m.pick("JPY", "KWD", "ISK", "XAU", "usd", "EUR", "BTC", ""), 1)
		}
	}
	return text
}

// replaceValue puts junk in the place of what follows a colon.
func (m *mutator) replaceValue(text string) string {
	parts := strings.Split(text, ":")
	if len(parts) < 2 {
		return m.pick(junkValues...)
	}
	i := 1 + m.IntN(len(parts)-1)
	end := strings.IndexAny(parts[i], ",}")
	if end < 0 {
		end = len(parts[i])
	}
	parts[i] = m.pick(junkValues...) + parts[i][end:]
	return strings.Join(parts, ":")
}

// rawRequest is a request before it is bytes.
type rawRequest struct {
	method, path string
	headers      [][2]string
	body         string
	chunked      bool
}

// set replaces a header; "" removes it.
func (r *rawRequest) set(name, value string) {
	kept := r.headers[:0]
	for _, h := range r.headers {
		if !strings.EqualFold(h[0], name) {
			kept = append(kept, h)
		}
	}
	r.headers = kept
	if value != "" {
		r.headers = append(r.headers, [2]string{name, value})
	}
}

func (r *rawRequest) bytes() []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s HTTP/1.1\r\n", r.method, r.path)
	for _, h := range r.headers {
		fmt.Fprintf(&out, "%s: %s\r\n", h[0], h[1])
	}
	if !r.chunked {
		fmt.Fprintf(&out, "Content-Length: %d\r\n\r\n%s", len(r.body), r.body)
		return []byte(out.String())
	}
	out.WriteString("Transfer-Encoding: chunked\r\n\r\n")
	if r.body != "" {
		fmt.Fprintf(&out, "%x;extension=1\r\n%s\r\n", len(r.body), r.body)
	}
	out.WriteString("0\r\n\r\n")
	return []byte(out.String())
}
