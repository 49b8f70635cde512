-- +goose Up
CREATE TABLE calls (
    pbx text NOT NULL,
    id text NOT NULL,
    started bigint NOT NULL,
    ended bigint NOT NULL,
    direction text NOT NULL,
    result text NOT NULL,
    numbers text NOT NULL, -- ' 79161234567 1001 ': see numbers.go
    linkedids integer NOT NULL, -- how many it joins
    digest bigint NOT NULL, -- of body
    revision integer NOT NULL,
    joined_into text NOT NULL DEFAULT '', -- id of the call that this one turned out to be a part of
    recorded bigint NOT NULL,
    changed bigint NOT NULL,
    body text NOT NULL, -- JSON
    PRIMARY KEY (id, pbx)
);

-- Covers every filter of a list of calls, so that only those shown are fetched; grows at its end, since runs go by start.
CREATE INDEX calls_by_start ON calls (started, id, pbx, ended, direction, result, numbers) WHERE joined_into = '';

-- The other names of a call: joined linkedids, and the uniqueids of its legs.
CREATE TABLE call_ids (
    pbx text NOT NULL,
    alias text NOT NULL,
    call_id text NOT NULL,
    PRIMARY KEY (alias, pbx)
) WITHOUT ROWID;

-- One row that readiness checks write to.
CREATE TABLE journal_pulse (beat bigint NOT NULL);
INSERT INTO journal_pulse (beat) VALUES (0);
