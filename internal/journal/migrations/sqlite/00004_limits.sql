-- +goose Up
-- How much of each limit of a target is used, for all processes together: see limits.go.
CREATE TABLE limits (
    target text NOT NULL,
    budget text NOT NULL, -- '' for the target as a whole
    tat bigint NOT NULL DEFAULT 0, -- nanoseconds: when all that was used will have been given back
    used double precision NOT NULL DEFAULT 0, -- as the target itself counts
    used_until bigint NOT NULL DEFAULT 0, -- until when that holds
    blocked_until bigint NOT NULL DEFAULT 0,
    live_until bigint NOT NULL DEFAULT 0, -- until then live calls wait for it, and the past stands back
    PRIMARY KEY (target, budget)
);
