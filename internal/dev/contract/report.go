package contract

import (
	"context"
	_ "embed" // for fields.json
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// fieldsJSON are the fields of the stand-in's objects, which Stripe's have to have.
//
//go:embed testdata/fields.json
var fieldsJSON []byte

// Fields returns the fields that objects must have, by kind.
func Fields() (map[string][]string, error) {
	var fields map[string][]string
	return fields, json.Unmarshal(fieldsJSON, &fields)
}

// Report plays all scenarios at a target and writes which hold. It returns the number that do not.
func Report(ctx context.Context, target *Target, out io.Writer) (int, error) {
	want, err := Fields()
	if err != nil {
		return 0, err
	}
	scenarios := Scenarios()
	seen := map[string][]string{}
	broken := 0
	var text strings.Builder
	for _, scenario := range scenarios {
		facts, err := target.Run(ctx, scenario)
		for kind, fields := range facts.Fields {
			seen[kind] = fields
		}
		if err == nil && slices.Equal(facts.Lines, scenario.Want) {
			continue
		}
		broken++
		writeBroken(&text, target, scenario, facts, err)
	}
	missing, more := Missing(want, seen)
	if len(missing) > 0 {
		broken++
		line(&text, "%s does not have these fields of the stand-in: %s", target.Name(), strings.Join(missing, ", "))
	}
	if len(more) > 0 {
		line(&text, "%s has fields that the stand-in does not: %s", target.Name(), strings.Join(more, ", "))
	}
	line(&text, "%s: %d of %d scenarios hold", target.Name(), len(scenarios)-min(broken, len(scenarios)), len(scenarios))
	_, err = io.WriteString(out, text.String())
	return broken, err
}

func writeBroken(out *strings.Builder, target *Target, scenario Scenario, facts *Facts, err error) {
	line(out, "%s: %s", target.Name(), scenario.Name)
	if scenario.Assumption != "" {
		line(out, "  assumed: %s", scenario.Assumption)
	}
	for _, wanted := range scenario.Want {
		if !slices.Contains(facts.Lines, wanted) {
			line(out, "  expected  %s", wanted)
		}
	}
	for _, seen := range facts.Lines {
		if !slices.Contains(scenario.Want, seen) {
			line(out, "  found     %s", seen)
		}
	}
	if err != nil {
		line(out, "  stopped   %s", err)
	}
}

func line(out *strings.Builder, format string, values ...any) {
	_, _ = fmt.Fprintf(out, format+"\n", values...) // a strings.Builder never fails
}
