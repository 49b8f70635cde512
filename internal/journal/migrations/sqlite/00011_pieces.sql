-- +goose Up
-- Which calls a period's records gave, piece by piece of the records: while these stay as they were, they need not be read again.
CREATE TABLE pieces (
    pbx text NOT NULL,
    from_at bigint NOT NULL, -- the period
    until_at bigint NOT NULL, -- the greatest number: without an end
    n bigint NOT NULL, -- from 0, in the order of writing
    reading text NOT NULL, -- what decides, beside the records, which calls come of them
    read_by text NOT NULL, -- one who read the period, from the first piece on
    after_key bigint NOT NULL, -- the records, by the keys of the PBX's table
    upto_key bigint NOT NULL,
    digest text NOT NULL, -- of the records
    ends bigint NOT NULL, -- 1: the period ended with this piece
    looked_up text NOT NULL, -- JSON list of linkedids: calls for which records beyond the period were read
    calls blob NOT NULL, -- the others: see remembered.go
    PRIMARY KEY (pbx, from_at, until_at, n)
);
