// Command need installs the Debian packages of programs or files that are not on the machine. It does nothing if all exist.
//
//	need gcc=gcc,libc6-dev /usr/include/stdlib.h=libc6-dev node=nodejs npm=npm
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"farebook/internal/dev/devstack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, arg := range os.Args[1:] {
		program, packages, found := strings.Cut(arg, "=")
		if !found {
			fmt.Fprintf(os.Stderr, "need: invalid argument %q: must be PROGRAM=PACKAGE,PACKAGE\n", arg)
			os.Exit(2)
		}
		if err := devstack.Need(ctx, os.Stderr, program, strings.Split(packages, ",")...); err != nil {
			fmt.Fprintln(os.Stderr, "need:", err)
			os.Exit(1)
		}
	}
}
