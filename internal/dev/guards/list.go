package guards

import "slices"

// suites is the list, from what has no I/O to what needs servers.
var suites = slices.Concat(vocabulary, books, strangers, processes)
