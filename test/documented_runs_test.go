package test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
	"farebook/workflows"
)

// operator runs the commands of the pages on a stack with a paid booking.
type operator struct {
	*testkit.Stack

	placeholders *strings.Replacer
	env          []string
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	s := testkit.New(t, testkit.Options{Admin: true})
	booked := s.BookAndPay("documented", nil)
	s.AwaitQuiet()
	require.NoError(t, devstack.Need(t.Context(), os.Stderr, "curl", "curl"))
	bin := t.TempDir()
	temporal, err := devstack.TemporalCLI(t.Context(), os.Stderr)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(temporal, filepath.Join(bin, "temporal")))
	starter := s.StarterCommand()
	path := "PATH=" + strings.Join([]string{filepath.Dir(starter.Path), bin, os.Getenv("PATH")}, string(os.PathListSeparator))
	return &operator{
		Stack: s, placeholders: strings.NewReplacer("FB-XXXXXXXX", booked.Reference, "FB-…", booked.Reference,
			"$ADMIN_ADDR", s.AdminOfAPI),
		env: append(slices.Clone(starter.Env), path, "HTTP_ADDR=127.0.0.1:0", "ADMIN_ADDR=none", "DATABASE_ADMIN_DSN="+s.DB.AdminDSN),
	}
}

// command runs in a shell, as an operator types it.
func (o *operator) command(line string) *exec.Cmd {
	command := exec.CommandContext(o.T.Context(), "sh", "-ec", "exec "+o.placeholders.Replace(line))
	command.Env, command.Dir = o.env, o.Folder
	return command
}

// run runs a command to its end, which has to be a good one.
func (o *operator) run(line string) {
	var output []byte
	var err error
	untilAnswered(o.Stack, func() error {
		output, err = o.command(line).CombinedOutput()
		return err
	})
	if err != nil {
		o.T.Errorf("%s: %v\n%s", line, err, output)
	}
}

// serves are the programs that run until they are stopped, with what they log when they work.
var serves = map[string]string{"starter serve": "API is listening", "worker": "worker polls"}

// serve starts a program, waits until it works, and stops it.
func (o *operator) serve(line string) {
	said := &testkit.Buffer{}
	command := o.command(line)
	command.Stdout, command.Stderr = said, said
	require.NoError(o.T, command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	o.Eventually(func() bool { return strings.Contains(said.String(), serves[line]) }, "%s does not work: %s", line, said)
	require.NoError(o.T, command.Process.Signal(syscall.SIGTERM))
	require.NoError(o.T, <-ended, "%s: %s", line, said)
}

var (
	chart  = regexp.MustCompile(`deploy/[\w/-]+`)
	target = regexp.MustCompile(`^make ([a-z-]+)`)
)

// parse checks a command that is not run: its target, or the paths that it names.
func (o *operator) parse(line string) {
	t := o.T
	if name := target.FindStringSubmatch(line); name != nil {
		// make prints what it would do, so the target exists and the Makefile is sound.
		output, err := exec.CommandContext(t.Context(), "make", "-C", "..", "-n", name[1]).CombinedOutput()
		require.NoError(t, err, "%s: %s", line, output)
		return
	}
	for _, path := range chart.FindAllString(line, -1) {
		require.DirExists(t, filepath.Join("..", path), line)
	}
}

const (
	// newBuild is the build that the pages speak of, and oldBuild the one before it.
	newBuild = "0a1b2c3d4e5f"
	oldBuild = "f5e4d3c2b1a0"
)

// runOfBuilds runs the commands about builds, each while the old build is current and the new one polls beside it. The program that runs
// them is of the new build.
func (o *operator) runOfBuilds(lines []string) {
	name := o.Deployment()
	o.env = append(o.env, "TEMPORAL_DEPLOYMENT_NAME="+name, "TEMPORAL_WORKER_BUILD_ID="+newBuild)
	o.placeholders = strings.NewReplacer("payments/farebook-worker", name, "-name farebook", "-name "+name, `"farebook:`, `"`+name+":")
	for _, build := range []string{newBuild, oldBuild} {
		o.StartBuild(build)
		o.run("starter deploy promote --wait 1m " + build)
	}
	for _, line := range lines {
		o.run("starter deploy promote " + oldBuild)
		o.runOnceFound(line)
	}
}

// passing is what Temporal answers right after another change of a deployment, and while it is busy with one.
var passing = []string{"Worker Deployment not found", "context deadline exceeded", "conflict token mismatch"}

// runOnceFound runs a command to its end, and again while the deployment's workflow continues as new, as the page says.
func (o *operator) runOnceFound(line string) {
	var output []byte
	var err error
	o.Eventually(func() bool {
		output, err = o.command(line).CombinedOutput()
		return err == nil || !slices.ContainsFunc(passing, func(text string) bool { return strings.Contains(string(output), text) })
	}, "the deployment does not answer: %s", line)
	require.NoError(o.T, err, "%s: %s", line, output)
}

// Each command of the pages runs as it is written, on a system with a paid booking, and ends well. Those that cannot be run here are
// parsed. What prepares the system runs first, and what stops it last, after what needs two builds; all others run beside one another.
func TestCommandsOfThePagesRun(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	first, last := []string{"starter setup", "starter migrate", "starter ledger seal"}, `starter fence raise `
	commands := documentedCommands(t)
	for _, line := range first {
		require.Contains(t, commands, line)
		o.run(line)
	}
	deleteSchedules(o.Stack)
	var group errgroup.Group
	group.SetLimit(commandsAtOnce)
	var raise string
	var builds []string
	for _, line := range commands {
		switch {
		case slices.Contains(first, line):
		case unrunBecause(line) != "":
			o.parse(line)
		case isOfBuilds(line):
			builds = append(builds, line)
		case strings.HasPrefix(line, last):
			raise = line
		case serves[line] != "":
			o.serve(line)
		default:
			group.Go(func() error {
				o.run(line)
				return nil
			})
		}
	}
	require.NoError(t, group.Wait())
	require.NotEmpty(t, builds)
	o.runOfBuilds(builds)
	o.run(raise)
	for _, exception := range unrun {
		require.NotEmpty(t, exception.reason)
	}
}

// commandsAtOnce is how many processes of commands run at a time.
const commandsAtOnce = 4

// deleteSchedules removes what `starter setup` makes, when the test ends: other tests share the server.
func deleteSchedules(s *testkit.Stack) {
	for _, kind := range []string{workflows.TypeSealLedger, workflows.TypeReconciliation, workflows.TypeRetention} {
		schedule := s.Temporal.ScheduleClient().GetHandle(s.T.Context(), kind+":"+s.Config.TaskQueue)
		s.T.Cleanup(func() { require.NoError(s.T, schedule.Delete(context.WithoutCancel(s.T.Context()))) })
	}
}
