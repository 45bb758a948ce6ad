// Package monitoring reads what Prometheus and Grafana are configured with, deploy/prometheus/alerts.yml and deploy/grafana/*.json, for
// the tests and the demonstration that ask a real Prometheus. It imports no other package of Farebook.
package monitoring

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Rule is an alert.
type Rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Rules are the rules of a file, in one group.
type Rules struct {
	Name  string `yaml:"name"`
	Rules []Rule `yaml:"rules"`
}

type ruleFile struct {
	Groups []Rules `yaml:"groups"`
}

// ReadRules reads a file of rules.
func ReadRules(path string) (Rules, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Rules{}, err
	}
	var file ruleFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		return Rules{}, fmt.Errorf("%s: %w", path, err)
	}
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) == 0 {
		return Rules{}, fmt.Errorf("%s: want one group with rules", path)
	}
	return file.Groups[0], nil
}

// Write writes the rules to a file.
func (r Rules) Write(path string) error {
	text, err := yaml.Marshal(ruleFile{Groups: []Rules{r}})
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

var (
	// comparison splits an expression into what it measures and the bound.
	comparison = regexp.MustCompile(`(?s)^(.*) [<>] [0-9.]+$`)
	window     = regexp.MustCompile(`\[\w+\]`)
)

// Left is what the rule compares with its bound. over takes the place of each window of the expression; empty keeps them.
func (r Rule) Left(over string) (string, error) {
	parts := comparison.FindStringSubmatch(r.Expr)
	if parts == nil {
		return "", fmt.Errorf("%s: write LEFT > NUMBER", r.Alert)
	}
	if over == "" {
		return parts[1], nil
	}
	return window.ReplaceAllString(parts[1], "["+over+"]"), nil
}

// Faster returns the rules with each duration divided by factor: how long an alert waits before it fires, and the windows of rates. No
// window becomes shorter than shortest, because a rate needs several scrapes. Bounds stay as they are.
func (r Rules) Faster(factor int, shortest time.Duration) (Rules, error) {
	faster := Rules{Name: r.Name}
	var errs []error
	shorten := func(text string, least time.Duration) string {
		d, err := time.ParseDuration(text)
		errs = append(errs, err)
		return fmt.Sprintf("%dms", max(d/time.Duration(factor), least).Milliseconds()) // Prometheus reads whole numbers only
	}
	for _, rule := range r.Rules {
		rule.For = shorten(rule.For, 0)
		rule.Expr = window.ReplaceAllStringFunc(rule.Expr, func(found string) string {
			return "[" + shorten(strings.Trim(found, "[]"), shortest) + "]"
		})
		faster.Rules = append(faster.Rules, rule)
	}
	return faster, errors.Join(errs...)
}
