package deliver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ringback/internal/crm/webhook/webhooktest"
	"ringback/internal/faultnet"
)

func TestMetricsCountDeliveriesByTargetAndOutcome(t *testing.T) {
	receiver := &webhooktest.Receiver{}
	address := serve(t, faultnet.Wrap(receiver, func(n int64, _ *http.Request) faultnet.Fault {
		switch n {
		case 0:
			return faultnet.Fault{Kind: faultnet.Answer, Status: http.StatusNotFound}
		case 1:
			return faultnet.Fault{Kind: faultnet.LoseAfter}
		}
		return faultnet.Fault{}
	}))
	b := open(t, t.TempDir(), hook(t, "warehouse", address, ""))
	registry := prometheus.NewPedanticRegistry()
	must(t, b.Measure(registry))
	b.set(someCalls(5, 1)...) // one client, so one after the other
	b.begin()
	t.Cleanup(b.end)
	b.process()
	families, err := registry.Gather()
	must(t, err)
	var shown []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			text := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				text = append(text, l.GetValue())
			}
			shown = append(shown, fmt.Sprint(strings.Join(text, " "), " ", m.GetCounter().GetValue()+m.GetGauge().GetValue()))
		}
	}
	slices.Sort(shown)
	same(t, "metrics", shown, []string{
		"ringback_deliveries_in_flight warehouse 0",
		"ringback_deliveries_total delivered warehouse 4",
		"ringback_deliveries_total failed warehouse 1",
		"ringback_deliveries_total repeated warehouse 1",
		"ringback_delivery_failures_total refused warehouse 1",
		"ringback_delivery_failures_total uncertain warehouse 1",
	})
}
