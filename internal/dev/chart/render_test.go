package chart

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

const (
	root     = "../../.."
	chartDir = root + "/deploy/helm/farebook"
)

// valuesFiles are the examples of values, by their names.
func valuesFiles(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob(chartDir + "/ci/*-values.yaml")
	require.NoError(t, err)
	require.Len(t, files, 5)
	all := map[string]map[string]any{}
	for _, file := range files {
		all[strings.TrimSuffix(filepath.Base(file), "-values.yaml")] = readValues(t, file)
	}
	return all
}

func readValues(t *testing.T, file string) map[string]any {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	values := map[string]any{}
	require.NoError(t, yaml.UnmarshalStrict(content, &values))
	return values
}

// renderFiles is `helm template farebook` in the namespace payments. It returns each template's text by its path.
func renderFiles(values map[string]any) (map[string]string, error) {
	chart, err := loader.LoadDir(chartDir)
	if err != nil {
		return nil, err
	}
	release := common.ReleaseOptions{Name: "farebook", Namespace: "payments", Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, release, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(chart, all)
}

// render returns the documents of the chart's objects in the order of their files.
func render(values map[string]any) ([]string, error) {
	files, err := renderFiles(values)
	if err != nil {
		return nil, err
	}
	var documents []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for document := range strings.SplitSeq(files[name], "\n---") {
			if strings.TrimSpace(document) != "" {
				documents = append(documents, document)
			}
		}
	}
	return documents, nil
}

// Helm's lint has no complaint but that an icon is recommended.
func TestChartIsLinted(t *testing.T) {
	for name, values := range valuesFiles(t) {
		for _, message := range lint.RunAll(chartDir, values, "payments").Messages {
			require.Less(t, message.Severity, support.WarningSev, "%s: %s", name, message)
		}
	}
}

// What an operator has to set is named by its path, one value at a time.
func TestChartNamesWhatIsMissing(t *testing.T) {
	least := func() map[string]any { return valuesFiles(t)["least"] }
	for path, says := range map[string]string{
		"image.repository":        "image.repository is not set",
		"secrets.name":            "secrets.name is not set",
		"secrets.adminName":       "secrets.adminName is not set",
		"config.SMTP_HOST":        "config.SMTP_HOST is not set",
		"config.SMTP_FROM":        "config.SMTP_FROM is not set",
		"config.FINANCE_EMAIL":    "config.FINANCE_EMAIL is not set",
		"config.TEMPORAL_ADDRESS": "config.TEMPORAL_ADDRESS is not set",
	} {
		values := least()
		group, key, _ := strings.Cut(path, ".")
		delete(values[group].(map[string]any), key)
		_, err := render(values)
		require.ErrorContains(t, err, says)
	}
	for name, says := range map[string]string{
		"DATABASE_DSN": "is a secret", "STRIPE_SECRET_KEY_FILE": "is a secret", "DATABASE_ADMIN_DSN": "is a secret",
		"OTEL_EXPORTER_OTLP_HEADERS": "is a secret",
		"APP_ENV":                    "is set by the chart", "ADMIN_ADDR": "is set by the chart", "LEDGER_SEAL_KEY_FILE": "is set by the chart",
	} {
		values := least()
		values["config"].(map[string]any)[name] = "x"
		_, err := render(values)
		require.ErrorContains(t, err, "config."+name+" "+says)
	}
}

// A pod whose policy does not let it reach the collector would lose its traces without a word.
func TestChartNamesACollectorOutOfReach(t *testing.T) {
	values := valuesFiles(t)["least"]
	values["config"].(map[string]any)["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector.observability:4318"
	_, err := render(values)
	require.ErrorContains(t, err, "whose port networkPolicy.egress does not allow: add {port: 4318, cidrs: []}")
	values["networkPolicy"] = map[string]any{"egress": []any{map[string]any{"port": 4318, "cidrs": []any{}}}}
	_, err = render(values)
	require.NoError(t, err)
	values["networkPolicy"] = map[string]any{"enabled": false}
	_, err = render(values)
	require.NoError(t, err)
}
