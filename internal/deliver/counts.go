package deliver

import (
	"github.com/prometheus/client_golang/prometheus"

	"ringback/internal/journal"
)

// counts are the metrics of one target in this process; nil where nobody looks.
type counts struct {
	outcomes, failures *prometheus.CounterVec
	target             string
}

func (c *counts) note(d *delivery, o *outcome) {
	if c.outcomes == nil {
		return
	}
	switch {
	case o.row.Delivered > d.row.Delivered:
		c.outcomes.WithLabelValues(c.target, journal.OutcomeDelivered).Inc()
	case o.run != "":
		c.outcomes.WithLabelValues(c.target, o.run).Inc()
	}
	if o.repeated {
		c.outcomes.WithLabelValues(c.target, "repeated").Inc()
	}
	if o.failure != "" {
		c.failures.WithLabelValues(c.target, o.row.Class).Inc()
	}
}

// Measure makes the Service show its counts in a registry. Labels are the names of
// targets and a few fixed words. Call it before Start.
func (s *Service) Measure(registry prometheus.Registerer) error {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ringback_deliveries_total", Help: "Deliveries that came to an end, by target and outcome; repeated ones were done again without knowing whether they had been done.",
	}, []string{"target", "outcome"})
	failures := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ringback_delivery_failures_total", Help: "Requests to targets that failed, by class.",
	}, []string{"target", "class"})
	underway := make([]prometheus.Collector, 0, len(s.lanes))
	for _, l := range s.lanes {
		l.counts = counts{outcomes, failures, l.target.Name}
		underway = append(underway, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "ringback_deliveries_in_flight", Help: "Deliveries under way now.", ConstLabels: prometheus.Labels{"target": l.target.Name},
		}, func() float64 { return float64(l.underway.Load()) }))
	}
	for _, c := range append(underway, outcomes, failures) {
		if err := registry.Register(c); err != nil {
			return err
		}
	}
	return nil
}
