// Package pinned has properties checked with the same draws in each run of CI, so that a fault that they find is the change's. A test
// imports it for its effect; -rapid.seed=0 on the command line draws others. It imports pgregory.net/rapid.
package pinned

import (
	"flag"

	"pgregory.net/rapid"
)

// seed is any number but 0, by which rapid draws another one each time.
const seed = "20261127"

// rapid registers its flags when it is initialised, which comes first.
var _ = rapid.Check

func init() {
	if err := flag.Set("rapid.seed", seed); err != nil {
		panic(err) // rapid has renamed its flags
	}
}
