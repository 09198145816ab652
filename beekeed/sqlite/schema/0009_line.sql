-- What everybody sent and received over the line while a run lasted; bytes_sent and
-- bytes_received are the run's own from now on. So far they were everybody's.
ALTER TABLE run ADD COLUMN line_sent     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN line_received INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN charged_by    TEXT NOT NULL DEFAULT 'sync'; -- core.model.Charge
UPDATE run SET line_sent = bytes_sent, line_received = bytes_received, charged_by = 'line';
