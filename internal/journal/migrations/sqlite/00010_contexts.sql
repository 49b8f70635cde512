-- +goose Up
-- The contexts of the dial plan that a call's channels ran in, one a line: they decide on deliveries, and are no part of what is shown.
ALTER TABLE calls ADD COLUMN contexts text NOT NULL DEFAULT '';
