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

// ShapesVariable names the environment variable for the directory in which stand-ins store the shapes of the requests that they
// validate, so that `make test` can replay them through stripe-mock. If it is unset, nothing is stored.
const ShapesVariable = "FAREBOOK_STRIPE_SHAPES"

// Shape is a request whose ids, texts and numbers are replaced by placeholders, so that no test data is stored and equal
// requests have equal shapes. Parameter names, enumeration values, booleans and expansions are kept, because validation depends
// on them.
type Shape struct {
	Method     string `json:"method"`
	Path       string `json:"path"`       // ids are placeholders: "x_1"
	Parameters string `json:"parameters"` // form-encoded: the query of a GET, the body of a POST
	Refused    string `json:"refused,omitempty"`
}

// shapes stores each shape once, in a separate file, because several processes write at the same time.
type shapes struct {
	dir string

	mu   sync.Mutex
	seen map[Shape]bool
}

func newShapes(dir string) *shapes { return &shapes{dir: dir, seen: map[Shape]bool{}} }

func (k *shapes) store(method, pattern string, c *call, refused *apiError) error {
	if k.dir == "" {
		return nil
	}
	given := c.query
	if c.form != nil {
		given = c.form
	}
	shape := Shape{
		Method: method, Path: pathParameter.ReplaceAllString(pattern[len(method)+1:], "x_1"),
		Parameters: shapeOf(stripeSpecification().Endpoints[pattern].Parameters, given),
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

// shape adds the placeholders of a value and its fields to out.
func (p *parameter) shape(v *value, name string, out url.Values) {
	if name == "expand" {
		return // shapeOf adds expansions unchanged
	}
	if v.leaf {
		out.Set(name, p.shapeText(v.text))
		return
	}
	for _, field := range v.names() {
		p.inner(field).shape(v.fields[field], within(name, field), out)
	}
}

// inner returns the schema of a field, searching all alternatives; nil if there is none.
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

// names reports whether text is one of the schema's enumeration values.
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
