package devstack_test

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
)

// mounted reads a file of this project that a service of the profile `observability` reads at a path in its container.
func mounted(t *testing.T, service, inside string) []byte {
	t.Helper()
	root, err := devstack.Root()
	require.NoError(t, err)
	found := readCompose(t).Services[service]
	require.Equal(t, []string{"observability"}, found.Profiles, service)
	for _, volume := range found.Volumes {
		source, target, _ := strings.Cut(strings.TrimSuffix(volume, ":ro"), ":")
		below, is := strings.CutPrefix(inside, target+"/")
		if is && strings.HasPrefix(source, "./") {
			content, err := os.ReadFile(filepath.Join(root, source, below))
			require.NoError(t, err)
			return content
		}
	}
	require.Fail(t, "not mounted", "%s in %s", inside, service)
	return nil
}

// The image of Prometheus reads /etc/prometheus/prometheus.yml (`promtool` checks it in test/alerts_test.go). Its targets are services that
// serve ADMIN_ADDR on the port that it scrapes.
func TestComposePrometheusScrapesOurServices(t *testing.T) {
	t.Parallel()
	var file struct {
		Global  map[string]string `yaml:"global"`
		Rules   []string          `yaml:"rule_files"`
		Scrapes []struct {
			Job string `yaml:"job_name"`
			DNS []struct {
				Names []string `yaml:"names"`
				Type  string   `yaml:"type"`
				Port  string   `yaml:"port"`
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	decodeStrictly(t, mounted(t, "prometheus", "/etc/prometheus/prometheus.yml"), &file)
	for _, rules := range file.Rules {
		require.NotEmpty(t, mounted(t, "prometheus", path.Join("/etc/prometheus", rules)))
	}
	services := readCompose(t).Services
	require.Len(t, file.Scrapes, 2)
	for _, scrape := range file.Scrapes {
		for _, name := range scrape.DNS[0].Names {
			require.True(t, strings.HasSuffix(services[name].Environment["ADMIN_ADDR"], ":"+scrape.DNS[0].Port), name)
		}
	}
}

// Grafana finds Prometheus, and every dashboard of deploy/grafana.
func TestComposeGrafanaIsProvisioned(t *testing.T) {
	t.Parallel()
	var sources struct {
		Version int `yaml:"apiVersion"`
		Sources []struct {
			Name, UID, Type, Access, URL string
			Default                      bool `yaml:"isDefault"`
			Editable                     bool `yaml:"editable"`
		} `yaml:"datasources"`
	}
	decodeStrictly(t, mounted(t, "grafana", "/etc/grafana/provisioning/datasources/prometheus.yml"), &sources)
	require.Equal(t, 1, sources.Version)
	require.Len(t, sources.Sources, 1)
	require.Equal(t, "http://prometheus:9090", sources.Sources[0].URL)
	require.Equal(t, "prometheus", sources.Sources[0].Type)
	require.True(t, sources.Sources[0].Default, "the dashboards' variable begins with the default source")

	var providers struct {
		Version   int `yaml:"apiVersion"`
		Providers []struct {
			Name, Folder, Type string
			Updates            bool              `yaml:"allowUiUpdates"`
			Options            map[string]string `yaml:"options"`
		} `yaml:"providers"`
	}
	decodeStrictly(t, mounted(t, "grafana", "/etc/grafana/provisioning/dashboards/farebook.yml"), &providers)
	require.Equal(t, 1, providers.Version)
	require.Len(t, providers.Providers, 1)
	require.Equal(t, "file", providers.Providers[0].Type)
	for _, dashboard := range []string{"money.json", "service.json", "temporal-worker.json"} {
		require.NotEmpty(t, mounted(t, "grafana", path.Join(providers.Providers[0].Options["path"], dashboard)))
	}
}

// Each component that the collector's pipelines name is configured, each that is configured is used, and OTLP's own ports are open.
func TestComposeCollectorHasItsPipelines(t *testing.T) {
	t.Parallel()
	type components map[string]map[string]any
	var file struct {
		Receivers  components `yaml:"receivers"`
		Processors components `yaml:"processors"`
		Exporters  components `yaml:"exporters"`
		Service    struct {
			Pipelines map[string]struct {
				Receivers, Processors, Exporters []string
			} `yaml:"pipelines"`
		} `yaml:"service"`
	}
	command := readCompose(t).Services["otel-collector"].Command
	require.Len(t, command, 1)
	decodeStrictly(t, mounted(t, "otel-collector", strings.TrimPrefix(command[0], "--config=")), &file)
	require.Contains(t, file.Service.Pipelines, "traces")
	for _, part := range []struct {
		configured components
		used       func(pipeline string) []string
	}{
		{file.Receivers, func(p string) []string { return file.Service.Pipelines[p].Receivers }},
		{file.Processors, func(p string) []string { return file.Service.Pipelines[p].Processors }},
		{file.Exporters, func(p string) []string { return file.Service.Pipelines[p].Exporters }},
	} {
		used := map[string]bool{}
		for pipeline := range file.Service.Pipelines {
			for _, name := range part.used(pipeline) {
				require.Contains(t, part.configured, name, pipeline)
				used[name] = true
			}
		}
		require.Len(t, used, len(part.configured))
	}
	require.Equal(t, map[string]any{
		"grpc": map[string]any{"endpoint": "0.0.0.0:4317"}, "http": map[string]any{"endpoint": "0.0.0.0:4318"},
	}, file.Receivers["otlp"]["protocols"])
}
