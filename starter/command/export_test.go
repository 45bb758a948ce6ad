package command

// WarnOfGap is warnOfGap, for tests on a schedule that nobody else changes.
var WarnOfGap = warnOfGap

// ReplayCommand is replayCommand, for tests of a build with other workflows.
var ReplayCommand = replayCommand

// ActorName is actorName, for tests as another user than that of the test.
var ActorName = actorName
