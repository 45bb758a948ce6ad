package testkit

import (
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/link"
)

// addresses are those of the servers, or of links to them.
type addresses struct{ database, stripe, mail string }

func (s *Stack) addresses(latency time.Duration) addresses {
	s.T.Helper()
	direct := addresses{database: s.DB.AppDSN, stripe: s.Stripe.URL(), mail: s.Mailbox.SMTPAddr()}
	if latency == 0 {
		return direct
	}
	dsn, err := mysql.ParseDSN(direct.database)
	require.NoError(s.T, err)
	dsn.Addr = s.NewLink(dsn.Addr, latency).Addr()
	return addresses{
		database: dsn.FormatDSN(), mail: s.NewLink(direct.mail, latency).Addr(),
		stripe: "http://" + s.NewLink(strings.TrimPrefix(direct.stripe, "http://"), latency).Addr(),
	}
}

// NewLink returns a link to target, with a latency in each direction, that ends with the test.
func (s *Stack) NewLink(target string, latency time.Duration) *link.Link {
	s.T.Helper()
	l, err := link.New(target, latency)
	require.NoError(s.T, err)
	s.T.Cleanup(l.Close)
	return l
}
