package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// goPackage is the files of one package, and its comment: the one above a package clause.
type goPackage struct {
	name     string
	file     string // the file that has the comment, or the first one
	line     int    // of the package clause
	comment  string // without its marks; empty: there is none
	testOnly bool   // it consists of _test.go files
}

// checkPackages checks that each package below a directory has a comment, and that the comment of a library says what it imports.
// Commands and packages of tests only are imported by nobody: their purpose is enough.
func checkPackages(directory string) ([]finding, error) {
	var read []goPackage
	err := walk(directory, func(name string, source []byte) error {
		if filepath.Ext(name) != ".go" {
			return nil
		}
		file, err := readPackage(name, source)
		read = append(read, file)
		return err
	})
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, p := range merged(read) {
		if message := p.fault(); message != "" {
			found = append(found, finding{file: p.file, line: p.line, message: message})
		}
	}
	return found, nil
}

// readPackage reads what one file says about its package.
func readPackage(name string, source []byte) (goPackage, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, source, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		return goPackage{}, fmt.Errorf("read %s: %w", name, err)
	}
	return goPackage{
		name: tree.Name.Name, file: name, line: set.Position(tree.Package).Line,
		comment: commentText(tree.Doc), testOnly: strings.HasSuffix(name, "_test.go"),
	}, nil
}

func commentText(group *ast.CommentGroup) string {
	if group == nil {
		return ""
	}
	return strings.TrimSpace(group.Text())
}

// merged makes one package of all files of a directory with the same package clause. It leaves out the external tests of a
// package (package a_test beside package a), and the comments of test files where others exist, because godoc does not show them.
func merged(files []goPackage) []goPackage {
	var packages []goPackage
	for _, file := range files {
		at := slices.IndexFunc(packages, func(p goPackage) bool { return path.Dir(p.file) == path.Dir(file.file) && p.name == file.name })
		switch {
		case at < 0:
			packages = append(packages, file)
		case packages[at].testOnly && !file.testOnly:
			packages[at] = file
		case packages[at].testOnly == file.testOnly && packages[at].comment == "" && file.comment != "":
			packages[at] = file
		}
	}
	return slices.DeleteFunc(slices.Clone(packages), func(p goPackage) bool {
		return p.testOnly && slices.ContainsFunc(packages, func(other goPackage) bool {
			return path.Dir(other.file) == path.Dir(p.file) && other.name+"_test" == p.name
		})
	})
}

// importing matches the word by which a comment says what its package imports.
var importing = regexp.MustCompile(`(?i)\bimports?\b`)

// fault says what is wrong with the comment of a package, or nothing.
func (p goPackage) fault() string {
	beginning := "Package " + p.name + " "
	switch {
	case p.comment == "":
		return "package " + p.name + " has no package comment: write what it is for and what it imports"
	case p.name == "main", p.testOnly:
		return ""
	case !importing.MatchString(strings.TrimPrefix(p.comment, beginning)): // the name may be the word, as in "Package imports"
		return "the package comment does not say what package " + p.name + ` imports: add a sentence such as "It imports booking and money."`
	}
	return ""
}
