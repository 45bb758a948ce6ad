package trimmed

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/stripe/stripe-mock/embedded"
)

// anyType is what a webhook endpoint asks for to hear of every type.
const anyType = "*"

// fixtureOf are the objects whose names do not follow from the type of their events.
var fixtureOf = map[string]string{"application_fee.refund": "fee_refund", "source.transaction": "source_transaction"}

// edition is Stripe's document and its fixtures, of one release.
type edition struct{ spec, fixtures []byte }

// Events is the file of event types, one a line: those that a webhook endpoint can be asked for, each with the name of the object that
// it is about, empty where Stripe has no fixture of it, and then the fixtures. The preview of Stripe's API adds the types that are newer.
func Events() ([]byte, error) {
	about, objects := map[string]string{}, map[string]json.RawMessage{}
	for _, from := range []edition{
		{embedded.BetaOpenAPISpec, embedded.BetaOpenAPIFixtures},
		{embedded.OpenAPISpec, embedded.OpenAPIFixtures},
	} {
		types, err := from.types()
		if err != nil {
			return nil, err
		}
		var fixtures struct {
			Resources map[string]json.RawMessage `json:"resources"`
		}
		if err := json.Unmarshal(from.fixtures, &fixtures); err != nil {
			return nil, err
		}
		for _, name := range types {
			resource := resourceOf(name, fixtures.Resources)
			about[name] = resource
			if resource != "" {
				objects[resource] = fixtures.Resources[resource]
			}
		}
	}
	var out bytes.Buffer
	out.WriteString("{\"about\": {\n")
	err := writeLines(&out, about)
	out.WriteString("},\n\"objects\": {\n")
	err = errors.Join(err, writeLines(&out, objects))
	out.WriteString("}}\n")
	return out.Bytes(), err
}

func (from edition) types() ([]string, error) {
	var spec document
	if err := json.Unmarshal(from.spec, &spec); err != nil {
		return nil, err
	}
	var op operation
	if err := json.Unmarshal(spec.Paths["/v1/webhook_endpoints"]["post"], &op); err != nil {
		return nil, err
	}
	var out []string
	for _, value := range op.RequestBody.Content["application/x-www-form-urlencoded"].Schema.Properties["enabled_events"].Items.Enum {
		if name, ok := value.(string); ok && name != anyType {
			out = append(out, name)
		}
	}
	return out, nil
}

// resourceOf is what a type of event is about: "charge.dispute.closed" is about a dispute, "issuing_card.created" about an issuing.card,
// and "payout.paid" about a payout; empty for what has no fixture.
func resourceOf(name string, fixtures map[string]json.RawMessage) string {
	about := name[:max(0, strings.LastIndex(name, "."))]
	for _, resource := range []string{
		fixtureOf[about], about, strings.Replace(about, "_", ".", 1), about[strings.LastIndex(about, ".")+1:],
	} {
		if fixtures[resource] != nil {
			return resource
		}
	}
	return ""
}
