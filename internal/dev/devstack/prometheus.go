package devstack

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"gopkg.in/yaml.v3"
)

const (
	prometheusReadyLimit = 30 * time.Second
	prometheusStopGrace  = 10 * time.Second
)

// PrometheusOptions configure a Prometheus server.
type PrometheusOptions struct {
	Port     int                 // 0 for a free port
	Targets  map[string][]string // host:port of admin addresses by job
	Rules    string              // path of a file with rules; empty for none
	Interval time.Duration       // between two scrapes, of which each may last as long
	Evaluate time.Duration       // between two evaluations of the rules; Interval if 0
}

// Prometheus is a private Prometheus server, Debian's.
type Prometheus struct {
	*server
	port int
}

// HasPrometheus reports whether Prometheus is on this machine.
func HasPrometheus() bool { return present("prometheus") == nil }

// StartPrometheus starts a server with its data in dir and returns when it answers queries. Need brings the program.
func StartPrometheus(ctx context.Context, dir string, o PrometheusOptions) (*Prometheus, error) {
	binary, err := lookup("prometheus")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	config, err := o.write(dir)
	if err != nil {
		return nil, err
	}
	p := &Prometheus{server: &server{readyLimit: prometheusReadyLimit, stopGrace: prometheusStopGrace}}
	if p.port, err = orFree(o.Port); err != nil {
		return nil, err
	}
	p.ready = func(ctx context.Context) error {
		_, err := p.Query(ctx, "vector(1)")
		return err
	}
	p.command = command{
		name: "Prometheus", path: binary, dir: dir, env: os.Environ(), logPath: filepath.Join(dir, "prometheus.log"),
		args: []string{
			"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "data"),
			"--web.listen-address=" + loopback(p.port), "--log.level=warn",
		},
		onParentDeath: syscall.SIGKILL,
	}
	if err := p.start(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// write writes the configuration file.
func (o PrometheusOptions) write(dir string) (string, error) {
	type static struct {
		Targets []string `yaml:"targets"`
	}
	type job struct {
		Name    string   `yaml:"job_name"`
		Configs []static `yaml:"static_configs"`
	}
	interval, evaluate := o.Interval.String(), cmp.Or(o.Evaluate, o.Interval).String()
	config := struct {
		Global map[string]string `yaml:"global"`
		Rules  []string          `yaml:"rule_files,omitempty"`
		Jobs   []job             `yaml:"scrape_configs"`
	}{Global: map[string]string{"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": evaluate}}
	if o.Rules != "" {
		rules, err := filepath.Abs(o.Rules)
		if err != nil {
			return "", err
		}
		config.Rules = []string{rules}
	}
	for name, targets := range o.Targets {
		config.Jobs = append(config.Jobs, job{name, []static{{targets}}})
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "prometheus.yml")
	return path, os.WriteFile(path, text, 0o644)
}

// URL is the address of its page.
func (p *Prometheus) URL() string { return "http://" + loopback(p.port) }

// Sample is a series of a query's answer, with its value now.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Query evaluates an expression now.
func (p *Prometheus) Query(ctx context.Context, expression string) ([]Sample, error) {
	var answer struct {
		Result []struct {
			Metric map[string]string `json:"metric"`
			Value  [2]any            `json:"value"`
		} `json:"result"`
	}
	if err := p.get(ctx, "/api/v1/query?query="+url.QueryEscape(expression), &answer); err != nil {
		return nil, err
	}
	samples := make([]Sample, len(answer.Result))
	for i, series := range answer.Result {
		text, _ := series.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("value of %s: %w", expression, err)
		}
		samples[i] = Sample{series.Metric, value}
	}
	return samples, nil
}

// HasValue reports whether an expression has a value now that is a number.
func (p *Prometheus) HasValue(ctx context.Context, expression string) bool {
	samples, err := p.Query(ctx, expression)
	return err == nil && slices.ContainsFunc(samples, func(s Sample) bool { return !math.IsNaN(s.Value) })
}

// Firing are the names of the alerts that fire now.
func (p *Prometheus) Firing(ctx context.Context) (map[string]bool, error) {
	var answer struct {
		Alerts []struct {
			Labels map[string]string `json:"labels"`
			State  string            `json:"state"`
		} `json:"alerts"`
	}
	if err := p.get(ctx, "/api/v1/alerts", &answer); err != nil {
		return nil, err
	}
	firing := map[string]bool{}
	for _, alert := range answer.Alerts {
		if alert.State == "firing" {
			firing[alert.Labels["alertname"]] = true
		}
	}
	return firing, nil
}

// get reads the data of an answer of Prometheus' HTTP API.
func (p *Prometheus) get(ctx context.Context, path string, data any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL()+path, nil)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // what was read counts
	answer := struct {
		Error string `json:"error"`
		Data  any    `json:"data"`
	}{Data: data}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("GET %s: %s: %w", path, response.Status, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s: %s", path, response.Status, answer.Error)
	}
	return nil
}
