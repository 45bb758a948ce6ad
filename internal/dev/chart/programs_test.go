package chart

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"farebook/internal/config"
)

// value is what a container sets a variable to.
func value(container corev1.Container, name string) string {
	for _, variable := range container.Env {
		if variable.Name == name {
			return variable.Value
		}
	}
	return ""
}

// The configuration reads each variable that a container sets, once.
func TestVariablesAreRead(t *testing.T) {
	known := map[string]bool{}
	for _, variable := range config.Variables() {
		known[variable.Name] = true
	}
	for example, values := range valuesFiles(t) {
		for id, pod := range objects(t, values).pods() {
			seen := map[string]bool{}
			for _, variable := range pod.Spec.Containers[0].Env {
				require.True(t, known[variable.Name], "%s of %s sets %s, which nobody reads", id, example, variable.Name)
				require.False(t, seen[variable.Name], "%s of %s sets %s twice", id, example, variable.Name)
				require.Nil(t, variable.ValueFrom, "%s of %s: secrets are files", id, example)
				seen[variable.Name] = true
			}
		}
	}
}

// parts are what each program reads of the configuration; API and worker need all of it. Every command sends its trace.
func parts(command []string) []config.Part {
	switch strings.Join(command, " ") {
	case "starter migrate":
		return []config.Part{config.Database, config.AdminDatabase, config.Telemetry}
	case "starter setup", "starter setup --no-schedule":
		return []config.Part{config.Temporal, config.Telemetry}
	}
	return nil
}

// secretTexts are plausible secrets by the last part of the path that a container reads them from.
var secretTexts = map[string]string{
	"DATABASE_DSN":          "farebook:secret@tcp(db.example.com:3306)/farebook?tls=true\n",
	"DATABASE_ADMIN_DSN":    "root:secret@tcp(db.example.com:3306)/?tls=true\n",
	"STRIPE_SECRET_KEY":     "sk_" + "live_chartTest\n",
	"STRIPE_WEBHOOK_SECRET": "whsec_" + "chartTest\n",
	"SMTP_PASSWORD":         "secret\n",
	"TEMPORAL_API_KEY":      "secret\n",
	"TEMPORAL_PAYLOAD_KEYS": "one:" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n",

	"PAY_LINK_KEYS": "one:" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n",
	"webhook-keys":  base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n",

	"OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret\n",
	"seal-key.pem":               sealKey,
}

// Production accepts what each container is given: its variables, and the files that its volumes mount where the variables say.
func TestProductionAcceptsEveryContainer(t *testing.T) {
	for example, values := range valuesFiles(t) {
		for id, pod := range objects(t, values).pods() {
			environment := environmentOf(t, pod)
			_, warnings, err := config.LoadFrom(environment, parts(pod.Spec.Containers[0].Command)...)
			require.NoError(t, err, "%s of %s", id, example)
			require.Empty(t, warnings, "%s of %s", id, example)
		}
	}
}

// environmentOf is what a container reads: each path is that of a file with the mounted content.
func environmentOf(t *testing.T, pod corev1.PodTemplateSpec) (lines []string) {
	t.Helper()
	mounted := mount(t, pod.Spec)
	for _, variable := range pod.Spec.Containers[0].Env {
		text := variable.Value
		if strings.HasSuffix(variable.Name, "_FILE") || strings.HasSuffix(variable.Name, "_PATH") {
			require.Contains(t, mounted, text, "%s names a file that no volume mounts", variable.Name)
			text = mounted[text]
		}
		lines = append(lines, variable.Name+"="+text)
	}
	return lines
}

// mount writes the files that the volumes of a pod mount, and returns where each is by its path in the container.
func mount(t *testing.T, pod corev1.PodSpec) map[string]string {
	t.Helper()
	files := map[string]string{}
	volumes := map[string]*corev1.SecretVolumeSource{}
	for _, volume := range pod.Volumes {
		require.NotNil(t, volume.Secret, volume.Name)
		require.EqualValues(t, 0o440, *volume.Secret.DefaultMode, volume.Name)
		volumes[volume.Name] = volume.Secret
	}
	for _, mounted := range pod.Containers[0].VolumeMounts {
		require.True(t, mounted.ReadOnly, mounted.Name)
		require.Empty(t, mounted.SubPath, "%s: a file below a subPath does not follow a rotation", mounted.Name)
		secret, found := volumes[mounted.Name]
		require.True(t, found, mounted.Name)
		delete(volumes, mounted.Name)
		names := []string{"tls.crt", "tls.key", "ca.crt"} // the keys of a Secret of TLS
		if len(secret.Items) > 0 {
			names = nil
		}
		for _, item := range secret.Items {
			names = append(names, item.Path)
		}
		for _, name := range names {
			file := filepath.Join(t.TempDir(), "secret")
			require.NoError(t, os.WriteFile(file, []byte(secretText(t, name)), 0o440))
			files[path.Join(mounted.MountPath, name)] = file
		}
	}
	require.Empty(t, volumes, "volumes that no container mounts")
	return files
}

// Every program sends its traces, so each container has the headers for the collector, which hold an API key, in a file.
func TestEveryContainerHasTheHeadersForTheCollector(t *testing.T) {
	for id, pod := range objects(t, valuesFiles(t)["cloud"]).pods() {
		container := pod.Spec.Containers[0]
		require.NotEmpty(t, value(container, "OTEL_EXPORTER_OTLP_ENDPOINT"), id)
		require.Equal(t, "/run/secrets/farebook/OTEL_EXPORTER_OTLP_HEADERS", value(container, "OTEL_EXPORTER_OTLP_HEADERS_FILE"), id)
	}
}

// Only the migration job may change the schema.
func TestAdministratorsSecretIsMountedInMigrationsAlone(t *testing.T) {
	for _, values := range valuesFiles(t) {
		for id, pod := range objects(t, values).pods() {
			for _, volume := range pod.Spec.Volumes {
				if volume.Secret.SecretName == "farebook-admin" {
					require.True(t, strings.HasPrefix(id, "Job farebook-migrate"), id)
				}
			}
		}
	}
}

// inPods are the commands that an operator runs in a pod, as Helm prints them.
var inPods = regexp.MustCompile(`(?m) -- (starter .+)$`)

// The programs of this checkout have each command, with its flags: those of containers, and those for operators.
func TestCommandsExist(t *testing.T) {
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin+"/", "./starter", "./worker")
	build.Dir = root
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	tried := map[string]bool{}
	for _, values := range valuesFiles(t) {
		for id, pod := range objects(t, values).pods() {
			container := pod.Spec.Containers[0]
			require.Empty(t, container.Args, id)
			line := strings.Join(container.Command, " ")
			if tried[line] {
				continue
			}
			tried[line] = true
			arguments := append(slices.Clone(container.Command[1:]), "--help")
			help, err := exec.CommandContext(t.Context(), filepath.Join(bin, container.Command[0]), arguments...).Output()
			require.NoError(t, err, line)
			usage, _, _ := strings.Cut(line, " --")
			require.Regexp(t, `(?m)^  `+usage+`( \[flags\])?$`, string(help), line)
		}
	}
	require.Len(t, tried, 5)
	lines := inPods.FindAllStringSubmatch(notes(t), -1)
	require.Len(t, lines, 2)
	for _, line := range lines {
		words := append(strings.Fields(line[1]), "--help")
		help, err := exec.CommandContext(t.Context(), filepath.Join(bin, words[0]), words[1:]...).CombinedOutput()
		require.NoError(t, err, "%s", help)
		require.Contains(t, string(help), strings.Join(words[:3], " "))
	}
}
