package deployment_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"farebook/internal/deployment"
)

// A change that Temporal has carried out after all is no failure of its repetition; one that another change has overtaken is.
func TestChangeThatAnotherOneOvertakes(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	first, second := s.build("first"), s.build("second")
	s.start(first)
	s.start(second)
	// Temporal takes a repetition of the same identity for no change.
	queue := deployment.Queue{Temporal: s.dial("another operator"), Namespace: client.DefaultNamespace, Name: s.name}
	d := deployment.Deployment{Name: s.name, Queues: []deployment.Queue{queue}}
	read := func() deployment.Status {
		t.Helper()
		var status deployment.Status
		s.await(func() (found bool) {
			var err error
			status, err = d.Read(t.Context())
			return err == nil
		})
		return status
	}
	s.setCurrent(first.ID)
	before := read()
	s.setCurrent(second.ID)
	require.NoError(t, d.MakeCurrent(t.Context(), before, second))
	require.ErrorIs(t, d.MakeCurrent(t.Context(), before, first), deployment.ErrChanged)
	require.Equal(t, second, read().Routing.Current)

	before = read()
	s.ramp(first.ID, 10)
	require.NoError(t, d.RampAfter(t.Context(), before, first, 10))
	require.ErrorIs(t, d.RampAfter(t.Context(), before, first, 20), deployment.ErrChanged)
	require.ErrorIs(t, d.MakeCurrent(t.Context(), before, first), deployment.ErrChanged)
	require.Equal(t, float32(10), read().Routing.Percentage)
	ramped := read()
	s.setCurrent(first.ID)
	require.NoError(t, d.MakeCurrent(t.Context(), ramped, first), "the promotion ended the ramp")
}
