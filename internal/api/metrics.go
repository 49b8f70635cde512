package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics count requests. Their labels come from fixed sets: a number, a name
// or a path that a client made up never becomes one.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	underway prometheus.Gauge
	streams  prometheus.Gauge
}

func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ringback_http_requests_total", Help: "HTTP requests answered, by route, method and status.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ringback_http_request_duration_seconds", Help: "How long answers took; event streams and waiting included.",
			Buckets: []float64{0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 60},
		}, []string{"route"}),
		underway: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ringback_http_requests_in_flight", Help: "HTTP requests being answered now.",
		}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ringback_http_event_streams", Help: "Event streams open now.",
		}),
	}
	registry.MustRegister(m.requests, m.seconds, m.underway, m.streams)
	return m
}

// count notes one answered request.
func (m *metrics) count(route, method string, status int, took time.Duration) {
	known := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	if !slices.Contains(known, method) {
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// metricsHandler serves GET /metrics in Prometheus' text form.
func (s *Server) metricsHandler() http.Handler {
	return promhttp.HandlerFor(s.config.Registry, promhttp.HandlerOpts{
		// One collector that fails must not hide the others.
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 4,
	})
}
