package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// The statements below are on River's own tables, right for v0.49 on a file that
// this process owns alone. With several processes on one database they would
// take work out of others' hands.
const (
	takeBack    = `UPDATE river_job SET state = 'available' WHERE state = 'running'`
	forgetChief = `DELETE FROM river_leader`
	// takeBackStranded leaves alone what is being worked ($1, a JSON list of ids)
	// and what was taken up just now ($2).
	takeBackStranded = `UPDATE river_job SET state = 'available'
		WHERE state = 'running' AND id NOT IN (SELECT value FROM json_each($1)) AND julianday(attempted_at) < julianday($2)`
)

const (
	rescueEvery   = time.Minute
	strandedAfter = 2 * time.Minute
)

// recoverAll takes back every job that a killed process had begun: River itself would
// wait an hour.
func recoverAll(ctx context.Context, db *sql.DB) error {
	for _, statement := range []string{takeBack, forgetChief} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("take back jobs of a process that was killed: %w", err)
		}
	}
	return nil
}

// rescueStranded takes back jobs whose work has returned but whose end could not be
// written, as on a full disk: River tries that thrice and then forgets it.
func (c *Client) rescueStranded(ctx context.Context) {
	tick := time.NewTicker(rescueEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			c.stopOnce.Do(func() { close(c.stopping) })
			return
		case <-c.stopping:
			return
		case now := <-tick.C:
			if err := c.takeBackStranded(ctx, now.Add(-strandedAfter)); err != nil && ctx.Err() == nil {
				c.logger.WarnContext(ctx, "stranded jobs were not taken back", "error", err)
			}
		}
	}
}

func (c *Client) takeBackStranded(ctx context.Context, before time.Time) error {
	_, err := c.db.ExecContext(ctx, takeBackStranded, c.holding(), before.UTC().Format("2006-01-02 15:04:05.000"))
	return err
}

// hold marks a job as being worked until the returned function is called.
func (c *Client) hold(id int64) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held[id] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.held, id)
	}
}

func (c *Client) holding() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]int64, 0, len(c.held))
	for id := range c.held {
		ids = append(ids, id)
	}
	b, _ := json.Marshal(ids) // numbers cannot fail to encode
	return string(b)
}
