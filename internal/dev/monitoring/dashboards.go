package monitoring

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dashboard is what a file of Grafana's has of a dashboard.
type Dashboard struct {
	UID    string
	Title  string
	Panels []struct {
		ID          int
		Title       string
		GridPos     struct{ H, W, X, Y int }
		FieldConfig struct{ Defaults struct{ Unit string } }
		Targets     []struct{ Expr, LegendFormat string }
	}
}

// ReadDashboards reads the dashboards of a folder, by the names of their files.
func ReadDashboards(folder string) (map[string]Dashboard, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]Dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var d Dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all[filepath.Base(file)] = d
	}
	return all, nil
}

// Query is an expression and the panel or alert that asks it.
type Query struct{ Of, Expr string }

// Queries are the expressions of the panels, over a window in place of Grafana's variable.
func (d Dashboard) Queries(over string) (all []Query) {
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			all = append(all, Query{d.Title + ", " + panel.Title, strings.ReplaceAll(target.Expr, "$__rate_interval", over)})
		}
	}
	return all
}

// Queries are what every panel and every alert under deploy, a folder, asks Prometheus, over a window.
func Queries(deploy, over string) (all []Query, err error) {
	rules, err := ReadRules(filepath.Join(deploy, "prometheus", "alerts.yml"))
	if err != nil {
		return nil, err
	}
	for _, rule := range rules.Rules {
		left, err := rule.Left(over)
		if err != nil {
			return nil, err
		}
		all = append(all, Query{rule.Alert, left})
	}
	dashboards, err := ReadDashboards(filepath.Join(deploy, "grafana"))
	if err != nil {
		return nil, err
	}
	for _, d := range dashboards {
		all = append(all, d.Queries(over)...)
	}
	slices.SortStableFunc(all, func(a, b Query) int { return strings.Compare(a.Of, b.Of) })
	return all, nil
}
