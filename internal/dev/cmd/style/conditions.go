package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// hiddenAssignments finds each `if x := f(); x && y` whose condition also tests something that the assignment does not set (y): a
// reader takes the whole for one test. The assignment belongs on the line before. The rest of a condition may look closer at what is
// assigned (`err != nil && !errors.Is(err, io.EOF)`), or compare it with something.
func (f goFile) hiddenAssignments() []finding {
	var found []finding
	ast.Inspect(f.tree, func(node ast.Node) bool {
		statement, ok := node.(*ast.IfStmt)
		if !ok {
			return true
		}
		assignment, ok := statement.Init.(*ast.AssignStmt)
		if !ok {
			return true
		}
		names := assigned(assignment)
		if slices.ContainsFunc(operands(statement.Cond), func(operand ast.Expr) bool { return !mentions(operand, names) }) {
			found = append(found, finding{
				file: f.name, line: f.set.Position(statement.Pos()).Line,
				message: "the condition also tests what is not assigned in this if: assign " + strings.Join(names, ", ") + " on the line before",
			})
		}
		return true
	})
	return found
}

// assigned are the variables and fields that an assignment sets, without the blank one.
func assigned(assignment *ast.AssignStmt) []string {
	var names []string
	for _, left := range assignment.Lhs {
		if name := types.ExprString(left); name != "_" {
			names = append(names, name)
		}
	}
	return names
}

// operands are the parts of a condition between && and ||.
func operands(condition ast.Expr) []ast.Expr {
	switch condition := condition.(type) {
	case *ast.ParenExpr:
		return operands(condition.X)
	case *ast.BinaryExpr:
		if condition.Op == token.LAND || condition.Op == token.LOR {
			return append(operands(condition.X), operands(condition.Y)...)
		}
	}
	return []ast.Expr{condition}
}

// mentions tells whether an expression uses one of the names.
func mentions(expression ast.Expr, names []string) bool {
	mentioned := false
	ast.Inspect(expression, func(node ast.Node) bool {
		if part, ok := node.(ast.Expr); ok {
			mentioned = mentioned || slices.Contains(names, types.ExprString(part))
		}
		return !mentioned
	})
	return mentioned
}
