// Command matrix runs the tests of upgrades on each combination of servers and prints a table of them in Markdown. It fails when one of
// the tests does; a server that cannot be had on this machine is named with the reason. Results are kept in a file, so that a run that was
// interrupted continues.
//
//	matrix -only '^mysql' -results var/matrix/results.jsonl
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/guards"
)

// The outcomes of a cell.
const (
	passed  guards.Outcome = "passed"
	failed  guards.Outcome = "failed"
	notHere guards.Outcome = "not here"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("matrix", flag.ContinueOnError)
	only := flags.String("only", "", "regular expression that cells have to match, such as '^mysql/schema'")
	again := flags.Bool("again", false, "run those too whose result is kept")
	tableOnly := flags.Bool("table", false, "print the table of what is kept, and run nothing")
	results := flags.String("results", "var/matrix/results.jsonl", "the file of results; logs are beside it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := devstack.DieWithParent(); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("invalid -only: %w", err)
	}
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	rows, err := rowsOf(root)
	if err != nil {
		return err
	}
	kept, err := guards.OpenKept(*results)
	if err != nil {
		return err
	}
	m := &matrix{root: root, logs: filepath.Dir(*results), rows: rows, kept: kept, again: *again}
	if !*tableOnly {
		err = m.runAll(ctx, pattern)
	}
	return errors.Join(err, m.print(os.Stdout))
}

// matrix are the cells with their results.
type matrix struct {
	root, logs string
	rows       []row
	kept       *guards.Kept
	again      bool
	failures   []string
}

// runAll runs the cells of each column whose result is not kept. Error: a cell failed, or ctx ended.
func (m *matrix) runAll(ctx context.Context, pattern *regexp.Regexp) error {
	for _, column := range columns {
		var pending []row
		for _, one := range m.rows {
			due, err := m.isDue(ctx, column, one)
			if err != nil {
				return err
			}
			if one.isOf(column) && pattern.MatchString(column.key+"/"+one.key) && due {
				pending = append(pending, one)
			}
		}
		if len(pending) == 0 {
			continue
		}
		if err := m.runColumn(ctx, column, pending); err != nil {
			return err
		}
	}
	if len(m.failures) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(m.failures, ", "))
	}
	return nil
}

func (m *matrix) isDue(ctx context.Context, of column, one row) (bool, error) {
	digest, err := m.digest(ctx, one)
	if err != nil {
		return false, err
	}
	result, known := m.kept.Find(of.key+"/"+one.key, digest)
	return m.again || !known || result.Outcome != passed, nil
}

// runColumn starts the servers of a column and runs its cells. Where a server cannot be had, the cells say why.
func (m *matrix) runColumn(ctx context.Context, of column, pending []row) (err error) {
	servers, missing, err := of.start(ctx)
	if err != nil {
		return err
	}
	if missing != nil {
		for _, one := range pending {
			if err := m.add(guards.Result{Name: of.key + "/" + one.key, Outcome: notHere, By: oneLine(missing.Error())}); err != nil {
				return err
			}
		}
		return nil
	}
	defer func() { err = errors.Join(err, servers.stop()) }()
	if err := m.kept.Add(guards.Result{Name: "column " + of.key, By: servers.description}); err != nil {
		return err
	}
	for _, one := range pending {
		result, err := m.test(ctx, of.key+"/"+one.key, one, servers.env)
		if err != nil {
			return err
		}
		if err := m.add(result); err != nil {
			return err
		}
	}
	return nil
}

func (m *matrix) add(one guards.Result) error {
	if one.Outcome == failed {
		m.failures = append(m.failures, one.Name)
	}
	_, err := fmt.Fprintf(os.Stdout, "%-8s %6.0f s  %s  %s\n", one.Outcome, one.Seconds, one.Name, one.By)
	return errors.Join(err, m.kept.Add(one))
}
