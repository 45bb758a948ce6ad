package devstack_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"farebook/internal/config"
	"farebook/internal/dev/devstack"
)

// composeFile is docker-compose.yml, with each key that it uses: another key is an error.
type composeFile struct {
	Name     string                    `yaml:"name"`
	Shared   any                       `yaml:"x-farebook"`
	Services map[string]composeService `yaml:"services"`
	Volumes  map[string]any            `yaml:"volumes"`
	Configs  map[string]any            `yaml:"configs"`
}

type composeService struct {
	Image       string            `yaml:"image"`
	Build       composeBuild      `yaml:"build"`
	Ports       []string          `yaml:"ports"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Healthcheck struct {
		Test        []string      `yaml:"test"`
		Interval    time.Duration `yaml:"interval"`
		Timeout     time.Duration `yaml:"timeout"`
		StartPeriod time.Duration `yaml:"start_period"`
		Retries     int           `yaml:"retries"`
	} `yaml:"healthcheck"`
	Profiles  []string      `yaml:"profiles"`
	Restart   string        `yaml:"restart"`
	StopGrace time.Duration `yaml:"stop_grace_period"`
	Volumes   []string      `yaml:"volumes"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Configs []struct {
		Source string `yaml:"source"`
		Target string `yaml:"target"`
	} `yaml:"configs"`
	Deploy struct {
		Replicas int `yaml:"replicas"`
	} `yaml:"deploy"`
}

type composeBuild struct {
	Context string            `yaml:"context"`
	Args    map[string]string `yaml:"args"`
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	root, err := devstack.Root()
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	var file composeFile
	decodeStrictly(t, content, &file)
	return file
}

