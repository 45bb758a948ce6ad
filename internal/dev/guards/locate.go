package guards

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// span is a part of a source file, in bytes.
type span struct{ from, to int }

// locate returns where a guard is. Error: the guard is not there, or is there more than once.
func locate(source []byte, g Guard) (span, error) {
	if g.Func == "" {
		return once(source, g.Cut, span{0, len(source)})
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, g.File, source, parser.SkipObjectResolution)
	if err != nil {
		return span{}, err
	}
	body := functionBody(file, g.Func)
	if body == nil {
		return span{}, fmt.Errorf("%s has no function %s", g.File, g.Func)
	}
	found, literals := search(files, body, source, g.Cut)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return span{}, fmt.Errorf("%s of %s has %q %d times: name a larger part", g.Func, g.File, g.Cut, len(found))
	case len(literals) == 1:
		return once(source, g.Cut, literals[0])
	}
	return span{}, fmt.Errorf("%s of %s has %d expressions, statements or strings with %q: update the list", g.Func, g.File, len(literals),
		g.Cut)
}

// once returns where a part of the source has a text that it has once.
func once(source []byte, text string, within span) (span, error) {
	part := source[within.from:within.to]
	if n := bytes.Count(part, []byte(text)); n != 1 {
		return span{}, fmt.Errorf("%q is there %d times: update the list", text, n)
	}
	from := within.from + bytes.Index(part, []byte(text))
	return span{from, from + len(text)}, nil
}

// search returns the expressions and statements whose source is the text, but for white space, and the strings that contain it.
func search(files *token.FileSet, body ast.Node, source []byte, text string) (found, literals []span) {
	seen := map[span]bool{}
	ast.Inspect(body, func(node ast.Node) bool {
		switch node.(type) {
		case ast.Expr, ast.Stmt:
		default:
			return true
		}
		at := span{files.Position(node.Pos()).Offset, files.Position(node.End()).Offset}
		if seen[at] {
			return true // an expression that is a statement
		}
		seen[at] = true
		content := string(source[at.from:at.to])
		literal, isLiteral := node.(*ast.BasicLit)
		switch {
		case squeezed(content) == squeezed(text):
			found = append(found, at)
		case isLiteral && literal.Kind == token.STRING && strings.Contains(content, text):
			literals = append(literals, at)
		}
		return true
	})
	return found, literals
}

// squeezed is a text with one space for any white space.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }

// functionBody returns the body of a function, or of a method as "Type.Method".
func functionBody(file *ast.File, name string) ast.Node {
	for _, declared := range file.Decls {
		function, is := declared.(*ast.FuncDecl)
		if is && function.Body != nil && fullName(function) == name {
			return function.Body
		}
	}
	return nil
}

func fullName(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return function.Name.Name
	}
	receiver := function.Recv.List[0].Type
	if pointer, is := receiver.(*ast.StarExpr); is {
		receiver = pointer.X
	}
	if generic, is := receiver.(*ast.IndexExpr); is {
		receiver = generic.X
	}
	if named, is := receiver.(*ast.Ident); is {
		return named.Name + "." + function.Name.Name
	}
	return function.Name.Name
}
