package fakestripe

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
)

// ShapesVariable names the environment variable with a directory in which stand-ins keep the shapes of the requests that they
// judge, so that `make test` can replay them all through stripe-mock. Unset, nothing is kept.
const ShapesVariable = "FAREBOOK_STRIPE_SHAPES"

// Shape is a request without what was particular to it: ids, texts and numbers are replaced, so that no data of a test is
// kept and equal requests are one. What decides about a request stays: names, enumerations, booleans, expansions.
type Shape struct {
	Method     string `json:"method"`
	Path       string `json:"path"`       // with ids like "x_1"
	Parameters string `json:"parameters"` // form-encoded; of the query for a GET, of the body otherwise
	Refused    string `json:"refused,omitempty"`
}

// shapes stores each shape once, in its own file, because several processes write at once.
type shapes struct {
	dir string

	mu   sync.Mutex
	seen map[Shape]bool
}

func newShapes(dir string) *shapes { return &shapes{dir: dir, seen: map[Shape]bool{}} }

func (k *shapes) keep(method, pattern string, c *call, refused *apiError) error {
	if k.dir == "" {
		return nil
	}
	given := c.query
	if c.form != nil {
		given = c.form
	}
	shape := Shape{
		Method: method, Path: pathParameter.ReplaceAllString(pattern[len(method)+1:], "x_1"),
		Parameters: shapeOf(stripes().Endpoints[pattern].Parameters, given),
	}
	if refused != nil {
		shape.Refused = "refused"
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen[shape] {
		return nil
	}
	k.seen[shape] = true
	text, err := json.Marshal(shape)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(k.dir, 0o750); err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	return os.WriteFile(filepath.Join(k.dir, hex.EncodeToString(sum[:8])+".json"), text, 0o600)
}

var (
	pathParameter = regexp.MustCompile(`\{[^}]*\}`)
	idText        = regexp.MustCompile(`^([a-z]{2,8})_[A-Za-z0-9_]+$`)
)

func shapeOf(p *parameter, form url.Values) string {
	out := url.Values{}
	p.shape(nested(form), "", out)
	for _, path := range expansionOf(form) {
		out.Add("expand[]", path)
	}
	return out.Encode()
}

// shape adds a value's own to out.
func (p *parameter) shape(v *value, name string, out url.Values) {
	if name == "expand" {
		return // as it is: see shapeOf
	}
	if v.leaf {
		out.Set(name, p.shapeText(v.text))
		return
	}
	for _, field := range v.names() {
		p.inner(field).shape(v.fields[field], within(name, field), out)
	}
}

// inner is what is said of a field, in whichever alternative.
func (p *parameter) inner(field string) *parameter {
	if p == nil {
		return nil
	}
	if known := p.Fields[field]; known != nil {
		return known
	}
	for _, one := range p.Any {
		if known := one.inner(field); known != nil {
			return known
		}
	}
	if p.Items != nil {
		return p.Items
	}
	return p.Free
}

func (p *parameter) shapeText(text string) string {
	if p.names(text) || text == "true" || text == "false" || text == "" {
		return text
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return "1"
	}
	if id := idText.FindStringSubmatch(text); id != nil {
		return id[1] + "_1"
	}
	return "text"
}

// names tells whether an enumeration has a text.
func (p *parameter) names(text string) bool {
	if p == nil {
		return false
	}
	for _, one := range p.Enum {
		if one == text {
			return true
		}
	}
	for _, one := range p.Any {
		if one.names(text) {
			return true
		}
	}
	return false
}
