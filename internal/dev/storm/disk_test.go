package storm_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/storm"
)

// fullDisk is the variable by which this program fills a disk instead of running tests; its value is a directory.
const fullDisk = "FAREBOOK_STORM_FULL_DISK"

func TestMain(m *testing.M) {
	dir := os.Getenv(fullDisk)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := fillUp(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// patience bounds the whole, for a server that starts and writes beside all other tests.
const patience = 5 * time.Minute

// MariaDB on a disk that is full refuses rows, loses none that it has acknowledged, and takes rows again once there is space. The disk is
// the program's alone, and what is on it is kept in the end. Without root, the program is root in a user namespace.
func TestADiskIsFullForAWhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), fullDisk+"="+dir)
	if os.Geteuid() != 0 {
		program.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
	}
	output, err := program.CombinedOutput()
	require.NoError(t, err, "%s\nthe test mounts a file system, as root or where user namespaces are permitted", output)
	left, err := os.ReadDir(filepath.Join(dir, "disk"))
	require.NoError(t, err)
	require.Empty(t, left, "the disk is mounted in the namespace of the other program only")
	require.FileExists(t, filepath.Join(dir, "kept", "data", "ibdata1"))
	require.NoFileExists(t, filepath.Join(dir, "kept", "filler"))
}

// fillUp has MariaDB on its own disk write rows before, while and after the disk is full.
func fillUp(dir string) (err error) {
	const size = 256 << 20 // an empty server takes half of it
	disk, err := storm.OwnDisk(filepath.Join(dir, "disk"), size)
	if err != nil {
		return err
	}
	if disk.Why != "" {
		return errors.New(disk.Why)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	server, err := devstack.StartMariaDB(ctx, disk.Dir, devstack.ForTests())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(), disk.Keep(filepath.Join(dir, "kept"))) }()
	books, err := sql.Open("mysql", server.AdminDSN()+"?timeout=30s&readTimeout=60s")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	for _, statement := range []string{"CREATE DATABASE disk", "CREATE TABLE disk.pages (text MEDIUMTEXT)"} {
		if _, err := books.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return writeWhileFull(ctx, books, server, disk)
}

func writeWhileFull(ctx context.Context, books *sql.DB, server *devstack.MariaDB, disk storm.Disk) error {
	const most = 40 // of the space for a hundred, if the fault takes none
	var written int
	write := func() error {
		_, err := books.ExecContext(ctx, "INSERT INTO disk.pages VALUES (REPEAT('x', 1000000))")
		if err == nil {
			written++
		}
		return err
	}
	if err := write(); err != nil {
		return err
	}
	until, empty := context.WithCancel(ctx)
	defer empty()
	ended := make(chan error, 1)
	go func() { ended <- storm.Full(until, server, disk) }()
	if err := awaitNoSpace(ctx, disk); err != nil {
		return err
	}
	var refused error
	for refused == nil && written < most {
		refused = write()
	}
	empty()
	if err := <-ended; err != nil {
		return fmt.Errorf("%w; the last answer of MariaDB: %w", err, refused)
	}
	if refused == nil {
		return fmt.Errorf("a full disk has taken %d MB", written)
	}
	if err := write(); err != nil {
		return fmt.Errorf("no row is written once there is space: %w", err)
	}
	var rows int
	if err := books.QueryRowContext(ctx, "SELECT COUNT(*) FROM disk.pages").Scan(&rows); err != nil {
		return err
	}
	if rows < written {
		return fmt.Errorf("%d rows were acknowledged, and %d are there", written, rows)
	}
	return nil
}

// awaitNoSpace waits until nothing can be written to a disk.
func awaitNoSpace(ctx context.Context, disk storm.Disk) error {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		var space syscall.Statfs_t
		err := syscall.Statfs(disk.Dir, &space)
		if err != nil || space.Bavail == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the disk has %d MB left: %w", int64(space.Bavail)*space.Bsize>>20, ctx.Err())
		case <-again.C:
		}
	}
}
