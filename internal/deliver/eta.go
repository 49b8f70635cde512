package deliver

import (
	"context"
	"time"

	"ringback/internal/journal"
)

const (
	// estimateEvery is how often it is estimated when runs will be over.
	estimateEvery = 3 * time.Second
	// memory is how far back the pace of deliveries counts, nearly.
	memory = time.Minute
)

// estimator tells from the pace of a run's deliveries when it will be over.
type estimator struct {
	seen map[int64]observation
}

type observation struct {
	at        time.Time
	processed int64
	pace      float64 // calls a second; negative while unknown
}

// observe takes a run as it stands, and gives when it will be over; zero while that
// is not known, or nothing goes on.
func (e *estimator) observe(now time.Time, run journal.Delivering) time.Time {
	last, known := e.seen[run.Run]
	if !known {
		e.seen[run.Run] = observation{now, run.Processed, -1}
		return time.Time{}
	}
	passed := now.Sub(last.at)
	if passed <= 0 {
		return time.Time{}
	}
	pace := float64(run.Processed-last.processed) / passed.Seconds()
	if last.pace >= 0 {
		weight := min(1, passed.Seconds()/memory.Seconds())
		pace = weight*pace + (1-weight)*last.pace
	}
	e.seen[run.Run] = observation{now, run.Processed, pace}
	const slowest = 1.0 / 3600 // beyond, it is no estimate
	if pace < slowest {
		return time.Time{}
	}
	return now.Add(time.Duration(float64(run.Found-run.Processed) / pace * float64(time.Second)))
}

// forget drops runs that are not delivered any more.
func (e *estimator) forget(runs []journal.Delivering) {
	kept := make(map[int64]observation, len(runs))
	for _, run := range runs {
		kept[run.Run] = e.seen[run.Run]
	}
	e.seen = kept
}

// estimate writes now and again when runs will be over.
func (s *Service) estimate(ctx context.Context) {
	e := estimator{map[int64]observation{}}
	tick := time.NewTicker(estimateEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.estimateAll(ctx, &e); err != nil && ctx.Err() == nil {
				s.config.Logger.WarnContext(ctx, "it cannot be estimated when runs will be over", "error", err)
			}
		}
	}
}

func (s *Service) estimateAll(ctx context.Context, e *estimator) error {
	runs, err := s.config.Journal.RunsDelivering(ctx)
	if err != nil {
		return err
	}
	for _, run := range runs {
		ready := e.observe(s.config.Now(), run)
		err := s.config.Journal.InTx(ctx, func(tx journal.Tx) error { return journal.EstimateRun(ctx, tx, run.Run, ready) })
		if err != nil {
			return err
		}
	}
	e.forget(runs)
	return nil
}
