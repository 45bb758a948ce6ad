package main

import (
	"fmt"

	"github.com/pingcap/tidb/pkg/parser/ast"
)

// fault is what blocks a table, unless the migration creates the table or exempts it.
type fault struct{ table, message string }

const (
	online      = "write ALGORITHM = INPLACE LOCK = NONE"
	inRanges    = "fill rows in ranges of ids with a back-fill (migrations/backfills.go)"
	notReleased = "see that no release that still runs uses the table"
)

// judge returns what a statement does that may block a table.
func judge(node ast.StmtNode) []fault {
	switch s := node.(type) {
	case *ast.AlterTableStmt:
		return judgeAlter(s)
	case *ast.CreateIndexStmt:
		return judgeIndex("CREATE INDEX", s.Table, s.LockAlg)
	case *ast.DropIndexStmt:
		return judgeIndex("DROP INDEX", s.Table, s.LockAlg)
	case *ast.CreateTableStmt:
		return judgeSelect("CREATE TABLE … SELECT", s.Select)
	case *ast.InsertStmt:
		return judgeSelect("INSERT … SELECT", s.Select)
	case *ast.UpdateStmt:
		return each(tablesOf(s), "UPDATE changes rows of %s and locks them until it ends: "+inRanges)
	case *ast.DeleteStmt:
		return each(tablesOf(s), "DELETE removes rows of %s and locks them until it ends: "+inRanges)
	case *ast.DropTableStmt:
		return each(tablesOf(s), "DROP TABLE removes %s: "+notReleased)
	case *ast.RenameTableStmt:
		return each(tablesOf(s), "RENAME TABLE takes %s away: "+notReleased)
	}
	tables := tablesOf(node)
	if len(tables) == 0 {
		return nil // SET, for example
	}
	return each(tables, fmt.Sprintf("the rule does not cover %T, which uses %%s: write another statement", node))
}

func judgeAlter(s *ast.AlterTableStmt) []fault {
	algorithm, lock := ast.AlgorithmTypeDefault, ast.LockTypeDefault
	for _, spec := range s.Specs {
		switch spec.Tp {
		case ast.AlterTableAlgorithm:
			algorithm = spec.Algorithm
		case ast.AlterTableLock:
			lock = spec.LockType
		}
	}
	if algorithm == ast.AlgorithmTypeInstant || algorithm == ast.AlgorithmTypeInplace && lock == ast.LockTypeNone {
		return nil
	}
	return []fault{{s.Table.Name.L, "ALTER TABLE " + s.Table.Name.O +
		" does not say that bookings continue: add ALGORITHM = INSTANT, or ALGORITHM = INPLACE, LOCK = NONE"}}
}

func judgeIndex(verb string, table *ast.TableName, how *ast.IndexLockAndAlgorithm) []fault {
	if how != nil && how.AlgorithmTp == ast.AlgorithmTypeInplace && how.LockTp == ast.LockTypeNone {
		return nil
	}
	return []fault{{table.Name.L, verb + " on " + table.Name.O + " does not say that bookings continue: " + online}}
}

// judgeSelect is for statements that write what a query reads: the server locks the rows that it reads until the statement ends.
func judgeSelect(verb string, query ast.ResultSetNode) []fault {
	if query == nil {
		return nil
	}
	return each(tablesOf(query), verb+" reads %s and locks the rows that it reads: "+inRanges)
}

func each(tables []string, format string) []fault {
	var faults []fault
	for _, table := range tables {
		faults = append(faults, fault{table, fmt.Sprintf(format, table)})
	}
	return faults
}

// tablesOf names each table that a statement uses once, without the names of its common table expressions.
func tablesOf(node ast.Node) []string {
	v := &tableVisitor{common: map[string]bool{}}
	node.Accept(v)
	var tables []string
	known := map[string]bool{}
	for _, table := range v.tables {
		if !v.common[table] && !known[table] {
			known[table] = true
			tables = append(tables, table)
		}
	}
	return tables
}

// tableVisitor collects the names that a statement uses as tables.
type tableVisitor struct {
	tables []string
	common map[string]bool
}

// Enter is ast's.
func (v *tableVisitor) Enter(node ast.Node) (ast.Node, bool) {
	switch n := node.(type) {
	case *ast.TableName:
		v.tables = append(v.tables, n.Name.L)
	case *ast.CommonTableExpression:
		v.common[n.Name.L] = true
	}
	return node, false
}

// Leave is ast's.
func (v *tableVisitor) Leave(node ast.Node) (ast.Node, bool) { return node, true }
