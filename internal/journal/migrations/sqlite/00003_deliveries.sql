-- +goose Up
-- One row for each part of a call at each target: what stands there before a request decides what becomes of it when the answer is lost.
CREATE TABLE deliveries (
    seq integer PRIMARY KEY,
    target text NOT NULL,
    pbx text NOT NULL,
    call_id text NOT NULL,
    part bigint NOT NULL,
    delivery_key text NOT NULL, -- what the target knows it by, for ever; a call that takes a part's place keeps the part's
    state text NOT NULL, -- waiting, working, uncertain, recording, delivered, refused, skipped
    open bigint NOT NULL, -- 1: a later call of the same number waits for it
    ready bigint NOT NULL, -- 1: it may be taken up when it is due: no earlier call of its number is open
    priority bigint NOT NULL, -- 0 live, 1 of the past and begun, 2 of the past
    past bigint NOT NULL,
    number text NOT NULL, -- the outside party's; '' for none
    started bigint NOT NULL,
    wanted bigint NOT NULL, -- the revision that should be delivered
    sending bigint NOT NULL DEFAULT 0, -- the revision that the step is about
    delivered bigint NOT NULL DEFAULT 0, -- the revision that was delivered
    step text NOT NULL DEFAULT '', -- the step that was begun last
    begun bigint, -- when
    tries bigint NOT NULL DEFAULT 0, -- failures since there was progress
    repeats bigint NOT NULL DEFAULT 0, -- steps done again without knowing whether they had been done
    memo text NOT NULL DEFAULT '', -- JSON: what the steps done left behind
    class text NOT NULL DEFAULT '', -- of the last failure
    reason text NOT NULL DEFAULT '', -- in words
    due bigint NOT NULL,
    owner text NOT NULL DEFAULT '', -- the process that works at it
    changed bigint NOT NULL
);

CREATE UNIQUE INDEX deliveries_by_call ON deliveries (call_id, pbx, target, part);
CREATE INDEX deliveries_due ON deliveries (target, priority, due) WHERE ready = 1 AND owner = '';
CREATE UNIQUE INDEX deliveries_heads ON deliveries (target, number) WHERE open = 1 AND ready = 1 AND number <> '';
CREATE INDEX deliveries_chains ON deliveries (target, number, started, seq) WHERE open = 1;
CREATE INDEX deliveries_owned ON deliveries (owner) WHERE owner <> '';
CREATE INDEX deliveries_uncertain ON deliveries (target) WHERE state = 'uncertain';

-- The runs that wait for deliveries of a call; gone when the call has its outcome in the run.
CREATE TABLE delivery_waits (
    run bigint NOT NULL,
    call_id text NOT NULL, -- as the run knows it
    pbx text NOT NULL,
    target text NOT NULL,
    part bigint NOT NULL,
    delivery bigint NOT NULL, -- 0 where there is none
    outcome text NOT NULL, -- '' while it is being delivered
    reason text NOT NULL,
    PRIMARY KEY (run, call_id, pbx, target, part)
) WITHOUT ROWID;

CREATE INDEX delivery_waits_by_delivery ON delivery_waits (delivery) WHERE outcome = '';

-- How each target is, for every process to see.
CREATE TABLE target_states (
    target text PRIMARY KEY,
    state text NOT NULL DEFAULT '', -- '', unavailable, blocked
    reason text NOT NULL DEFAULT '',
    until bigint, -- when it is tried again
    delivered bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    repeats bigint NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '', -- the last one
    error_at bigint
);
