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
)

// MySQLVariable names the program of a database server to use instead of the machine's MariaDB, such as a mysqld of MySQL.
const MySQLVariable = "MYSQLD"

// mySQLPackage is Oracle's server in Debian unstable. It conflicts with MariaDB's packages and needs newer libraries than a stable release
// has, so that it is unpacked and not installed.
const mySQLPackage = "mysql-server-core"

// FindMySQL returns the program of a MySQL server: that of MySQLVariable, otherwise the one in var/mysql, which it unpacks there from
// Debian's package if necessary. It installs nothing and leaves the sources of apt as they are.
func FindMySQL(ctx context.Context, progress io.Writer) (string, error) {
	if path := os.Getenv(MySQLVariable); path != "" {
		found, err := inspectServer(ctx, path)
		if err == nil && !found.isMySQL {
			err = fmt.Errorf("%s: %s is MariaDB, not MySQL", MySQLVariable, path)
		}
		return path, err
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "var", "mysql")
	program := filepath.Join(dir, "mysqld")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	announce(progress, "unpacking %s of Debian unstable into var/mysql; once ...", mySQLPackage)
	if err := unpackMySQL(ctx, dir); err != nil {
		return "", fmt.Errorf("no MySQL server could be unpacked; set %s to the path of a mysqld (MySQL 8.4 or later): %w", MySQLVariable, err)
	}
	return program, nil
}

// unpackMySQL downloads the package with the libraries that it needs, down to the C library, and writes mysqld, a script that runs the
// server with them.
func unpackMySQL(ctx context.Context, dir string) error {
	mirror, err := debianMirror(ctx)
	if err != nil {
		return err
	}
	apt := filepath.Join(dir, "apt")
	for _, folder := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(apt, folder), 0o755); err != nil {
			return err
		}
	}
	sources := "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " + mirror + " unstable main\n"
	settings := fmt.Sprintf("Dir::Etc::sourcelist %q;\nDir::Etc::sourceparts \"-\";\nDir::State::lists %q;\nDir::Cache %q;\n"+
		"Dir::State::status %q;\nAPT::Sandbox::User \"root\";\n",
		filepath.Join(apt, "sources.list"), filepath.Join(apt, "lists"), filepath.Join(apt, "cache"), filepath.Join(apt, "status"))
	// An empty status: nothing counts as installed, so that each library is downloaded.
	for name, content := range map[string]string{"sources.list": sources, "settings": settings, "status": ""} {
		if err := os.WriteFile(filepath.Join(apt, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	env := append(os.Environ(), "APT_CONFIG="+filepath.Join(apt, "settings"), "DEBIAN_FRONTEND=noninteractive")
	for _, step := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "--download-only", mySQLPackage}} {
		if _, err := output(ctx, env, "apt-get", append([]string{"-qq"}, step...)...); err != nil {
			return err
		}
	}
	packages, err := filepath.Glob(filepath.Join(apt, "cache", "archives", "*.deb"))
	if err != nil {
		return err
	}
	for _, one := range packages {
		if _, err := output(ctx, env, "dpkg", "-x", one, filepath.Join(dir, "root")); err != nil {
			return err
		}
	}
	loaders, err := filepath.Glob(filepath.Join(dir, "root", "usr", "lib", "*", "ld-linux-*.so.*"))
	if err != nil || len(loaders) == 0 {
		return errors.Join(err, errors.New("the packages have no dynamic loader"))
	}
	script := fmt.Sprintf("#!/bin/sh\nexec %[1]q --library-path %[2]q %[3]q \"$@\"\n", loaders[0],
		filepath.Dir(loaders[0])+":"+filepath.Join(dir, "root/usr/lib/mysql/private"), filepath.Join(dir, "root/usr/sbin/mysqld"))
	return errors.Join(os.WriteFile(filepath.Join(dir, "mysqld"), []byte(script), 0o755), os.RemoveAll(apt))
}

// debianMirror returns the address of Debian's archive that apt uses on this machine.
func debianMirror(ctx context.Context) (string, error) {
	listed, err := output(ctx, os.Environ(), "apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(listed) {
		if address, is := strings.CutPrefix(strings.TrimSpace(line), "Debian Debian "); is {
			return address, nil
		}
	}
	return "", errors.New("apt knows no archive of Debian: run `apt-get update`")
}

func output(ctx context.Context, env []string, name string, args ...string) (string, error) {
	path, err := lookup(name)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = env
	var errorText strings.Builder
	cmd.Stderr = &errorText
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(errorText.String()))
	}
	return string(text), nil
}
