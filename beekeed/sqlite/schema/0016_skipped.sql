-- Of the runs that were skipped only the last for each reason and day is listed: a box that is
-- offline for long skips thousands, and each looks for a later one of its day.
CREATE INDEX run_skipped ON run (status, code, started_at / 86400, id);
