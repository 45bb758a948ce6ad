package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// A kind that is missing in AttentionKinds could not be asked for.
func TestEveryKindOfAttentionIsListed(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "attention.go", nil, 0)
	require.NoError(t, err)
	var declared []AttentionKind
	ast.Inspect(file, func(node ast.Node) bool {
		spec, isSpec := node.(*ast.ValueSpec)
		if !isSpec {
			return true
		}
		if of, named := spec.Type.(*ast.Ident); named && of.Name == "AttentionKind" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			declared = append(declared, AttentionKind(text))
		}
		return true
	})
	require.NotEmpty(t, declared)
	require.ElementsMatch(t, declared, AttentionKinds)
}
