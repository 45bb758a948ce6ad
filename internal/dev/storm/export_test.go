package storm

import (
	"context"
	"time"

	"farebook/internal/dev/devstack"
)

// Full is the fault that leaves a server without space, until ctx ends.
func Full(ctx context.Context, one *devstack.MariaDB, disk Disk) error {
	return new(servers).full(ctx, one, disk, time.Minute)
}

// Keep copies what is on the disk to a directory.
func (d Disk) Keep(dir string) error { return d.keep(dir) }

// TakeOutKeys replaces the keys of payloads and of links at once, as nobody should: the earlier ones are gone.
func (s *System) TakeOutKeys() error {
	for _, ring := range []*keyring{&s.payloadKeys, &s.linkKeys} {
		if err := s.renewKeys(ring, "sudden"); err != nil {
			return err
		}
	}
	return nil
}

// RebuildTables is what follows a disk that was full.
func (s *System) RebuildTables(ctx context.Context) error {
	s.servers.wasFull.Store(true)
	return s.rebuildTables(ctx)
}
