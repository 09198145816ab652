-- A grade that was sent at the first meeting, of which nobody knows whether it arrived, as the
-- answer was lost and another grade is there since: what online held before it was sent.
ALTER TABLE change ADD COLUMN met_online TEXT;
