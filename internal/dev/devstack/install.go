package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// mariaDBPackages are the server without its service, so that an installation starts nothing, and the client programs that
// mariadb-install-db needs to read its settings.
var mariaDBPackages = []string{"mariadb-server-core", "mariadb-client-core"}

const (
	// temporalModule is the newest CLI that `go install` accepts; the go.mod of later ones has a replace directive.
	temporalModule = "github.com/temporalio/cli/cmd/temporal@v1.5.1"
	// The server of installations, of the version that the CLI has, and the program that makes its tables.
	temporalVersion      = "v1.29.1"
	temporalServerModule = "go.temporal.io/server/cmd/server@" + temporalVersion
	temporalSchemaModule = "go.temporal.io/server/cmd/tools/sql@" + temporalVersion
)

// lookup finds a program on PATH or in the directories of servers, which are not on the PATH of ordinary users.
func lookup(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/local/bin"} {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("no %s on this machine", strings.Join(names, " and no "))
}

func findMariaDB(ctx context.Context, progress io.Writer) (mariaDBBinary, error) {
	if path := os.Getenv(MySQLVariable); path != "" {
		return inspectServer(ctx, path)
	}
	path, err := lookupServer()
	if err != nil {
		if err := aptInstall(ctx, progress, mariaDBPackages...); err != nil {
			return mariaDBBinary{}, err
		}
		if path, err = lookupServer(); err != nil {
			return mariaDBBinary{}, err
		}
	}
	return inspectServer(ctx, path)
}

// inspectServer asks a server program for its version, which says whose it is.
func inspectServer(ctx context.Context, path string) (mariaDBBinary, error) {
	version, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return mariaDBBinary{}, fmt.Errorf("%s --version: %w", path, err)
	}
	return mariaDBBinary{path: path, isMySQL: !strings.Contains(string(version), "MariaDB")}, nil
}

// lookupServer finds a complete server: MariaDB's also needs a program of another package to create its data directory.
func lookupServer() (string, error) {
	path, err := lookup("mariadbd")
	if err != nil {
		return lookup("mysqld")
	}
	_, err = lookup("my_print_defaults")
	return path, err
}

// Need installs Debian packages unless what, a program or the absolute path of a file, is on the machine.
func Need(ctx context.Context, progress io.Writer, what string, packages ...string) error {
	if present(what) == nil {
		return nil
	}
	if err := aptInstall(ctx, progress, packages...); err != nil {
		return err
	}
	return present(what)
}

func present(what string) error {
	if filepath.IsAbs(what) {
		_, err := os.Stat(what)
		return err
	}
	_, err := lookup(what)
	return err
}

// aptInstall installs Debian packages as root, or with sudo if that needs no password.
func aptInstall(ctx context.Context, progress io.Writer, packages ...string) error {
	missing := fmt.Errorf("%[1]s is missing; install it with `apt-get install %[1]s`, or run this as root", strings.Join(packages, " "))
	apt, err := lookup("apt-get")
	if err != nil {
		return missing
	}
	var prefix []string
	if os.Geteuid() != 0 {
		sudo, err := exec.LookPath("sudo")
		if err != nil || exec.CommandContext(ctx, sudo, "-n", "true").Run() != nil {
			return missing
		}
		prefix = []string{sudo, "-n"}
	}
	announce(progress, "installing %s ...", strings.Join(packages, " "))
	// Another process that installs holds the lock meanwhile.
	prefix = append(prefix, "env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=600")
	for _, step := range [][]string{{"update"}, append([]string{"install", "-y", "--no-install-recommends"}, packages...)} {
		full := append(append([]string(nil), prefix...), step...)
		output, err := exec.CommandContext(ctx, full[0], full[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s\n%w", strings.Join(step, " "), err, strings.TrimSpace(string(output)), missing)
		}
	}
	return nil
}

// TemporalCLI returns the Temporal CLI on PATH, otherwise the one in var/bin, which it builds if necessary.
func TemporalCLI(ctx context.Context, progress io.Writer) (string, error) {
	if path, err := exec.LookPath("temporal"); err == nil {
		return path, nil
	}
	return built(ctx, progress, "temporal", temporalModule, "the Temporal CLI")
}

// built returns a program in var/bin, which it builds from a module if it is not there. title names the program in messages.
func built(ctx context.Context, progress io.Writer, name, module, title string) (string, error) {
	bin, err := binDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(bin, name)
	// Of two concurrent runs one builds it, and the other waits here and then finds it.
	unlock, err := lock(path + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	announce(progress, "building %s into var/bin; once, about 5 minutes on two cores ...", title)
	// Moved when complete, so that an interrupted build leaves no partial file. go names the program after the last folder of its path.
	staging := filepath.Join(bin, "install", name)
	build := exec.CommandContext(ctx, "go", "install", module)
	build.Dir = bin
	build.Env = append(os.Environ(), "GOBIN="+staging, "GOFLAGS=") // flags such as -race or -mod are meant for our build
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", title, err, strings.TrimSpace(string(output)))
	}
	folder, _, _ := strings.Cut(module, "@")
	return path, os.Rename(filepath.Join(staging, filepath.Base(folder)), path)
}

// lock waits for the lock of a file, and holds it until the returned function is called or this process ends.
func lock(path string) (func(), error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return func() { _ = file.Close() }, nil // closing releases the lock
}

// tryLock is lock without waiting; held is true if another process has the lock.
func tryLock(path string) (unlock func(), held bool, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { _ = file.Close() }, false, nil
	}
	closeErr := file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, true, closeErr
	}
	return nil, false, errors.Join(fmt.Errorf("lock %s: %w", path, err), closeErr)
}

func announce(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...) // a closed terminal must not stop the stack
}
