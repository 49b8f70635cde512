package bitrixsim

import (
	"math"
	"net"
	"net/http"
	"time"
)

// leaky is the bucket of one address.
type leaky struct {
	level float64
	at    time.Time
}

// bucket is a minute's operating time of a method.
type bucket struct {
	minute int64
	first  time.Time
	used   float64
}

const window = 10 * time.Minute

// admit counts a request of an address.
func (p *Portal) admit(r *http.Request) *failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	b := p.buckets[host]
	now := p.now()
	if b == nil {
		b = &leaky{at: now}
		p.buckets[host] = b
	}
	b.level = max(0, b.level-now.Sub(b.at).Seconds()*p.opts.Rate)
	b.at = now
	if b.level > p.opts.Burst {
		return fail(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
	}
	b.level++
	return nil
}

// operatingLeft refuses a method that has worked too long.
func (p *Portal) operatingLeft(c *caller, name string) *failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sum, _ := p.operating(c, name); p.opts.Operating >= 0 && sum >= p.opts.Operating {
		return fail(429, "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit")
	}
	return nil
}

// operating is how long a method worked in the window, and when the oldest
// minute falls out of it.
func (p *Portal) operating(c *caller, name string) (sum float64, reset time.Time) {
	key := c.app + " " + name
	list := p.windows[key]
	now := p.now()
	for len(list) > 0 && !now.Before(list[0].first.Add(window)) {
		list = list[1:]
	}
	p.windows[key] = list
	for _, b := range list {
		sum += b.used
	}
	if len(list) == 0 {
		return 0, now.Add(window)
	}
	return sum, list[0].first.Add(window)
}

func (p *Portal) spend(c *caller, name string, cost time.Duration) {
	key := c.app + " " + name
	now := p.now()
	p.used[name] += cost.Seconds()
	list := p.windows[key]
	if n := len(list); n > 0 && list[n-1].minute == now.Unix()/60 {
		list[n-1].used += cost.Seconds()
		return
	}
	p.windows[key] = append(list, bucket{now.Unix() / 60, now, cost.Seconds()})
}

// Use makes a method have worked so long already.
func (p *Portal) Use(name string, cost time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spend(&caller{app: "app"}, name, cost)
}

func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// plainTime is the time of an answer without operating time.
func (p *Portal) plainTime(start time.Time) map[string]any {
	now := p.now()
	return map[string]any{
		"start": unix(start), "finish": unix(now), "duration": now.Sub(start).Seconds(), "processing": math.Floor(now.Sub(start).Seconds()),
		"date_start": start.Format(time.RFC3339), "date_finish": now.Format(time.RFC3339),
	}
}

// timeOf is the time of a method's answer.
func (p *Portal) timeOf(c *caller, name string, start time.Time) map[string]any {
	t := p.plainTime(start)
	if p.opts.Operating < 0 {
		return t
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	sum, reset := p.operating(c, name)
	t["operating"], t["operating_reset_at"] = sum, int64(math.Ceil(unix(reset)))
	return t
}
