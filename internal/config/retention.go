package config

import "farebook/privacy"

func (r *reader) readRetention() {
	periods, err := privacy.ParsePeriods(r.vars.Retention)
	if err != nil {
		r.problem("RETENTION %v", err)
	}
	r.config.Retention = periods
}
