-- +goose Up
-- Texts compare byte by byte, as in SQLite and in the program, whatever the database's language is.
CREATE TABLE calls (
    pbx text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    started bigint NOT NULL,
    ended bigint NOT NULL,
    direction text COLLATE "C" NOT NULL,
    result text COLLATE "C" NOT NULL,
    numbers text COLLATE "C" NOT NULL, -- ' 79161234567 1001 ': see numbers.go
    linkedids bigint NOT NULL, -- how many it joins
    digest bigint NOT NULL, -- of body
    revision bigint NOT NULL,
    joined_into text COLLATE "C" NOT NULL DEFAULT '', -- id of the call that this one turned out to be a part of
    recorded bigint NOT NULL,
    changed bigint NOT NULL,
    body text COLLATE "C" NOT NULL, -- JSON
    PRIMARY KEY (id, pbx)
);

-- Grows at its end, since runs go by start. Numbers stay out: an entry of an index may take 2.7 kB at the most.
CREATE INDEX calls_by_start ON calls (started, id, pbx) INCLUDE (ended, direction, result) WHERE joined_into = '';

-- The other names of a call: joined linkedids, and the uniqueids of its legs.
CREATE TABLE call_ids (
    pbx text COLLATE "C" NOT NULL,
    alias text COLLATE "C" NOT NULL,
    call_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (alias, pbx)
);

-- One row that readiness checks write to; room in its page keeps the many versions of it there.
CREATE TABLE journal_pulse (beat bigint NOT NULL) WITH (fillfactor = 10);
INSERT INTO journal_pulse (beat) VALUES (0);
