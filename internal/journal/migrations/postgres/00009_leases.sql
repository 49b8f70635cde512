-- +goose Up
-- Who does what only one process may do at a time, and which processes are alive.
CREATE TABLE leases (
    name text COLLATE "C" PRIMARY KEY,
    holder text COLLATE "C" NOT NULL,
    until bigint NOT NULL
);
