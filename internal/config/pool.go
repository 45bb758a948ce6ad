package config

import (
	"strconv"
	"time"
)

// Pool is the pool of connections to the database of one process.
type Pool struct {
	Size, Idle int
	Lifetime   time.Duration
}

const (
	// minPool leaves connections to others while one statement is slow.
	minPool = 4
	// maxPool is far above what InnoDB works on at once.
	maxPool = 1000
	// minLifetime keeps a process from connecting all the time; maxLifetime is the server's default wait_timeout.
	minLifetime = 10 * time.Second
	maxLifetime = 8 * time.Hour
)

func (r *reader) readPool() {
	pool := Pool{Size: r.poolCount("DATABASE_POOL_SIZE", r.vars.PoolSize, minPool, maxPool)}
	pool.Idle = pool.Size
	if r.vars.PoolIdle != "" {
		pool.Idle = r.poolCount("DATABASE_POOL_IDLE", r.vars.PoolIdle, 1, maxPool)
	}
	if pool.Idle > pool.Size && pool.Size > 0 {
		r.problem("DATABASE_POOL_IDLE is above DATABASE_POOL_SIZE: connections that cannot be opened cannot be kept; set it lower, or unset it")
	}
	life, err := time.ParseDuration(r.vars.ConnectionLife)
	if err != nil || life < minLifetime || life > maxLifetime {
		r.problem("DATABASE_CONNECTION_LIFETIME is %q: set it to a duration from %s to %s, such as 5m", r.vars.ConnectionLife, minLifetime,
			maxLifetime)
	}
	pool.Lifetime = life
	r.config.Pool = pool
}

func (r *reader) poolCount(name, value string, least, most int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		r.problem("%s is %q: set it to a whole number from %d to %d", name, value, least, most)
		return 0
	}
	return n
}
