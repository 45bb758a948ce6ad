// Command puretests lists the tests that need no server in packages whose other tests need one: a line per package with its import path
// and a regular expression for `go test -run`. It reads the tests' source. A test needs a server when it reaches, through functions and
// methods of its package's test files, anything that refers to the test database, the test kit or the development stack, or to a variable
// FAREBOOK_TEST_...; methods are matched by name, so that a doubtful test counts as one that needs a server.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// servers are the packages that need a server, by the name under which tests refer to them.
var servers = []string{"testdb", "testkit", "devstack"}

func main() {
	for _, folder := range os.Args[1:] {
		if slices.Contains(servers, filepath.Base(folder)) {
			continue // its tests start servers without naming the package
		}
		tests, err := pure(folder)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if len(tests) > 0 {
			fmt.Printf("./%s ^(%s)$\n", folder, strings.Join(tests, "|"))
		}
	}
}

// pure returns the names of the tests in a folder that need no server, in order.
func pure(folder string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		return nil, err
	}
	uses, needs := map[string][]string{}, map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declared := range file.Decls {
			for _, name := range names(declared) {
				used := references(declared)
				uses[name] = append(uses[name], used...)
				if slices.ContainsFunc(used, needsServer) || name == "TestMain" {
					needs[name] = true
				}
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for name, used := range uses {
			if !needs[name] && slices.ContainsFunc(used, func(other string) bool { return needs[other] }) {
				needs[name], changed = true, true
			}
		}
	}
	var tests []string
	for name := range uses {
		if strings.HasPrefix(name, "Test") && name != "TestMain" && !needs[name] {
			tests = append(tests, name)
		}
	}
	slices.Sort(tests)
	return tests, nil
}

func needsServer(name string) bool {
	return slices.Contains(servers, name) || strings.Contains(name, "FAREBOOK_TEST_")
}

// names returns what a declaration declares: a function's or method's name, or those of types, variables and constants.
func names(declared ast.Decl) (names []string) {
	switch d := declared.(type) {
	case *ast.FuncDecl:
		names = append(names, d.Name.Name)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, name := range s.Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

// references returns every identifier and string literal of a declaration.
func references(declared ast.Decl) (used []string) {
	ast.Inspect(declared, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.Ident:
			used = append(used, n.Name)
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				used = append(used, n.Value)
			}
		}
		return true
	})
	return used
}
