package command

// WarnOfGap is warnOfGap, for tests on a schedule that nobody else changes.
var WarnOfGap = warnOfGap
