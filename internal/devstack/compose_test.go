package devstack_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"farebook/internal/config"
	"farebook/internal/devstack"
)

// composeFile is the part of docker-compose.yml that can be checked without a container engine.
type composeFile struct {
	Services map[string]composeService `yaml:"services"`
	Volumes  map[string]any            `yaml:"volumes"`
	Configs  map[string]any            `yaml:"configs"`
}

type composeService struct {
	Image       string            `yaml:"image"`
	Build       string            `yaml:"build"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	Volumes   []string `yaml:"volumes"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Configs []struct {
		Source string `yaml:"source"`
	} `yaml:"configs"`
	Deploy struct {
		Replicas int `yaml:"replicas"`
	} `yaml:"deploy"`
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	root, err := devstack.Root()
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	var file composeFile
	require.NoError(t, yaml.Unmarshal(content, &file))
	return file
}

func TestComposeHasTheProductionShape(t *testing.T) {
	t.Parallel()
	file := readCompose(t)
	for _, name := range []string{"mysql", "temporal", "temporal-ui", "mailpit", "migrate", "setup", "api", "worker"} {
		require.Contains(t, file.Services, name)
	}
	require.Equal(t, 2, file.Services["worker"].Deploy.Replicas)
	require.Contains(t, file.Services["mysql"].Image, ":8.4")
}

func TestComposePinsImagesAndNamesWhatItUses(t *testing.T) {
	t.Parallel()
	file := readCompose(t)
	pinned := regexp.MustCompile(`:v?\d+\.\d+\.\d+$`)
	for name, service := range file.Services {
		if service.Build == "" {
			require.Regexp(t, pinned, service.Image, name)
			require.NotEmpty(t, service.Healthcheck.Test, "%s has no health check", name)
		}
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			require.Contains(t, file.Volumes, source, "%s: volumes are named ones", name)
		}
		for _, used := range service.Configs {
			require.Contains(t, file.Configs, used.Source, name)
		}
		for needed, how := range service.DependsOn {
			require.Contains(t, file.Services, needed, name)
			if how.Condition == "service_healthy" {
				require.NotEmpty(t, file.Services[needed].Healthcheck.Test, "%s waits for the health of %s", name, needed)
			}
		}
	}
}

// Every variable that our own services are given is one that the configuration reads, and together they make a
// configuration that production accepts.
func TestComposeSetsOnlyWhatTheConfigurationReads(t *testing.T) {
	t.Parallel()
	var known []string
	for _, variable := range config.Variables() {
		known = append(known, variable.Name)
	}
	ours := 0
	for name, service := range readCompose(t).Services {
		if service.Build == "" {
			continue
		}
		ours++
		var environment []string
		for variable, value := range service.Environment {
			require.True(t, slices.Contains(known, variable), "%s sets %s, which nobody reads", name, variable)
			environment = append(environment, variable+"="+filledIn(value))
		}
		// As the command of that service loads it; serving and working need everything.
		var parts []config.Part
		if name == "migrate" {
			parts = []config.Part{config.Database, config.AdminDatabase}
		}
		_, warnings, err := config.LoadFrom(environment, parts...)
		require.NoError(t, err, name)
		require.Empty(t, warnings, name)
	}
	require.Equal(t, 4, ours)
}

// filledIn does what Compose does with ${NAME:-default} and ${NAME:?message}, with plausible secrets for the latter.
func filledIn(value string) string {
	return regexp.MustCompile(`\$\{(\w+):([-?])([^}]*)\}`).ReplaceAllStringFunc(value, func(match string) string {
		parts := regexp.MustCompile(`\$\{(\w+):([-?])([^}]*)\}`).FindStringSubmatch(match)
		switch {
		case parts[2] == "-":
			return parts[3]
		case parts[1] == "STRIPE_SECRET_KEY":
			return "sk_" + "live_" + "composeTest"
		case parts[1] == "STRIPE_WEBHOOK_SECRET":
			return "whsec_" + "composeTest"
		default:
			return "secret"
		}
	})
}
