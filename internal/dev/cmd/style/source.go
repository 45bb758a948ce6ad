package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// goFile is a parsed Go file with its source.
type goFile struct {
	name   string
	source []byte
	set    *token.FileSet
	tree   *ast.File
}

func parse(name string, source []byte) (goFile, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, source, parser.ParseComments|parser.SkipObjectResolution)
	return goFile{name: name, source: source, set: set, tree: tree}, err
}

// text is the source with everything blanked except comments and string literals of more than one word: the same length and lines,
// so that an offset in it is one in the file. A phrase is found across the lines of a comment and across `"..." + "..."`.
func (f goFile) text() string {
	out := []byte(blank(string(f.source)))
	for _, group := range f.tree.Comments {
		for _, comment := range group.List {
			f.keep(out, comment.Pos(), comment.End(), commentMarks)
		}
	}
	ast.Inspect(f.tree, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if node.Kind == token.STRING && strings.ContainsAny(node.Value, " \n") {
				f.keep(out, node.Pos(), node.End(), stringMarks)
			}
		case *ast.BinaryExpr:
			left, right := lastLiteral(node.X), firstLiteral(node.Y)
			if node.Op == token.ADD && left != nil && right != nil {
				f.keep(out, left.Pos(), left.End(), stringMarks)
				f.keep(out, right.Pos(), right.End(), stringMarks)
				f.join(out, left.End(), right.Pos())
			}
		}
		return true
	})
	for _, group := range f.tree.Comments {
		for i := 1; i < len(group.List); i++ {
			f.join(out, group.List[i-1].End(), group.List[i].Pos())
		}
	}
	return string(out)
}

// commentMarks and stringMarks are what is no word in a comment and in a literal.
var (
	commentMarks = regexp.MustCompile(`^//|^/\*|\*/$`)
	stringMarks  = regexp.MustCompile("^[\"`]|[\"`]$|\\\\[abfnrtv]")
)

// keep copies the source from start to end, its marks replaced by spaces.
func (f goFile) keep(out []byte, start, end token.Pos, marks *regexp.Regexp) {
	from, to := f.offset(start), f.offset(end)
	copy(out[from:to], marks.ReplaceAllFunc(f.source[from:to], func(mark []byte) []byte {
		return bytes.Repeat([]byte{' '}, len(mark))
	}))
}

// join makes white space of what is between two pieces of one text.
func (f goFile) join(out []byte, start, end token.Pos) {
	for i := f.offset(start); i < f.offset(end); i++ {
		if out[i] == separator {
			out[i] = ' '
		}
	}
}

func (f goFile) offset(at token.Pos) int { return f.set.Position(at).Offset }

// lastLiteral is the string literal that an expression ends with, or nil: "b" of "a" + "b".
func lastLiteral(e ast.Expr) *ast.BasicLit {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e
	case *ast.BinaryExpr:
		return lastLiteral(e.Y)
	}
	return nil
}

// firstLiteral is the string literal that an expression begins with, or nil.
func firstLiteral(e ast.Expr) *ast.BasicLit {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e
	case *ast.BinaryExpr:
		return firstLiteral(e.X)
	}
	return nil
}
