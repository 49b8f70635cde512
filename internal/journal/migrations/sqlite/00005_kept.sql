-- +goose Up
-- What adapters keep: tokens, found users. Encrypted, in base 64.
CREATE TABLE kept (
    target text NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (target, name)
);
