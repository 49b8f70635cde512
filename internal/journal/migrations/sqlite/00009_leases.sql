-- +goose Up
-- Who does what only one process may do at a time, and which processes are alive.
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    until bigint NOT NULL
);
