package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // the parser needs an implementation of literals

	"farebook/migrations"
)

// exemption is a comment line above a statement that may block a table, with the reason.
var exemption = regexp.MustCompile(`(?m)^-- Exempt (\w+): (\S+ \S.*)$`)

// checkFile returns the findings of the part of a migration that is applied.
func checkFile(name, source string) []finding {
	up := upPart(source)
	nodes, _, err := parser.New().Parse(up, "", "")
	if err != nil {
		return []finding{{name, 1, fmt.Sprintf("MySQL's grammar refuses the migration: %v", err)}}
	}
	if split := migrations.Statements(source); len(split) != len(nodes) {
		return []finding{{name, 1, fmt.Sprintf("the runner splits the migration into %d statements, the grammar into %d: end each statement "+
			"with ; at the end of a line, and no other line", len(split), len(nodes))}}
	}
	created, read := createdTables(nodes), 0
	var found []finding
	for _, node := range nodes {
		start := read + strings.Index(up[read:], node.Text())
		read = start + len(node.Text())
		line := 1 + strings.Count(up[:start+leading(node.Text())], "\n")
		exempt := exemptTables(node.Text())
		for _, f := range judge(node) {
			switch {
			case created[f.table]: // nobody uses it yet
			case slices.Contains(exempt, f.table):
				exempt = slices.DeleteFunc(exempt, func(table string) bool { return table == f.table })
			default:
				found = append(found, finding{name, line, f.message + ", or a line above the statement: -- Exempt " + f.table + ": REASON"})
			}
		}
		for _, table := range exempt {
			found = append(found, finding{name, line, "the statement needs no exemption for " + table + ": remove the line"})
		}
	}
	return found
}

// upPart blanks what goose does not apply, so that lines keep their numbers.
func upPart(source string) string {
	var out strings.Builder
	up := false
	for line := range strings.Lines(source) {
		switch strings.TrimSpace(line) {
		case "-- +goose Up":
			up = true
		case "-- +goose Down":
			up = false
		default:
			if up {
				out.WriteString(line)
				continue
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// leading is the length of the comments and line breaks before a statement.
func leading(text string) int {
	length := 0
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed != "" && !strings.HasPrefix(trimmed, "--") {
			break
		}
		length += len(line)
	}
	return length
}

func exemptTables(text string) []string {
	var tables []string
	for _, match := range exemption.FindAllStringSubmatch(text[:leading(text)], -1) {
		tables = append(tables, match[1])
	}
	return tables
}

// createdTables are the tables that the migration creates.
func createdTables(nodes []ast.StmtNode) map[string]bool {
	created := map[string]bool{}
	for _, node := range nodes {
		if create, ok := node.(*ast.CreateTableStmt); ok {
			created[create.Table.Name.L] = true
		}
	}
	return created
}
