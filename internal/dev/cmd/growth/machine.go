package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine describes where a benchmark ran, and how busy the machine was before it.
func machine() string {
	model := field("/proc/cpuinfo", "model name")
	if model == "" {
		model = runtime.GOARCH
	}
	text := fmt.Sprintf("%d cores of %s", runtime.NumCPU(), model)
	if memory := field("/proc/meminfo", "MemTotal"); memory != "" {
		text += ", memory " + memory
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		one, _, _ := strings.Cut(string(load), " ")
		text += ", load before the run " + one
	}
	return text
}

// field is the value of a field in a file of lines "name : value"; empty if the file has no such field.
func field(file, name string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		key, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// facts describe the server and the books.
func (s *server) facts(ctx context.Context, books schema) (string, error) {
	var version string
	var megabytes, ledger, entries int64
	err := s.db.QueryRowContext(ctx, `SELECT VERSION(), (SELECT ROUND(SUM(data_length + index_length) / 1000000) FROM information_schema.tables
		WHERE table_schema = ?)`, books.name).Scan(&version, &megabytes)
	if err != nil {
		return "", err
	}
	count := fmt.Sprintf("SELECT (SELECT COUNT(*) FROM %[1]s.financial_ledger), (SELECT COUNT(*) FROM %[1]s.ledger_entries)", books.name)
	err = s.db.QueryRowContext(ctx, count).Scan(&ledger, &entries)
	return fmt.Sprintf("%s, buffer pool %d MB, database %d MB, %d ledger transactions with %d entries", version, bufferPool>>20,
		megabytes, ledger, entries), err
}