// decodeStrictly decodes YAML, and fails for a key that the type does not have.
func decodeStrictly(t *testing.T, content []byte, into any) {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(into))
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
	root, err := devstack.Root()
	require.NoError(t, err)
	pinned := regexp.MustCompile(`:v?\d+\.\d+\.\d+$`)
	for name, service := range file.Services {
		if service.Build.Context == "" {
			require.Regexp(t, pinned, service.Image, name)
			unasked := name == "otel-collector" // its image has no program that could ask
			require.Equal(t, unasked, len(service.Healthcheck.Test) == 0, "health check of %s", name)
		}
		for _, volume := range service.Volumes {
			source, target, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(source, "./") {
				require.DirExists(t, filepath.Join(root, source), name)
				require.True(t, strings.HasSuffix(target, ":ro"), "%s may write to %s", name, source)
				continue
			}
			require.Contains(t, file.Volumes, source, "%s: volumes are named ones, or folders of this project", name)
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

// The configuration reads each variable that Compose sets for our services, and production accepts all of them together.
func TestComposeSetsOnlyWhatTheConfigurationReads(t *testing.T) {
	t.Parallel()
	var known []string
	for _, variable := range config.Variables() {
		known = append(known, variable.Name)
	}
	ours := 0
	for name, service := range readCompose(t).Services {
		if service.Build.Context == "" {
			continue
		}
		ours++
		var environment []string
		for variable, value := range service.Environment {
			require.True(t, slices.Contains(known, variable), "%s sets %s, which nobody reads", name, variable)
			environment = append(environment, variable+"="+filledIn(value))
		}
		// As the command of that service loads it; API and worker need the whole configuration.
		var parts []config.Part
		if name == "migrate" {
			parts = []config.Part{config.Database, config.AdminDatabase, config.Telemetry}
		}
		_, warnings, err := config.LoadFrom(environment, parts...)
		require.NoError(t, err, name)
		require.Empty(t, warnings, name)
	}
	require.Equal(t, 4, ours)
}

// Compose passes each variable that an operator may want to change; each exception has a reason.
func TestComposePassesTheConfigurationOn(t *testing.T) {
	t.Parallel()
	left := map[string]string{
		"DATABASE_ADMIN_DSN": "for migrate alone", "STRIPE_API_BASE": "development only", "FAREBOOK_HOLD_MINUTE": "tests only",
		"FAREBOOK_FAILPOINT": "tests only", "FAREBOOK_CLOCK": "tests only", "WEBHOOK_ALLOW_LOOPBACK": "production refuses it",
		"TEMPORAL_CLIENT_AUTHORITY": "for proxies", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": "production refuses it",
		"TEMPORAL_CONFIG_FILE": "a file, which the image does not have", "TEMPORAL_PROFILE": "the same",
		"TEMPORAL_TLS_CLIENT_CERT_PATH": "a file: _DATA is passed", "TEMPORAL_TLS_CLIENT_KEY_PATH": "the same",
		"TEMPORAL_TLS_SERVER_CA_CERT_PATH": "the same",
		"DATABASE_DSN_FILE":                "Compose has the value itself", "DATABASE_ADMIN_DSN_FILE": "the same",
		"STRIPE_SECRET_KEY_FILE": "the same", "STRIPE_WEBHOOK_SECRET_FILE": "the same", "SMTP_PASSWORD_FILE": "the same",
		"TEMPORAL_API_KEY_FILE":              "the same",
		"TEMPORAL_PAYLOAD_KEYS_FILE":         "the same",
		"OTEL_EXPORTER_OTLP_HEADERS_FILE":    "the same",
		"CONSOLE_CLIENT_SECRET_FILE":         "the same",
		"PAY_LINK_KEYS_FILE":                 "the same",
		"STRIPE_JS_URL":                      "development only",
		"OTEL_SERVICE_NAME":                  "API and worker would have the same name",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "one endpoint is enough here", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "the same",
	}
	api := readCompose(t).Services["api"]
	for _, variable := range config.Variables() {
		_, passed := api.Environment[variable.Name]
		_, reason := left[variable.Name]
		require.NotEqual(t, passed, reason, "%s: either docker-compose.yml passes it on, or this test says why not", variable.Name)
	}
}

// Only ports that are published on purpose are reachable from the network.
func TestComposeListensOnThisMachine(t *testing.T) {
	t.Parallel()
	published := 0
	for name, service := range readCompose(t).Services {
		for _, port := range service.Ports {
			published++
			require.True(t, strings.HasPrefix(filledIn(port), "127.0.0.1:"), "%s publishes %s", name, port)
		}
	}
	require.Equal(t, 5, published)
}

// .env, which contains secrets, is excluded from commits and from images.
func TestSecretsStayOutsideOfGitAndImage(t *testing.T) {
	t.Parallel()
	root, err := devstack.Root()
	require.NoError(t, err)
	for _, file := range []string{".gitignore", ".dockerignore"} {
		content, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		require.Contains(t, strings.Split(string(content), "\n"), ".env", file)
	}
}

// The programs in an image report the version in the build arguments of Compose, because the build has no .git.
func TestTheImageKnowsItsVersion(t *testing.T) {
	t.Parallel()
	root, err := devstack.Root()
	require.NoError(t, err)
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	flags := regexp.MustCompile(`-ldflags="([^"]*)"`).FindSubmatch(dockerfile)
	require.NotNil(t, flags)
	for argument := range readCompose(t).Services["api"].Build.Args {
		require.Contains(t, string(dockerfile), "ARG "+argument+"=")
		require.Contains(t, string(flags[1]), "${"+argument+"}")
	}
	filled := strings.NewReplacer("${VERSION}", "1.2.3-test", "${REVISION}", "0123abcd", "${DATE}", "2026-11-26").Replace(string(flags[1]))
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags="+filled, "-o", bin+"/", "./starter", "./worker")
	build.Dir = root
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	for _, program := range []string{"starter", "worker"} {
		said, err := exec.CommandContext(t.Context(), filepath.Join(bin, program), "--version").Output()
		require.NoError(t, err)
		require.Regexp(t, `^farebook 1\.2\.3-test, revision 0123abcd of 2026-11-26, go`, string(said), program)
	}
}

// filledIn replaces ${NAME:-default} by the default, as Compose does, and ${NAME:?message} by a plausible secret.
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
