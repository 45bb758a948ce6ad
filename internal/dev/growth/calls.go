package growth

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"time"
)

// Sample is one measured call.
type Sample struct {
	Rows       int64 // that the server has examined
	Statements int64
	Took       time.Duration
}

// Call is what was measured of a function, or of one use of it.
type Call struct {
	// Label is the function's name, and after a colon what is special about this use.
	Label   string
	Samples []Sample
	// Costliest is the statement that examined the most rows.
	Costliest string
}

// Function is the name of the function of a label.
func (c Call) Function() string {
	name, _, _ := strings.Cut(c.Label, ":")
	return name
}

// calls calls functions of subjects by name and measures each call.
type calls struct {
	ctx      context.Context //nolint:containedctx // of one run of the scripts, which call nothing after it
	subjects []any
	meter    *meter
	schema   string
	made     map[string]*Call
	order    []string
}

// scriptError is the panic value by which a step aborts its script; guarded recovers it and returns the error.
type scriptError struct{ error }

// measure calls a function of a subject. A context is passed where the function takes one, and arguments are converted to the types of
// its parameters. It returns the function's results without the error, which ends the run.
func (c *calls) measure(label string, args ...any) []any {
	function := c.function(label)
	in := c.arguments(label, function.Type(), args)
	must(0, c.meter.start(c.ctx))
	began := time.Now()
	out := function.Call(in)
	took := time.Since(began)
	counted := must(c.meter.stop(c.ctx))
	var results []any
	for _, value := range out {
		if err, failed := value.Interface().(error); failed {
			panic(scriptError{fmt.Errorf("%s: %w", label, err)})
		}
		results = append(results, value.Interface())
	}
	c.keep(label, Sample{counted.rows, counted.statements, took})
	return results
}

// function finds the method of a label.
func (c *calls) function(label string) reflect.Value {
	name, _, _ := strings.Cut(label, ":")
	for _, subject := range c.subjects {
		if method := reflect.ValueOf(subject).MethodByName(name); method.IsValid() {
			return method
		}
	}
	panic(scriptError{fmt.Errorf("%s: no subject has this function: it was renamed or moved", label)})
}

func (c *calls) arguments(label string, t reflect.Type, args []any) []reflect.Value {
	var in []reflect.Value
	if t.NumIn() > 0 && t.In(0) == reflect.TypeFor[context.Context]() {
		in = append(in, reflect.ValueOf(c.ctx))
	}
	if t.NumIn() != len(in)+len(args) {
		panic(scriptError{fmt.Errorf("%s: takes %d arguments, and the script passes %d", label, t.NumIn()-len(in), len(args))})
	}
	for _, arg := range args {
		parameter := t.In(len(in))
		switch value := reflect.ValueOf(arg); {
		case arg == nil:
			in = append(in, reflect.Zero(parameter))
		case value.Type().ConvertibleTo(parameter):
			in = append(in, value.Convert(parameter))
		default:
			panic(scriptError{fmt.Errorf("%s: the script passes %T as %s", label, arg, parameter)})
		}
	}
	return in
}

// keep adds a sample. The costliest statement is that of the last sample.
func (c *calls) keep(label string, s Sample) {
	known, found := c.made[label]
	if !found {
		known = &Call{Label: label}
		c.made[label] = known
		c.order = append(c.order, label)
	}
	known.Samples = append(known.Samples, s)
	if s.Rows > worthNaming {
		known.Costliest, _ = c.meter.costliest(c.ctx, c.schema) // best effort: empty until the server has logged the statement
	}
}

// worthNaming is from how many rows on the costliest statement is read from the server's log.
const worthNaming = 500

// all are the calls in the order in which they were made first.
func (c *calls) all() []Call {
	all := make([]Call, len(c.order))
	for i, label := range c.order {
		all[i] = *c.made[label]
	}
	return all
}

// first measures a call and returns its first result.
func first[T any](c *calls, label string, args ...any) T {
	results := c.measure(label, args...)
	typed, ok := results[0].(T)
	if !ok {
		panic(scriptError{fmt.Errorf("%s: returns %T, and the script expects %T", label, results[0], typed)})
	}
	return typed
}

// must ends the run of the scripts if a step that is not measured failed.
func must[T any](value T, err error) T {
	if err != nil {
		_, file, line, _ := runtime.Caller(1)
		panic(scriptError{fmt.Errorf("%s:%d: %w", filepath.Base(file), line, err)})
	}
	return value
}

// guarded runs scripts and returns the error that ended them.
func guarded(scripts func()) (err error) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case scriptError:
			err = problem.error
		default:
			panic(problem)
		}
	}()
	scripts()
	return nil
}
