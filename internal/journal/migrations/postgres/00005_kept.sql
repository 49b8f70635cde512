-- +goose Up
-- What adapters keep: tokens, found users. Encrypted, in base 64.
CREATE TABLE kept (
    target text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (target, name)
);
