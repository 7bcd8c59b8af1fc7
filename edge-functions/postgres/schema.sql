-- The tables of the two receivers. It changes nothing that is there already, so it may be run again.

CREATE TABLE IF NOT EXISTS received_events (
  id text PRIMARY KEY,
  type text NOT NULL,
  timestamp timestamptz NOT NULL,
  tenant_id text NOT NULL,
  subject text,
  sequence bigint NOT NULL,
  -- Not jsonb, which refuses \u0000: an event that can't be stored would come again for days.
  data json NOT NULL,
  received_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS received_events_by_subject ON received_events (subject, sequence);
CREATE INDEX IF NOT EXISTS received_events_by_time ON received_events (received_at);

-- Which recipient was notified of which event, or is being notified until `lease_until`.
CREATE TABLE IF NOT EXISTS notifications (
  key text PRIMARY KEY,
  lease_until timestamptz NOT NULL,
  done boolean NOT NULL DEFAULT false
);
