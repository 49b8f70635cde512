package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ringback/internal/journal"
)

// recovery is how jobs are taken back that nobody works any more. The statements are
// on River's own tables, right for v0.49.
type recovery struct {
	// atOpen are for a database that this process owns alone: whatever runs there was
	// begun by one that is gone, and River itself would wait an hour.
	atOpen []string
	// stranded takes back what process $3 has begun before $2 (microseconds since 1970), but for
	// what it is working ($1, a JSON list of ids).
	stranded string
	// orphaned takes back what processes have begun whose lease has ended by $1; "" where there
	// are no other processes.
	orphaned string
}

var sqliteRecovery = recovery{
	atOpen: []string{`UPDATE river_job SET state = 'available' WHERE state = 'running'`, `DELETE FROM river_leader`},
	stranded: `UPDATE river_job SET state = 'available' WHERE state = 'running' AND id NOT IN (SELECT value FROM json_each($1))
		AND julianday(attempted_at) < julianday(CAST($2 AS real) / 1e6, 'unixepoch') AND attempted_by ->> '$[#-1]' = $3`,
}

var postgresRecovery = recovery{
	stranded: `UPDATE river_job SET state = 'available' WHERE state = 'running'
		AND id NOT IN (SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb))
		AND attempted_at < to_timestamp($2::bigint / 1e6) AND attempted_by[array_upper(attempted_by, 1)] = $3::text`,
	orphaned: `UPDATE river_job SET state = 'available' WHERE state = 'running' AND NOT EXISTS (
		SELECT 1 FROM leases WHERE name = '` + nodePrefix + `' || attempted_by[array_upper(attempted_by, 1)] AND until > $1)`,
}

const (
	// leaseTime is how long a process that is not heard of keeps its jobs.
	leaseTime     = 30 * time.Second
	rescueEvery   = time.Minute
	strandedAfter = 2 * time.Minute
	// forgetAfter is how long the lease of a process that is gone is kept for people to see.
	forgetAfter = 24 * time.Hour
	nodePrefix  = "node "
)

// takeBackAll takes back every job that a killed process had begun.
func (c *Client) takeBackAll(ctx context.Context) error {
	err := c.journal.InTx(ctx, func(tx journal.Tx) error {
		for _, statement := range c.habits.atOpen {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take back jobs of a process that was killed: %w", err)
	}
	return nil
}

// attend renews this process's lease and takes back jobs that nobody works, until
// the queue stops.
func (c *Client) attend(ctx context.Context) {
	beat, rescue := time.NewTicker(c.lease/3), time.NewTicker(rescueEvery)
	defer beat.Stop()
	defer rescue.Stop()
	since := time.Now()
	for {
		var err error
		select {
		case <-ctx.Done():
			c.stopOnce.Do(func() { close(c.stopping) })
			return
		case <-c.stopping:
			return
		case now := <-rescue.C:
			err = c.takeBackStranded(ctx, now.Add(-strandedAfter))
		case now := <-beat.C:
			if c.habits.orphaned == "" {
				continue
			}
			// When the database was away, nobody could renew a lease: others get as long
			// to do so as it lasts before they are taken for dead.
			if err = c.renew(ctx); err != nil {
				since = time.Now()
			} else if now.Sub(since) >= c.lease {
				err = c.takeBackOrphaned(ctx)
			}
		}
		if err != nil && ctx.Err() == nil {
			c.logger.WarnContext(ctx, "the queue could not look after its jobs", "error", err)
		}
	}
}

// renew says that this process is alive.
func (c *Client) renew(ctx context.Context) error {
	if c.habits.orphaned == "" {
		return nil
	}
	return c.journal.InTx(ctx, func(tx journal.Tx) error {
		_, err := journal.TakeLease(ctx, tx, nodePrefix+c.node, c.node, c.lease)
		return err
	})
}

// leave lets others take at once what this process has not done.
func (c *Client) leave(ctx context.Context) error {
	if c.habits.orphaned == "" {
		return nil
	}
	return c.journal.InTx(ctx, func(tx journal.Tx) error {
		return journal.DropLease(ctx, tx, nodePrefix+c.node, c.node)
	})
}

// takeBackOrphaned takes back jobs of processes that are gone. One that is alive all
// the same, suspended or cut off, works on without an effect: the journal refuses what it writes.
func (c *Client) takeBackOrphaned(ctx context.Context) error {
	var orphans int64
	err := c.journal.InTx(ctx, func(tx journal.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		orphans, err = tx.Exec(ctx, c.habits.orphaned, now.UnixMicro())
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM leases WHERE until < $1`, now.Add(-forgetAfter).UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("take back jobs of processes that are gone: %w", err)
	}
	if orphans > 0 {
		c.logger.WarnContext(ctx, "a process is gone, its jobs are taken back", "jobs", orphans)
	}
	return nil
}

// takeBackStranded takes back jobs of this process whose work has returned but whose end
// could not be written, as on a full disk: River tries that thrice and then forgets it.
func (c *Client) takeBackStranded(ctx context.Context, before time.Time) error {
	return c.journal.InTx(ctx, func(tx journal.Tx) error {
		_, err := tx.Exec(ctx, c.habits.stranded, c.holding(), before.UnixMicro(), c.node)
		return err
	})
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

// Nodes are the processes that work the queue now, by name; none where the database
// belongs to one process.
func (c *Client) Nodes(ctx context.Context) ([]string, error) {
	nodes := []string{}
	err := c.journal.InTx(ctx, func(tx journal.Tx) error {
		nodes = nodes[:0]
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		return tx.Query(ctx, `SELECT holder FROM leases WHERE name LIKE '`+nodePrefix+`%' AND until > $1 ORDER BY holder`, []any{now.UnixMicro()}, func(row journal.Row) error {
			var node string
			err := row.Scan(&node)
			nodes = append(nodes, node)
			return err
		})
	})
	if err != nil {
		return nil, errors.Join(errors.New("list the processes that work the queue"), err)
	}
	return nodes, nil
}
