-- +goose Up
CREATE TABLE runs (
    seq integer PRIMARY KEY,
    id text NOT NULL UNIQUE, -- ULID: sorts by time of request
    state text NOT NULL,
    requested_at bigint NOT NULL,
    requested_by text NOT NULL,
    kind text NOT NULL,
    start_at bigint,
    end_at bigint,
    ids text, -- JSON list; null for a period
    pbx text NOT NULL, -- JSON list
    target text NOT NULL, -- JSON list
    dry_run integer NOT NULL,
    forced integer NOT NULL,
    retry_of text NOT NULL, -- id of the run whose failed calls this one takes, or ''
    epoch bigint NOT NULL DEFAULT 0, -- counts the workers that took it up; only the latest may write
    stalls bigint NOT NULL DEFAULT 0, -- failed attempts to go on since there was progress
    finished_at bigint,
    error text NOT NULL DEFAULT '',
    found bigint NOT NULL DEFAULT 0,
    processed bigint NOT NULL DEFAULT 0,
    delivered bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    in_progress bigint NOT NULL DEFAULT 0,
    not_found text NOT NULL DEFAULT '[]', -- JSON list
    ids_done bigint NOT NULL DEFAULT 0, -- how many of ids are behind it
    ready_at bigint -- when it is expected to be over
);

CREATE INDEX runs_unfinished ON runs (seq) WHERE state IN ('queued', 'running');

-- What a run has to walk at each PBX, and how far it is.
CREATE TABLE run_walks (
    run bigint NOT NULL,
    n integer NOT NULL,
    pbx text NOT NULL,
    from_at bigint,
    until_at bigint,
    at_start bigint, -- the last call behind it
    at_id text NOT NULL DEFAULT '',
    done integer NOT NULL DEFAULT 0,
    PRIMARY KEY (run, n)
) WITHOUT ROWID;

CREATE TABLE run_calls (
    run bigint NOT NULL,
    call_id text NOT NULL,
    pbx text NOT NULL,
    outcome text NOT NULL, -- '' while it is being delivered
    reason text NOT NULL,
    PRIMARY KEY (run, call_id, pbx)
) WITHOUT ROWID;

-- Most calls of a run over what was delivered before are skipped; the rest is what people ask for.
CREATE INDEX run_calls_by_outcome ON run_calls (run, outcome, call_id, pbx, reason) WHERE outcome <> 'skipped';
